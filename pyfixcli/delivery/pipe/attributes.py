"""The command line of a pipe service in master.cf (pipe(8): COMMAND ATTRIBUTE SYNTAX)."""

from __future__ import annotations

import grp
import pwd
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pyfixcli.base.errors import ConfigError
from pyfixcli.base.privilege import Rights, is_privileged
from pyfixcli.config.snapshot import Config

FLAGS = frozenset("BDFORXhqu.>")
OPTIONS_WITH_VALUE = (
    "-o",
    "-n",
    "-m",
    "-s",
    "-t",
)  # of every daemon; they come before the attributes
NULL_SENDER = "MAILER-DAEMON"
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPES = dict(zip(b"abfnrtv\\", b"\a\b\f\n\r\t\v\\", strict=True))


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a service runs, and how the message is handed over.

    ``argv`` has macros still; ``size_limit`` in octets, 0 for none; ``null_sender`` stands for the null sender. Empty
    ``directory`` and ``chroot`` are those of the mail system.
    """

    argv: tuple[str, ...] = ()
    user: str = ""
    flags: frozenset[str] = frozenset()
    eol: bytes = b"\n"
    null_sender: str = NULL_SENDER
    size_limit: int = 0
    directory: str = ""
    chroot: str = ""


def parse_attributes(arguments: tuple[str, ...]) -> Attributes:
    """The attributes that a line of master.cf gives. ConfigError with the reference's words."""
    words = _without_options(arguments)
    found = Attributes()
    for word in words:
        name, equals, value = word.partition("=")
        if name == "argv" and equals:
            found = replace(found, argv=(value, *words) if value else tuple(words))
            break
        if not equals or name not in _PARSERS:
            raise ConfigError(f"unknown attribute name: {word}")
        found = _PARSERS[name](found, value)
    if not found.user:
        raise ConfigError("missing user= command-line attribute")
    if not found.argv:
        raise ConfigError("missing argv= command-line attribute")
    return found


def _without_options(arguments: tuple[str, ...]) -> Iterator[str]:
    """The words after the options of a daemon."""
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            yield word
            break
        if word in OPTIONS_WITH_VALUE:
            next(words, "")
    yield from words


def _add_flags(found: Attributes, value: str) -> Attributes:
    for flag in value:
        if flag not in FLAGS:
            raise ConfigError(f"unknown flag: {flag} (ignored)")
    return replace(found, flags=found.flags | frozenset(value))


def _set_size(found: Attributes, value: str) -> Attributes:
    if not (value.isascii() and value.isdigit()):
        raise ConfigError(f"get_service_attr: bad size= value: {value}")
    return replace(found, size_limit=int(value))


_PARSERS: Mapping[str, Callable[[Attributes, str], Attributes]] = {
    "flags": _add_flags,
    "size": _set_size,
    "user": lambda found, value: replace(found, user=value),
    "eol": lambda found, value: replace(found, eol=unescape(value)),
    "null_sender": lambda found, value: replace(found, null_sender=value),
    "directory": lambda found, value: replace(found, directory=value),
    "chroot": lambda found, value: replace(found, chroot=value),
}


def unescape(text: str) -> bytes:
    """``\\r \\n \\015`` and the like, as in C; a backslash before anything else stays."""

    def octet(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes((int(match[1], 8) & 0xFF,))
        found = _ESCAPES.get(match[2][0])
        return match[0] if found is None else bytes((found,))

    return _ESCAPE.sub(octet, text.encode("utf-8", "surrogateescape"))


def find_rights(attributes: Attributes, config: Config) -> Rights:
    """The rights that ``user=`` names. ConfigError for unknown ones, for root's and for the mail system's.

    In an instance without root everything is run by its user; another one is refused when a command is to run.
    """
    name, _, group = attributes.user.partition(":")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ConfigError(f"get_service_attr: unknown username: {name}") from None
    gid = _find_group(group) if group else entry.pw_gid
    if is_privileged():
        _refuse_privileged(entry.pw_uid, gid, config)
    return Rights(entry.pw_uid, gid)


def _find_group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(f"get_service_attr: unknown group: {name}") from None


def _refuse_privileged(uid: int, gid: int, config: Config) -> None:
    what = "user= command-line attribute specifies"
    if uid == 0:
        raise ConfigError(f"{what} root privileges")
    owner = _owner_ids(config.mail_owner)
    if owner is not None and uid == owner[0]:
        raise ConfigError(f"{what} mail system owner {config.mail_owner}")
    if gid == 0:
        raise ConfigError(f"{what} privileged group id {gid}")
    if owner is not None and gid == owner[1]:
        raise ConfigError(f"{what} mail system owner {config.mail_owner} group id {gid}")
    if gid == _setgid_group(config.setgid_group):
        raise ConfigError(f"{what} mail system {config.setgid_group} group id {gid}")


def _owner_ids(name: str) -> tuple[int, int] | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def _setgid_group(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
