"""Which configuration directory a command uses.

In this order: the ``-c`` option, MAIL_CONFIG, /etc/pyfix when it has a main.cf, and else the user's own
instance (config/own_instance.py), which is made on first use.
"""

from __future__ import annotations

import posix  # os costs a quarter of the start-up of sendmail
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM = "/etc/pyfix"


def environment() -> dict[str, str]:
    """The environment that this process was started with, as os.environ has it."""
    encoding = sys.getfilesystemencoding()

    def decode(octets: bytes) -> str:
        return octets.decode(encoding, "surrogateescape")

    return {decode(name): decode(value) for name, value in posix.environ.items()}


def find_config_directory(option: str | None, environ: Mapping[str, str]) -> str:
    """The directory with main.cf and master.cf; the user's own one is created when it is used first."""
    chosen = environ.get("MAIL_CONFIG") if option is None else option
    if chosen is not None:
        return chosen
    if _exists(SYSTEM + "/main.cf"):
        return SYSTEM
    directory = own_directory(environ)
    if not _exists(directory + "/main.cf"):
        from pyfixcli.config.own_instance import create_own_instance

        create_own_instance(directory, own_state_directory(environ))
    return directory


def _exists(path: str) -> bool:
    try:
        posix.stat(path)
    except (OSError, ValueError):
        return False
    return True


def own_directory(environ: Mapping[str, str]) -> str:
    """Where the user's own instance is configured (XDG)."""
    base = environ.get("XDG_CONFIG_HOME") or _home(environ) + "/.config"
    return base + "/pyfix"


def own_state_directory(environ: Mapping[str, str]) -> str:
    """Where the user's own instance keeps its queue and log (XDG)."""
    base = environ.get("XDG_STATE_HOME") or _home(environ) + "/.local/state"
    return base + "/pyfix"


def _home(environ: Mapping[str, str]) -> str:
    """The home directory; services and containers may run without HOME."""
    found = environ.get("HOME")
    if found is not None:
        return found
    import pwd

    try:
        return pwd.getpwuid(posix.geteuid()).pw_dir
    except KeyError:
        return ""
