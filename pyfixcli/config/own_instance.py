"""An instance for one ordinary user: its own main.cf and master.cf, nothing that needs root."""

from __future__ import annotations

import grp
import os
import pwd

from pyfixcli.base.atomicfile import write_if_absent
from pyfixcli.base.errors import ConfigError

MAIN = """\
# An instance of Pyfix for {user} alone: no rights but the user's own are needed.
compatibility_level = 3.7
queue_directory = {state}/queue
data_directory = {state}/data
mail_owner = {user}
setgid_group = {group}
maillog_file = {state}/maillog
maillog_file_prefixes = {state}, /dev/stdout
inet_interfaces = loopback-only
mynetworks_style = host
mail_spool_directory = {state}/mail/
alias_maps = inline:{{{aliases}}}
alias_database =
daemon_autostart = yes
"""

MASTER = """\
# service type  private unpriv  chroot  wakeup  maxproc command + args
{smtp}  inet  n       -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
        -o syslog_name=postfix/$service_name
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""

OWN_PORT = "127.0.0.1:2525"
ALIASES = ("postmaster", "mailer-daemon", "root")  # whose mail is for the user of the instance


def create_own_instance(directory: str, state: str) -> None:
    """Write main.cf and master.cf, and make the state directory; two callers at once do no harm.

    ConfigError when there is no account, or no place for them.
    """
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
        group = grp.getgrgid(os.getegid()).gr_name
    except KeyError as error:
        raise ConfigError(f"no instance of your own: {error.args[0]}") from error
    aliases = ", ".join(f"{name}={user}" for name in ALIASES if name != user)
    main = MAIN.format(user=user, group=group, state=state, aliases=aliases)
    try:
        for path in (directory, state, state + "/mail"):
            os.makedirs(path, mode=0o700, exist_ok=True)
        write_if_absent(directory + "/master.cf", MASTER.format(smtp=OWN_PORT))
        write_if_absent(directory + "/main.cf", main)
    except OSError as error:
        text = f"open {directory}/main.cf: {error.filename}: {error.strerror}"
        raise ConfigError(
            f"{text}: set HOME, or name a configuration by -c or MAIL_CONFIG"
        ) from error
