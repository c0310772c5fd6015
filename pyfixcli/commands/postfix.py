"""postfix(1): control of the mail system."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config, open_log
from pyfixcli.commands._run import complain, parse_options, run
from pyfixcli.ipc import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.log.maillog import MailLog

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("D", None, "ignored: debugging"),
    ("v", None, "talk"),
)
USAGE = "usage: postfix [-c config_dir] [-Dv] command"
SCRIPT = "postfix-script"
FOREGROUND = "start-fg"
VERBS = "start (or stop, reload, abort, flush, check, status, set-permissions, upgrade-configuration, logrotate)"
PREFIXES = {"info": "", "warning": "warning: ", "fatal": "fatal: "}


class Script:
    """Messages as Postfix's control script writes them: to the log, and to a terminal."""

    def __init__(self, config: Config, is_foreground: bool = False) -> None:
        self._log = open_log(config, SCRIPT)
        self._is_foreground = is_foreground

    def say(self, severity: str, text: str) -> None:
        """A line under the script's name."""
        getattr(self._log, severity)(SCRIPT, text)
        if os.isatty(2) or (self._is_foreground and severity == "fatal"):
            complain(f"postfix/{SCRIPT}: {PREFIXES[severity]}{text}")

    def fail(self, text: str) -> int:
        """The verb failed."""
        self.say("fatal", text)
        return 1


def main(argv: list[str]) -> int:
    """Run postfix."""
    found, operands = parse_options(argv, OPTIONS, USAGE)
    directory = dict(found).get("c")
    if directory is not None and not directory.startswith("/"):
        raise PyfixError("-c requires absolute pathname")
    name = operands[0] if operands else ""
    config = None
    try:
        config = open_config(directory)
        return _control(config, name)
    except PyfixError as error:
        _tell(config, name, error.ending or str(error))
        raise


def _tell(config: Config | None, name: str, text: str) -> None:
    """Have it heard why the command ends if run() has no terminal to say it on.

    It goes into the log. What starts in the foreground is seen by whoever looks at the output of a container, where
    there may be no log, or none yet.
    """
    if os.isatty(2):
        return
    try:
        log = _log_of_errors(config)
        log.fatal("", text)
        log.close()
    except PyfixError:
        pass  # the log is what is wrong
    if name == FOREGROUND:
        complain(f"postfix: fatal: {text}")


def _log_of_errors(config: Config | None) -> MailLog:
    """The mail log, or, when the configuration cannot be read, the system's."""
    if config is not None:
        return open_log(config, "postfix")
    from pyfixcli.base.clock import SystemClock
    from pyfixcli.log.maillog import MailLog
    from pyfixcli.log.sink import open_syslog

    return MailLog(open_syslog("mail"), "postfix", os.uname().nodename, SystemClock())


def _control(config: Config, name: str) -> int:
    """Do what the verb says."""
    if os.geteuid() != 0 and not may_control(config):
        if os.isatty(2):
            complain("postfix: error: to submit mail, use the Postfix sendmail command")
        raise PyfixError("the postfix command is reserved for the superuser")
    from pyfixcli.commands._check import check_system, refuse_privileged_owner

    verb = _VERBS.get(name)
    if verb is _check:
        refuse_privileged_owner(config)
    check_system(config)
    script = Script(config, name == FOREGROUND)
    if verb is None:
        return script.fail(f"unknown command: '{name}'. Usage: postfix {VERBS}")
    try:
        return verb(config, script)
    except PyfixError as error:
        return script.fail(str(error))


def may_control(config: Config) -> bool:
    """Whether this user owns the instance (a root-less one)."""
    try:
        return os.stat(config.config_directory).st_uid == os.geteuid()
    except OSError:
        return False


def _start(config: Config, script: Script) -> int:
    if launch.running_pid(config) is not None:
        return script.fail("the Postfix mail system is already running")
    script.say("info", "starting the Postfix mail system")
    launch.start(config)
    _warn_of_permissions(config, script)
    return EX_OK


def _warn_of_permissions(config: Config, script: Script) -> None:
    """What postfix check says of owners and modes; a start does not fail for it."""
    from pyfixcli.commands._check import permission_problems

    for problem in permission_problems(config):
        script.say("warning", problem)


def _start_foreground(config: Config, script: Script) -> int:
    if launch.running_pid(config) is not None:
        return script.fail("the Postfix mail system is already running")
    script.say("info", "starting the Postfix mail system")
    _warn_of_permissions(config, script)
    launch.start_foreground(config)
    return EX_OK


def _stop(config: Config, script: Script) -> int:
    if launch.running_pid(config) is None:
        return script.fail("the Postfix mail system is not running")
    script.say("info", "stopping the Postfix mail system")
    launch.stop(config)
    return EX_OK


def _abort(config: Config, script: Script) -> int:
    if launch.running_pid(config) is None:
        return script.fail("the Postfix mail system is not running")
    launch.abort(config)
    Script(config).say(
        "info", "aborting the Postfix mail system"
    )  # whoever read the log socket is gone
    return EX_OK


def _reload(config: Config, script: Script) -> int:
    if launch.running_pid(config) is None:
        return script.fail("the Postfix mail system is not running")
    script.say("info", "refreshing the Postfix mail system")
    launch.reload(config)
    return EX_OK


def _status(config: Config, script: Script) -> int:
    pid = launch.running_pid(config)
    if pid is None:
        script.say("info", "the Postfix mail system is not running")
        return 1
    script.say("info", f"the Postfix mail system is running: PID: {pid}")
    return EX_OK


def _flush(config: Config, script: Script) -> int:
    from pyfixcli.commands import postqueue

    argv = ["postqueue", "-c", config.config_directory, "-f"]
    return run(postqueue.main, argv, postqueue.STATUS)


def _check(config: Config, script: Script) -> int:
    from pyfixcli.commands._check import check, warn_of_unused
    from pyfixcli.commands._check_restrictions import missing_restrictions

    warn_of_unused(config)
    for problem in (*check(config), *missing_restrictions(config)):
        script.say("warning", problem)
    return EX_OK


def _logrotate(config: Config, script: Script) -> int:
    from pyfixcli.commands._logrotate import rotate_logs

    rotate_logs(config)
    return EX_OK


def _nothing(config: Config, script: Script) -> int:
    """What these verbs do for an installed Postfix, pyfix setup does here."""
    return EX_OK


_VERBS = {
    "start": _start,
    FOREGROUND: _start_foreground,
    "stop": _stop,
    "abort": _abort,
    "reload": _reload,
    "status": _status,
    "flush": _flush,
    "check": _check,
    "logrotate": _logrotate,
    "set-permissions": _nothing,
    "upgrade-configuration": _nothing,
}


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1, only_terminal=True))
