"""Reading main.cf (postconf(5))."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import logical_lines
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import Config

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


def read_settings(path: str) -> dict[str, str]:
    """What a main.cf sets; the last assignment of a name wins. Raises ConfigError."""
    settings: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            for first, _, text in logical_lines(stream):
                if first == 0:
                    continue
                found = split_assignment(text)
                if isinstance(found, str):
                    raise ConfigError(f"{path}, line {first}: {found}")
                settings[found[0]] = found[1]
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


def is_host_name(name: str) -> bool:
    """Whether a text can be a host or domain name: no address, and no label that is empty or misspelt."""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if not plain.isascii() or not plain.isalnum() or plain.isdigit():
        return False
    return all(label and label.strip("-") == label for label in name.split("."))
