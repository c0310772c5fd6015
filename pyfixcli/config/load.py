"""Reading main.cf (postconf(5))."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import logical_lines
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SPACE = " \t\r\n\v\f"


def split_assignment(text: str) -> tuple[str, str] | str:
    """(name, value) of ``name = value``, or the reference's words for what is wrong."""
    name, equals, value = text.partition("=")
    name = name.strip(SPACE)
    if not equals:
        return f"missing '=' after attribute name: \"{text.strip(SPACE)}\""
    if not name:
        return f'missing attribute name: "{text.strip(SPACE)}"'
    if any(character in SPACE for character in name):
        return f"missing '=' after attribute name: \"{text.strip(SPACE)}\""
    return name, value.strip(SPACE)


SHOWN = 30  # octets of a line that a warning shows


def indentation_problem(text: str, path: str) -> str:
    """What is said of a first line that begins with white space."""
    octets = text.encode("utf-8", "surrogateescape")
    if len(octets) > SHOWN:
        text = octets[:SHOWN].decode("utf-8", "surrogateescape") + "..."
    return f'{path}: logical line must not start with whitespace: "{text}"'


def read_settings(
    path: str, warn: Callable[[str], None] | None = None, first_set: dict[str, str] | None = None
) -> dict[str, str]:
    """What a main.cf sets; the last assignment of a name wins. Raises ConfigError.

    ``warn`` is told of lines that are passed over and of names that are set again; ``first_set`` are names that
    have a value before the file is read.
    """
    settings: dict[str, str] = dict(first_set or {})
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            for first, _, text in logical_lines(stream):
                if text[0] in " \t":
                    if warn is not None:
                        warn(indentation_problem(text, path))
                    continue
                found = split_assignment(text)
                if isinstance(found, str):
                    raise ConfigError(f"{path}, line {first}: {found}")
                name, value = found
                if warn is not None and name in settings:
                    where = f"{path}, line {first}"
                    warn(f"{where}: overriding earlier entry: {name}={settings[name]}")
                settings[name] = value
    except OSError as error:
        raise ConfigError(f"open {path}: {error.strerror}") from error
    return settings


def load_config(directory: str, overrides: tuple[tuple[str, str], ...] = ()) -> Config:
    """The configuration of an instance, with assignments of the command line on top.

    Raises ConfigError when main.cf cannot be read or an expansion is malformed.
    """
    settings = read_settings(directory.rstrip("/") + "/main.cf")
    settings.update(overrides)
    config = Config(directory, settings)
    for name, text in settings.items():
        if "$" in text:
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
)


NAMES = ("myhostname", "mydomain")


def check_shared_values(config: Config) -> None:
    """Raise ConfigError for a bad value that all programs would stumble over."""
    for name in SHARED:
        if config.is_set(name) and name in PARAMETERS:
            getattr(config, name)
    if not any(config.is_set(name) for name in NAMES):
        return
    for name in NAMES:  # mydomain comes from myhostname
        value = config.text(name)
        if value and not is_host_name(value):
            path = config.config_directory.rstrip("/") + "/main.cf"
            raise ConfigError(f"file {path}: parameter {name}: bad parameter value: {value}")


PROTOCOLS = ("all", "ipv4", "ipv6")


def check_protocols(config: Config) -> None:
    """Raise ConfigError for an inet_protocols that no program can start with."""
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
    return all(label and label.strip("-") == label for label in name.split("."))
