"""postconf(1): showing and changing the configuration.

What ``postconf -h NAME`` does not need is in modules of its own (``_postconf_*``).
"""

from __future__ import annotations

import posix
import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._run import complain, end, getopt, program_name, run
from pyfixcli.config.expand import ExpansionError, expand
from pyfixcli.config.load import RAW, check_protocols, read_settings, split_assignment
from pyfixcli.config.locate import SYSTEM, environment, find_config_directory
from pyfixcli.config.master_entries import read_entries
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import DYNAMIC, Config, dynamic_default
from pyfixcli.config.usage import (
    LEGACY,
    READ_ONLY,
    Usage,
    examine,
    is_built_in,
    of_process,
    warn_of_unused_in_main,
    warn_of_unused_in_master,
)
from pyfixcli.present.postconf_text import Style, format_parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.master_entry import Entry

OPTIONS = (
    ("#", None, "comment parameters out in main.cf"),
    ("A", None, "list the SASL types of the SMTP client"),
    ("C", "class", "show parameters of a class: all, builtin, service, user"),
    ("F", None, "show fields of services in master.cf"),
    ("H", None, "show names only"),
    ("M", None, "show services of master.cf"),
    ("P", None, "show parameters of services in master.cf"),
    ("T", "mode", "show TLS features: compile-version, run-version, public-key-algorithms"),
    ("X", None, "remove parameters from main.cf"),
    ("a", None, "list the SASL types of the SMTP server"),
    ("b", None, "show the texts of notices with the values of this system"),
    ("c", "config_dir", "configuration directory"),
    ("d", None, "show defaults"),
    ("e", None, "set parameters in main.cf"),
    ("f", None, "fold long lines"),
    ("h", None, "show values only"),
    ("j", None, "show parameters and services as JSON"),
    ("l", None, "list the ways to lock a mailbox"),
    ("m", None, "list the types of lookup tables"),
    ("n", None, "show what main.cf sets"),
    ("o", "name=value", "override a setting of main.cf"),
    ("p", None, "show parameters of main.cf (the default)"),
    ("t", None, "show the templates of notices"),
    ("v", None, "talk"),
    ("x", None, "expand $name in values"),
)
USAGE = "usage: postconf [-aAbdeefFhHjlmMnpPtvx#X] [-c config_dir] [-C class] [-o name=value] [-T mode] [name...]"
# Any of these can be combined, so the common calls need no check of their options.
OF_SETTINGS = frozenset("cfhnvxC")
OF_DEFAULTS = frozenset("cdfhvxC")
LISTS = frozenset("aAlmT")
EDITS = frozenset("eX#")
NO_EDITS = LISTS | {"b", "t"}  # with these NAME=VALUE changes nothing
MACRO_ERROR = "macro processing error"


def main(argv: list[str]) -> int:
    """Run postconf."""
    call = Postconf(argv)
    try:
        return call.execute()
    except ExpansionError as error:
        error.ending = error.ending if call.is_list else MACRO_ERROR
        raise


def called_name(path: str) -> str:
    """The name that messages begin with: as it was called, if that was not by the search path."""
    return path if path[:1] == "." else program_name(path)


