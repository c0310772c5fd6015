"""The manual pages: sound as documents, and held against the options, commands and parameters that there are."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from pyfixcli.commands import postfix, pyfix
from pyfixcli.commands._setup import COMMANDS
from pyfixcli.config.params import OWN, PARAMETERS
from pyfixcli.config.usage import SERVICE_SUFFIXES
from pyfixcli.maps.registry import KINDS

MAN = Path(__file__).resolve().parents[2] / "man"
PAGES = sorted(path for path in MAN.glob("man?/*") if not path.is_symlink())
LINKS = sorted(path for path in MAN.glob("man?/*") if path.is_symlink())
# Commands that take the options of another one, and show those that make sense.
SHARED = {"mailq": "sendmail", "newaliases": "sendmail"}
# Pages that we refer to and that are the system's.
FOREIGN = {"sysexits.3", "syslogd.8"}
# Every service that the daemon has, and the processes that it lives in.
SERVICES = (
    "anvil", "bounce", "cleanup", "defer", "discard", "error", "flush", "lmtp", "local", "master",
    "pickup", "pipe", "postlogd", "proxymap", "pyfix-processes", "qmgr", "retry", "showq", "smtp", "smtpd",
    "trace", "trivial-rewrite", "virtual",
)  # fmt: skip

FILES = (
    "access", "aliases", "bounce", "canonical", "generic", "header_checks", "master", "postconf",
    "relocated", "transport", "virtual",
)  # fmt: skip
TABLES = (
    "cidr", "ldap", "lmdb", "memcache", "mysql", "nisplus", "pcre", "pgsql", "regexp", "socketmap",
    "sqlite", "tcp",
)  # fmt: skip


def name_of(path: Path) -> str:
    """An id for a test."""
    return path.name


def sections(path: Path) -> dict[str, list[str]]:
    """The lines of a page by section."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in path.read_text().splitlines():
        if line.startswith(".Sh "):
            current = line[4:]
        found.setdefault(current, []).append(line)
    return found


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option of a list: its letters or long name, and whether a value follows."""

    name: str
    takes_value: bool


def options_in(lines: list[str]) -> Iterator[ShownOption]:
    """The options that ``.It Fl`` lines of a list name; ``Fl c , -config Ar directory`` names two."""
    for line in lines:
        if not line.startswith(".It Fl "):
            continue
        words, _, value = line.removeprefix(".It Fl ").partition(" Ar ")
        for word in words.split(" , "):
            yield ShownOption(word.split()[0], bool(value))


def declared(command: str) -> dict[str, bool]:
    """The options of a command: letter -> whether it takes a value."""
    module = importlib.import_module(f"pyfixcli.commands.{command}")
    return {letter: value is not None for letter, value, _ in module.OPTIONS}


# -- as documents ------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
@pytest.mark.parametrize("path", PAGES + LINKS, ids=name_of)
def test_mandoc_has_no_warning(path: Path) -> None:
    """A page is sound in the eyes of mandoc."""
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_title_is_the_name_of_the_file(path: Path) -> None:
    """The title and the first name of a page are those of its file."""
    text = path.read_text()
    assert f".Dt {path.stem.upper()} {path.suffix[1:]}\n" in text
    names = re.findall(r"^\.Nm (\S+)", "\n".join(sections(path)["NAME"]), re.MULTILINE)
    assert path.stem in names or path.stem == "pyfix-processes"


@pytest.mark.parametrize("path", LINKS, ids=name_of)
def test_page_of_a_second_name_has_it(path: Path) -> None:
    """A link leads to a page that names it."""
    assert f".Nm {path.stem}" in path.read_text()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_references_lead_to_pages(path: Path) -> None:
    """Every reference leads to one of our pages, or to one that we know to be another's."""
    known = FOREIGN | {page.name for page in PAGES + LINKS}
    referred = {f"{n}.{s}" for n, s in re.findall(r"\.?Xr (\S+) (\d)", path.read_text())}
    assert referred - known == set()


# -- commands and services -----------------------------------------------------------------


def test_every_command_has_a_page() -> None:
    """man1 has the commands, and nothing else."""
    assert {path.stem for path in MAN.glob("man1/*")} == set(COMMANDS)


