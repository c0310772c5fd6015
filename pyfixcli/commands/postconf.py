"""postconf(1): showing and changing the configuration."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import ConfigError, PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._run import complain, getopt, program_name, run
from pyfixcli.config.expand import ExpansionError, expand
from pyfixcli.config.load import read_settings
from pyfixcli.config.locate import find_config_directory
from pyfixcli.config.params import OWN, PARAMETERS
from pyfixcli.config.snapshot import DYNAMIC, Config, dynamic_default

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.master_cf import Service

OPTIONS = (
    ("#", None, "comment parameters out in main.cf"),
    ("C", "class", "show parameters of a class: all, builtin, user"),
    ("H", None, "show names only"),
    ("M", None, "show services of master.cf"),
    ("X", None, "remove parameters from main.cf"),
    ("b", None, "show the texts of notices with the values of this system"),
    ("c", "config_dir", "configuration directory"),
    ("d", None, "show defaults"),
    ("e", None, "set parameters in main.cf"),
    ("f", None, "fold long lines"),
    ("h", None, "show values only"),
    ("n", None, "show what main.cf sets"),
    ("o", "name=value", "override a setting of main.cf"),
    ("t", None, "show the templates of notices"),
    ("v", None, "talk"),
    ("x", None, "expand $name in values"),
)
USAGE = "usage: postconf [-bdeefhHntvx#X] [-c config_dir] [-C class] [-M] [-o name=value] [name...]"
FOLD = 76


def main(argv: list[str]) -> int:
    """Run postconf."""
    call = Postconf(argv)
    return call.execute()


class Postconf:
    """One call of postconf."""

    def __init__(self, argv: list[str]) -> None:
        self._program = program_name(argv[0])
        try:
            found, self._operands = getopt(argv[1:], OPTIONS)
        except UsageError as error:
            complain(f"{argv[0]}: {error}")
            raise PyfixError(USAGE) from error
        self._letters = {letter for letter, _ in found}
        self._directory = find_config_directory(dict(found).get("c"), os.environ)
        self._overrides = [value.partition("=") for letter, value in found if letter == "o"]

    def execute(self) -> int:
        """Do what the options say."""
        if self._letters & {"b", "t"}:
            from pyfixcli.commands._templates import show_templates

            config = Config(self._directory, self._settings())
            return show_templates(config, self._letters, self._operands, self._warn)
        if self._letters & {"e", "#", "X"} or (self._operands and "=" in self._operands[0]):
            from pyfixcli.commands import _postconf_edit

            return _postconf_edit.run(self._letters, self._operands, self._directory, self._warn)
        if "M" in self._letters:
            return self._show_services()
        settings = {} if "d" in self._letters else self._settings()
        config = Config(self._directory, settings)
        for name in self._names(config):
            self._show(config, name)
        if "n" in self._letters or not (self._letters & {"d"} or self._operands):
            self._warn_unused(config)
        return EX_OK

    def _warn(self, text: str) -> None:
        complain(f"{self._program}: warning: {text}")

    def _settings(self) -> dict[str, str]:
        settings = read_settings(self._directory.rstrip("/") + "/main.cf")
        for name, _, value in self._overrides:
            settings[name.strip()] = value.strip()
        return settings

    # -- showing -----------------------------------------------------------------------

    def _names(self, config: Config) -> list[str]:
        if self._operands:
            return self._operands
        if "n" in self._letters:
            return sorted(name for name in config.settings if self._is_used(config, name))
        known = [name for name in PARAMETERS if name not in OWN or config.is_set(name)]
        if "d" in self._letters:
            return sorted(known)
        return sorted(known + [n for n in config.settings if n not in PARAMETERS])

    def _show(self, config: Config, name: str) -> None:
        raw = dynamic_default(name, config) if name in DYNAMIC and not config.is_set(name) else None
        value = raw if raw is not None else config.raw(name)
        if value is None:
            self._warn(f"{name}: unknown parameter")
            return
        if "x" in self._letters:
            try:
                value = expand(value, config.text)
            except ExpansionError as error:
                raise ConfigError(str(error)) from error
        if "H" in self._letters:
            text = name
        elif "h" in self._letters:
            text = value
        else:
            text = f"{name} = {value}" if value else f"{name} ="
            if "f" in self._letters:
                text = fold(text)
        os.write(1, (text + "\n").encode("utf-8", "surrogateescape"))

    def _is_used(self, config: Config, name: str) -> bool:
        if name in PARAMETERS:
            return True
        return name in referenced(config) or is_service_parameter(name)

    def _warn_unused(self, config: Config) -> None:
        path = f"{self._directory.rstrip('/')}/main.cf"
        for name, value in config.settings.items():
            if not self._is_used(config, name):
                self._warn(f"{path}: unused parameter: {name}={value}")

    # -- services ----------------------------------------------------------------------

    def _show_services(self) -> int:
        from pyfixcli.config.master_cf import read_services

        def shown(service: Service) -> bool:
            return not self._operands or any(
                _matches(pattern, service) for pattern in self._operands
            )

        for service in filter(shown, read_services(self._directory)):
            os.write(1, format_service(service).encode("utf-8", "surrogateescape"))
        return EX_OK


def _matches(pattern: str, service: Service) -> bool:
    name, _, kind = pattern.partition("/")
    return name in ("*", service.name) and kind in ("", "*", service.type)


def format_service(service: Service) -> str:
    """A line of master.cf in columns."""
    flags = (
        _flag(service.private, True),
        _flag(service.unprivileged, True),
        _flag(service.chroot, False),
    )
    wakeup = "-"
    if service.wakeup:
        wakeup = f"{service.wakeup}{'?' if service.wakeup_if_active else ''}"
    maxproc = "-" if service.maxproc < 0 else str(service.maxproc)
    columns = " ".join(f"{word:<7}" for word in (*flags, wakeup, maxproc))
    words = " ".join(service.arguments)
    line = f"{service.name:<10} {service.type:<5} {columns} {service.command} {words}"
    return line.rstrip() + "\n"


def _flag(value: bool, default: bool) -> str:
    return "-" if value == default else "y" if value else "n"


def fold(text: str) -> str:
    """A long line on several, continuation lines indented."""
    lines, current = [], ""
    for word in text.split():
        if current and len(current) + 1 + len(word) > FOLD:
            lines.append(current)
            current = "    " + word
        else:
            current = f"{current} {word}" if current.strip() else current + word
    return "\n".join([*lines, current])


def referenced(config: Config) -> set[str]:
    """Names that some value refers to, and restriction classes."""
    names: set[str] = set(config.text("smtpd_restriction_classes").replace(",", " ").split())

    def note(name: str) -> str:
        names.add(name)
        return ""

    for value in config.settings.values():
        if "$" in value:
            try:
                expand(value, note)
            except ExpansionError:
                continue
    return names


SERVICE_SUFFIXES = (
    "_destination_concurrency_limit",
    "_destination_recipient_limit",
    "_destination_rate_delay",
    "_transport_rate_delay",
    "_initial_destination_concurrency",
    "_destination_concurrency_positive_feedback",
    "_destination_concurrency_negative_feedback",
    "_destination_concurrency_failed_cohort_limit",
    "_recipient_limit",
    "_recipient_refill_limit",
    "_recipient_refill_delay",
    "_delivery_slot_cost",
    "_delivery_slot_loan",
    "_delivery_slot_discount",
    "_minimum_delivery_slots",
    "_extra_recipient_limit",
    "_time_limit",
)


def is_service_parameter(name: str) -> bool:
    """Whether a name is made of a transport's name and a known ending."""
    return name.endswith(SERVICE_SUFFIXES)


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
