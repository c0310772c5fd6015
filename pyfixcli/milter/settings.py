"""Which milters there are, and how each is spoken to (smtpd_milters, non_smtpd_milters, milter_*)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.braced_words import braced_words, inner_text
from pyfixcli.config.snapshot import Config
from pyfixcli.config.values import parse_time
from pyfixcli.protocol.milter import VERSIONS

DISABLE = "DISABLE"  # a result of smtpd_milter_maps: no milters for this client


@dataclass(frozen=True, slots=True)
class MilterSettings:
    """``name`` is the milter as main.cf has it; without ``port``, ``host`` is a path. Times in seconds."""

    name: str
    host: str
    port: int
    connect_timeout: float
    command_timeout: float
    content_timeout: float
    default_action: str
    version: int


def read_milters(config: Config, text: str) -> tuple[MilterSettings, ...]:
    """The milters that a parameter names, in their order. ConfigError for what makes no sense."""
    return tuple(_read_milter(config, word) for word in braced_words(text))


def _read_milter(config: Config, word: str) -> MilterSettings:
    own: list[str] = []
    if word.startswith("{"):
        problems: list[str] = []
        name, *own = list(braced_words(inner_text(word, problems))) or [""]
        if problems:
            raise ConfigError(f"milter service syntax error: {problems[0]}")
        word = name
    milter = _with_place(config, word)
    for setting in own:
        milter = _with_setting(milter, setting)
    if milter.version not in VERSIONS:
        raise ConfigError(f"unsupported milter_protocol value: {milter.version}")
    return milter


def _with_place(config: Config, word: str) -> MilterSettings:
    kind, separator, rest = word.partition(":")
    host, port = rest, 0
    if kind == "inet" and separator:
        host, _, number = rest.rpartition(":")
        if not number.isdecimal() or not 0 < int(number) < 65536:
            raise ConfigError(f"bad milter service: {word}: need inet:host:port")
        host, port = host.removeprefix("[").removesuffix("]") or "localhost", int(number)
    elif kind not in ("unix", "local") or not rest:
        raise ConfigError(f"bad milter service: {word}: need inet:host:port or unix:pathname")
    return MilterSettings(
        word,
        host,
        port,
        config.milter_connect_timeout,
        config.milter_command_timeout,
        config.milter_content_timeout,
        config.milter_default_action,
        config.milter_protocol,
    )


def _with_setting(milter: MilterSettings, setting: str) -> MilterSettings:
    """``name=value``, in braces when there are blanks in it."""
    if setting.startswith("{"):
        setting = inner_text(setting, [])
    name, separator, value = (part.strip() for part in setting.partition("="))
    if separator and name in ("connect_timeout", "command_timeout", "content_timeout"):
        seconds: dict[str, Any] = {name: parse_time(f"milter_{name}", value, "s")}
        return replace(milter, **seconds)
    if separator and name == "default_action":
        return replace(milter, default_action=value)
    if separator and name == "protocol" and value.isdecimal():
        return replace(milter, version=int(value))
    raise ConfigError(f'unknown option: "{name} = {value}"')