def test_every_table_kind_with_a_format_has_a_page() -> None:
    """man5 has the configuration files, and the tables that Postfix has pages for."""
    assert {path.stem for path in MAN.glob("man5/*")} == set(FILES) | {f"{k}_table" for k in TABLES}


def test_every_service_has_a_page() -> None:
    """man8 has the services, and nothing else."""
    assert {path.stem for path in MAN.glob("man8/*")} == set(SERVICES)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"pyfix", *SHARED}))
def test_options_are_those_declared(command: str) -> None:
    """The page of a command has the options that it declares, all of them, with their values."""
    lines = sections(MAN / "man1" / f"{command}.1")["OPTIONS"]
    assert {o.name: o.takes_value for o in options_in(lines)} == declared(command)


@pytest.mark.parametrize("command", sorted(SHARED))
def test_options_of_another_command_are_declared_there(command: str) -> None:
    """A command that takes another's options refers to its page, and shows nothing that it has not."""
    other = SHARED[command]
    lines = sections(MAN / "man1" / f"{command}.1")["OPTIONS"]
    assert f".Xr {other} 1" in lines
    shown = {o.name: o.takes_value for o in options_in(lines)}
    assert shown.items() <= declared(other).items()


def test_subcommands_of_pyfix_are_those_declared() -> None:
    """pyfix(1) has its commands with their options and operands."""
    lines = sections(MAN / "man1" / "pyfix.1")["COMMANDS"]
    shown: dict[str, tuple[list[str], dict[str, bool]]] = {}
    for line in lines:
        if line.startswith(".It Cm "):
            name, _, operands = line.removeprefix(".It Cm ").partition(" Ar ")
            shown[name] = (operands.split(), {})
        for option in options_in([line]):
            shown[name][1][option.name] = option.takes_value
    assert shown == {name: _click_words(command) for name, command in pyfix.cli.commands.items()}


def _click_words(command: click.Command) -> tuple[list[str], dict[str, bool]]:
    operands, options = [], {}
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            operands.append(str(parameter.name))
        elif isinstance(parameter, click.Option):
            options |= {word[1:]: not parameter.is_flag for word in parameter.opts}
    return operands, options


def names_in(lines: list[str]) -> set[str]:
    """The words that ``.It Cm`` lines of a list explain."""
    found = (line.removeprefix(".It Cm ") for line in lines if line.startswith(".It Cm "))
    return {word for line in found for word in line.split(" , ")}


def test_verbs_of_postfix_are_those_that_there_are() -> None:
    """postfix(1) has every verb, and no other."""
    page = sections(MAN / "man1" / "postfix.1")
    assert names_in(page["DESCRIPTION"]) == set(postfix._VERBS)


def test_table_types_are_those_that_there_are() -> None:
    """postmap(1) has every type of table, and no other."""
    page = sections(MAN / "man1" / "postmap.1")
    assert names_in(page["DESCRIPTION"]) == set(KINDS)


# -- parameters ----------------------------------------------------------------------------


def variables(path: Path) -> set[str]:
    """What a page marks as a parameter."""
    found: set[str] = set()
    for line in path.read_text().splitlines():
        for run in re.findall(r"\bVa ((?:(?!\b(?:Ns|Cm|No|Ta|Li|Ar)\b).)+)", line):
            words = (word.lstrip("$").rstrip(".:;") for word in run.split())
            found.update(word for word in words if re.fullmatch(r"\w+", word))
    return found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_parameters_exist(path: Path) -> None:
    """A parameter that a page names is one, or ends as those do that begin with a transport's name."""
    unknown = {n for n in variables(path) if n not in PARAMETERS and n not in SERVICE_SUFFIXES}
    assert unknown == set()


def test_parameters_are_found_in_pages() -> None:
    """What the test above looks at is not nothing."""
    assert {"default_transport", "relayhost", "mydomain"} <= variables(
        MAN / "man8" / "trivial-rewrite.8"
    )
    assert "_time_limit" in variables(MAN / "man8" / "pipe.8")


def test_own_parameters_are_explained() -> None:
    """pyfix-processes(8) has every parameter that Postfix does not have."""
    assert variables(MAN / "man8" / "pyfix-processes.8") >= OWN
