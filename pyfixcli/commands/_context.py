"""What most commands begin with: the configuration directory, the configuration, the log."""

from __future__ import annotations

import posix
import sys

from pyfixcli.commands._run import complain, program_name
from pyfixcli.config.load import check_shared_values, load_config
from pyfixcli.config.locate import environment, find_config_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.log.maillog import MailLog


# These are setgid programs in the reference: they reach the log socket for whoever calls them, and never open
# the log file themselves. All others reach the socket only for root and mail_owner.
SETGID = ("postqueue", "postdrop")


def open_config(option: str | None) -> Config:
    """The configuration that this command uses; ``option`` is the value of its ``-c``."""
    config = load_config(find_config_directory(option, environment()), warn=_warn)
    check_shared_values(config)
    if option is not None:
        _pass_on(option)
    return config


def _warn(text: str) -> None:
    complain(f"{program_name(sys.argv[0])}: warning: {text}")


def _pass_on(directory: str) -> None:
    """Let the processes that this command starts use the same configuration."""
    import os

    os.environ["MAIL_CONFIG"] = directory


def open_log(config: Config, program: str) -> MailLog:
    """The mail log, for a command."""
    from pyfixcli.base.clock import SystemClock
    from pyfixcli.log.maillog import MailLog
    from pyfixcli.log.sink import open_sink

    tag = environment().get("MAIL_LOGTAG") or config.syslog_name
    is_setgid = program in SETGID
    sink = open_sink(
        config, program, direct=not is_setgid, socket=is_setgid or may_use_private_sockets(config)
    )
    return MailLog(sink, tag, config.myhostname, SystemClock())


def may_use_private_sockets(config: Config) -> bool:
    """Whether this is root, mail_owner, or the user whose own instance it is."""
    uid = posix.geteuid()
    if uid == 0 or is_own_instance(config):
        return True
    import pwd

    try:
        return pwd.getpwnam(config.mail_owner).pw_uid == uid
    except KeyError:
        return False


def is_own_instance(config: Config) -> bool:
    """Whether the caller owns the instance: its queue, or, before there is one, its configuration."""
    for path in (config.queue_directory, config.config_directory):
        try:
            return posix.stat(path).st_uid == posix.geteuid()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return False


class Diagnostics:
    """Messages that go to standard error and into the log."""

    def __init__(self, config: Config | None, argv0: str) -> None:
        self._config = config
        self.program = program_name(argv0)
        self._log: MailLog | None = None

    def _write(self, kind: str, text: str) -> None:
        if self._config is None:
            return
        try:
            if self._log is None:
                self._log = open_log(self._config, self.program)
            getattr(self._log, kind)(self.program, text)
        except Exception:
            return  # the log must not keep a command from its work

    def info(self, text: str) -> None:
        """Tell what was done."""
        complain(f"{self.program}: {text}")
        self._write("info", text)

    def getopt_error(self, text: str) -> None:
        """What getopt(3) prints about an option."""
        complain(f"{self.program}: {text}")

    def warning(self, text: str) -> None:
        """Tell what is odd."""
        complain(f"{self.program}: warning: {text}")
        self._write("warning", text)

    def fatal(self, text: str) -> None:
        """Tell why another command ended, in its name."""
        complain(f"{self.program}: fatal: {text}")
        self._write("fatal", text)

    def of(self, program: str) -> Diagnostics:
        """Messages in the name of another command, which the reference would have run."""
        return Diagnostics(self._config, program)

    def log_only(self, kind: str, text: str) -> None:
        """Only into the log: it was printed before."""
        self._write(kind, text)

    def log_fatal(self, text: str) -> None:
        """Only into the log: the frame of the command prints it."""
        self._write("fatal", text)