class Postconf:
    """One call of postconf."""

    def __init__(self, argv: list[str]) -> None:
        self._program = called_name(argv[0])
        try:
            found, self._operands = getopt(argv[1:], OPTIONS)
        except UsageError as error:
            complain(f"{argv[0]}: {error}")
            raise PyfixError(USAGE) from error
        self._options = dict(found)
        self._letters = set(self._options)
        if self._operands and "=" in self._operands[0] and not self._letters & NO_EDITS:
            self._letters.add("e")
        self._classes: frozenset[str] | None = None
        if not (self._letters <= OF_SETTINGS or self._letters <= OF_DEFAULTS):
            from pyfixcli.commands._postconf_options import check_options

            check_options(self._letters)
        if "C" in self._options:
            from pyfixcli.commands._postconf_options import parse_classes

            self._classes = parse_classes(self._options["C"])
        self._overrides = [_parse_override(value) for letter, value in found if letter == "o"]
        self._directory = find_config_directory(self._options.get("c"), environment())
        self._style = Style(self._letters)
        self.is_list = bool(self._letters & LISTS)

    def execute(self) -> int:
        """Do what the options say."""
        if self._letters & {"b", "t"}:
            from pyfixcli.commands._templates import show_templates
            from pyfixcli.config.load import check_shared_values

            config = Config(self._directory, self._settings())
            check_shared_values(config)
            return show_templates(config, self._letters, self._operands)
        if self.is_list:
            return self._list()
        if self._letters & EDITS:
            from pyfixcli.commands import _postconf_edit

            return _postconf_edit.run(self._letters, self._operands, self._directory, self._warn)
        if self._letters & {"M", "F", "P"}:
            return self._show_services()
        if "d" in self._letters:
            self._show_defaults()
        else:
            self._show_main()
        return EX_OK

    def _warn(self, text: str) -> None:
        complain(f"{self._program}: warning: {text}")

    def _list(self) -> int:
        from pyfixcli.commands._postconf_lists import list_features

        (letter,) = self._letters & LISTS
        mode = self._options.get("T", "")
        lines, status = list_features(letter, mode, self._directory, self._warn)
        _print("".join(f"{line}\n" for line in lines))
        return status

    # -- reading -----------------------------------------------------------------------

    def _settings(self) -> dict[str, str]:
        path = self._directory.rstrip("/") + "/main.cf"
        settings = read_settings(path, self._warn, {"config_directory": self._directory})
        settings.update(self._overrides)
        return settings

    def _entries(self, must_exist: bool) -> list[Entry]:
        """The entries of master.cf; without the file there are none, unless it must exist."""
        path = self._directory.rstrip("/") + "/master.cf"
        try:
            return read_entries(path, self._warn)
        except OSError as error:
            problem = f"open {path}: {error.strerror}"
        if must_exist:
            raise PyfixError(problem)
        self._warn(problem)
        return []

    def _examine(self, must_exist: bool = False) -> Usage:
        """main.cf and master.cf, with warnings about names without a value."""
        # Where services are shown, master.cf is read first.
        entries = self._entries(must_exist) if must_exist else []
        config = Config(self._directory, self._settings())
        if not config.is_set("mynetworks"):
            check_protocols(config)  # its default depends on it
        return examine(config, entries if must_exist else self._entries(False), self._warn)

    # -- parameters of main.cf ---------------------------------------------------------

    def _show_main(self) -> None:
        usage = self._examine()
        config = of_process(usage.config)
        is_short = "n" in self._letters
        names = self._operands or sorted(self._selected(usage, is_short))
        lines = []
        for name in names:
            if not usage.has_value(name):
                self._warn(f"{name}: unknown parameter")
            elif not is_short or (config.is_set(name) and name not in READ_ONLY):
                value = config.settings.get(name)
                if value is None:
                    value = default_value(name, usage.service, config) or ""
                lines.append(self._format(name, value, config))
        _print("".join(lines))
        warn_of_unused_in_main(usage, self._warn)
        warn_of_unused_in_master(usage, self._warn)

    def _show_defaults(self) -> None:
        system = Config(SYSTEM, {"config_directory": SYSTEM})
        usage = Usage(system, self._entries(must_exist=False))
        config = of_process(usage.config)
        lines = []
        for name in self._operands or sorted(self._selected(usage, False)):
            value = default_value(name, usage.service, config)
            if value is None or not usage.is_known(name):
                self._warn(f"{name}: unknown parameter")
            else:
                lines.append(self._format(name, value, config))
        _print("".join(lines))

    def _selected(self, usage: Usage, only_set: bool) -> set[str]:
        """The names to show when none are given."""
        classes, found = self._classes, set[str]()
        if classes is None or "builtin" in classes:
            found.update(n for n in PARAMETERS if is_built_in(n, usage.config))
            found.difference_update(usage.service)
        if classes is None or "service" in classes:
            found.update(usage.service)
        if classes is None or "user" in classes:
            found.update(n for n in (*usage.user, *LEGACY) if n in usage.config.settings)
        return found.intersection(usage.config.settings) if only_set else found

    def _format(self, name: str, value: str, config: Config) -> str:
        if "x" in self._letters and "$" in value and name not in RAW and not self._style.names:
            value = expand(value, config.lookup, config.raw)
        return format_parameter(name, value, self._style)

    # -- services ----------------------------------------------------------------------

    def _show_services(self) -> int:
        from pyfixcli.commands import _postconf_master

        (kind,) = self._letters & {"M", "F", "P"}
        usage = self._examine(must_exist=True)
        requests = _postconf_master.parse_requests(kind, self._operands)
        expands = "x" in self._letters
        _print(_postconf_master.show(kind, requests, usage, self._style, expands, self._warn))
        warn_of_unused_in_master(usage, self._warn)
        return EX_OK


def _parse_override(text: str) -> tuple[str, str]:
    """The value of ``-o``."""
    found = split_assignment(text)
    if isinstance(found, str):
        problem = found.partition(": ")[0]
        raise PyfixError(f"invalid parameter override: {text}: {problem}")
    return found


def default_value(name: str, service: dict[str, str], config: Config) -> str | None:
    """The default of a parameter, unexpanded; None for other names."""
    if name in service:
        return service[name]
    if name in DYNAMIC:
        return (
            config.settings.get(name) if name in READ_ONLY[1:2] else dynamic_default(name, config)
        )
    row = PARAMETERS.get(name)
    if row is None:
        return "" if name in LEGACY else None
    return row[1]


def _print(text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    while data:
        data = data[posix.write(1, data) :]


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, 1, name=called_name(sys.argv[0])))
