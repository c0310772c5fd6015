"""Reading main.cf (postconf(5))."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.expand import ExpansionError, parse_level
from pyfixcli.config.lines import indentation_problem, logical_lines
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import Config
from pyfixcli.config.values import parse_int, parse_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SPACE = " \t\r\n\v\f"


def split_assignment(text: str) -> tuple[str, str] | str:
    """(name, value) of ``name = value``, or the reference's words for what is wrong."""
    name, equals, value = text.partition("=")
    name = name.strip(SPACE)
    if not equals and name:
        return f"missing '=' after attribute name: \"{text.strip(SPACE)}\""
    if not name:
        return f'missing attribute name: "{text.strip(SPACE)}"'
    if any(character in SPACE for character in name):
        return f"missing '=' after attribute name: \"{text.strip(SPACE)}\""
    return name, value.strip(SPACE)


def read_settings(
    path: str, warn: Callable[[str], None] | None = None, first_set: dict[str, str] | None = None
) -> dict[str, str]:
    """What a main.cf sets; the last assignment of a name wins, and a line ends at a NUL. Raises ConfigError.

    ``warn`` is told of lines that are passed over and of names that are set again; ``first_set`` are names that
    have a value before the file is read.
    """
    settings: dict[str, str] = dict(first_set or {})
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            for first, _, text in logical_lines(stream):
                text = text.partition("\0")[0]
                if not text:
                    continue
                if text[0] in " \t":
                    if warn is not None:
                        warn(indentation_problem(text, path))
                    continue
                found = split_assignment(text)
                if isinstance(found, str):
                    raise ConfigError(f"{path}, line {first}: {found}")
                name, value = found
                if warn is not None and settings.get(name, value) != value:
                    where = f"{path}, line {first}"
                    warn(f"{where}: overriding earlier entry: {name}={settings[name]}")
                settings[name] = value
    except IsADirectoryError as error:
        raise ConfigError(f"read {path}: {error.strerror}") from error
    except OSError as error:
        raise ConfigError(f"open {path}: {error.strerror}") from error
    return settings


# These are expanded when they are used, with names that only their users know.
RAW = frozenset(
    (
        "command_execution_directory",
        "default_rbl_reply",
        "forward_path",
        "luser_relay",
        "mailbox_command",
        "postscreen_expansion_filter",
        "postscreen_reject_footer",
        "smtpd_expansion_filter",
        "smtpd_reject_footer",
    )
)


def load_config(
    directory: str,
    overrides: tuple[tuple[str, str], ...] = (),
    warn: Callable[[str], None] | None = None,
) -> Config:
    """The configuration of an instance, with assignments of the command line on top.

    Raises ConfigError when main.cf cannot be read or the value of a parameter is malformed. ``warn`` is told of lines
    of main.cf that have no effect.
    """
    settings = read_settings(directory.rstrip("/") + "/main.cf", warn)
    settings.update(overrides)
    config = Config(directory, settings)
    for name, text in settings.items():
        if "$" in text and name not in RAW and name in PARAMETERS:
            config.text(name)
    return config


# Parameters that every program reads at its start, as the reference's programs do.
SHARED = (
    "message_size_limit",
    "line_length_limit",
    "hash_queue_depth",
    "ipc_timeout",
    "max_idle",
    "fork_delay",
    "application_event_drain_time",
    "delay_logging_resolution_limit",
    "smtputf8_enable",
    "helpful_warnings",
    "enable_long_queue_ids",
    "enable_original_recipient",
    "soft_bounce",
    "in_flow_delay",
    "trigger_timeout",
)


# Of these, where the table of parameters is about what the programs that use them take: the least and the largest.
LIMITS = {
    "delay_logging_resolution_limit": (0, 6),
    "hash_queue_depth": (1, None),
    "message_size_limit": (None, None),
}
TIME_LIMITS = {"in_flow_delay": (0, 10)}
MAX_LABEL = 63
NAMES = ("myhostname", "mydomain")
NOT_EMPTY = (*NAMES, "mail_name", "myorigin")
FACILITIES = (
    " auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp"
    " local0 local1 local2 local3 local4 local5 local6 local7 "
)


def check_shared_values(config: Config) -> None:
    """Raise ConfigError for a bad value that all programs would stumble over."""
    for name in SHARED:
        if not config.is_set(name):
            continue
        if name in LIMITS:
            parse_int(name, config.text(name), *LIMITS[name])
        elif name in TIME_LIMITS:
            parse_time(name, config.text(name), "s", *TIME_LIMITS[name])
        else:
            getattr(config, name)
    for name in NOT_EMPTY:
        if config.is_set(name) and not config.text(name):
            raise ConfigError(f"bad string length 0 < 1: {name} = ")
    if config.is_set("myorigin"):
        _ = config.myorigin  # it may name a file
    _check_relayhost(config)
    check_protocols(config)
    if config.is_set("compatibility_level"):
        _check_level(config.text("compatibility_level"))
    if config.is_set("syslog_facility"):
        value = config.text("syslog_facility")
        if f" {value} " not in FACILITIES:
            raise _bad_value(config, "syslog_facility", f"unrecognized value: {value}")
    if any(config.is_set(name) for name in NAMES):
        for name in NAMES:  # mydomain comes from myhostname
            _check_host_name(config, name)


def _check_relayhost(config: Config) -> None:
    host = config.myhostname
    if config.is_set("relayhost") and config.relayhost.lower() == host.lower():
        text = f"myhostname and relayhost parameter settings must not be identical: {host}"
        raise ConfigError(text)


def _check_level(text: str) -> None:
    try:
        parse_level(text)
    except ExpansionError as error:
        raise ConfigError(str(error)) from error


def _check_host_name(config: Config, name: str) -> None:
    value = config.text(name)
    if value and not is_host_name(value):
        from pyfixcli.config.host_name import describe_problem

        error = _bad_value(config, name, f"bad parameter value: {value}")
        error.warnings = (describe_problem(value),)
        raise error


def _bad_value(config: Config, name: str, problem: str) -> ConfigError:
    path = config.config_directory.rstrip("/") + "/main.cf"
    return ConfigError(f"file {path}: parameter {name}: {problem}")


PROTOCOLS = ("all", "ipv4", "ipv6")


def check_protocols(config: Config) -> None:
    """Raise ConfigError for an unknown word in inet_protocols."""
    if not config.is_set("inet_protocols"):
        return
    text = config.text("inet_protocols")
    for word in text.replace(",", " ").split():
        if word.lower() not in PROTOCOLS:
            raise ConfigError(f'unknown inet_protocols value "{word}" in "{text}"')


def is_host_name(name: str) -> bool:
    """Whether a text can be a host or domain name: no address, and no label that is empty or misspelt."""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if not plain.isascii() or not plain.isalnum() or plain.isdigit():
        return False
    return all(
        label and label.strip("-") == label and len(label) <= MAX_LABEL for label in name.split(".")
    )
