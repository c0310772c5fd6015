"""The completions: as the commands declare their options now, and of use in the shells that are installed."""

from __future__ import annotations

import importlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyfixcli.commands import pyfix
from pyfixcli.commands._setup import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
MAKE = ROOT / "tests" / "tools" / "make_completions"
COMPLETIONS = ROOT / "completions"
SHARED = {"mailq": "sendmail", "newaliases": "sendmail"}
PLAIN = sorted(set(COMMANDS) - {"pyfix"})


def needs(shell: str) -> pytest.MarkDecorator:
    """Skips a test where there is no such shell."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def files_in(directory: Path) -> dict[str, str]:
    """The text of every file by its path."""
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_text() for path in paths}


def letters(command: str) -> list[str]:
    """The options of a command as they are typed."""
    module = importlib.import_module(f"pyfixcli.commands.{SHARED.get(command, command)}")
    return sorted(f"-{letter}" for letter, _, _ in module.OPTIONS)


def run(*argv: str, cwd: Path | None = None) -> list[str]:
    """The lines that a program prints; it must not complain."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_completions_are_up_to_date(tmp_path: Path) -> None:
    """They are what the tool makes now."""
    run(sys.executable, str(MAKE), str(tmp_path))
    assert files_in(COMPLETIONS) == files_in(tmp_path), "run tests/tools/make_completions"


# -- bash ----------------------------------------------------------------------------------


def complete_in_bash(*words: str, cwd: Path | None = None) -> list[str]:
    """What bash offers for the last word of a command line."""
    command = words[0]
    typed = " ".join(map(shlex.quote, words))
    script = (
        f"source {shlex.quote(str(COMPLETIONS / 'bash' / command))}\n"
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
        f"complete -p {command} >/dev/null && _pyfix_{command}\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return sorted(
        line for line in run("bash", "--norc", "--noprofile", "-c", script, cwd=cwd) if line
    )


@needs("bash")
@pytest.mark.parametrize("command", PLAIN)
def test_bash_offers_the_options_declared(command: str) -> None:
    """After a hyphen come the options, as they are declared."""
    assert complete_in_bash(command, "-") == letters(command)


@needs("bash")
def test_bash_offers_words() -> None:
    """Verbs, queues, priorities, and the commands of pyfix with their options."""
    assert complete_in_bash("postfix", "sta") == ["start", "start-fg", "status"]
    assert complete_in_bash("postsuper", "-d", "ALL", "h") == ["hold"]
    assert complete_in_bash("postlog", "-p", "pan") == ["panic"]
    assert complete_in_bash("pyfix", "") == sorted(pyfix.cli.commands)
    assert complete_in_bash("pyfix", "status", "--j") == ["--json"]


@needs("bash")
def test_bash_offers_files(tmp_path: Path) -> None:
    """Names with spaces stay whole, also behind the type of a table."""
    (tmp_path / "two words").mkdir()
    (tmp_path / "file").touch()
    assert complete_in_bash("postqueue", "-c", "t", cwd=tmp_path) == ["two words"]
    types = ["two words", "unionmap:", "unix:"]
    assert complete_in_bash("postmap", "lmdb", ":", cwd=tmp_path)[-3:] == types
    assert complete_in_bash("postmap", "lmd") == ["lmdb:"]


# -- zsh and fish --------------------------------------------------------------------------


@needs("zsh")
def test_zsh_finds_the_file_for_every_command() -> None:
    """compinit takes the file for all commands, and zsh can read it."""
    script = (
        f"fpath=({shlex.quote(str(COMPLETIONS / 'zsh'))} $fpath)\n"
        "autoload -Uz compinit && compinit -D -u\n"
        "autoload +X _pyfix\n"
        f'for name in {" ".join(COMMANDS)}; do print "$name $_comps[$name]"; done'
    )
    assert run("zsh", "-f", "-c", script) == [f"{name} _pyfix" for name in COMMANDS]


def complete_in_fish(line: str) -> list[str]:
    """The words that fish offers at the end of a line."""
    command = line.split()[0]
    path = COMPLETIONS / "fish" / f"{command}.fish"
    script = f"source {shlex.quote(str(path))}; complete -C {shlex.quote(line)}"
    return sorted(found.split("\t")[0] for found in run("fish", "--no-config", "-c", script))


@needs("fish")
@pytest.mark.parametrize("command", PLAIN)
def test_fish_offers_the_options_declared(command: str) -> None:
    """After a hyphen come the options, as they are declared."""
    assert complete_in_fish(f"{command} -") == letters(command)


@needs("fish")
def test_fish_offers_words() -> None:
    """Verbs, and the commands of pyfix with their options."""
    assert complete_in_fish("postfix sta") == ["start", "start-fg", "status"]
    assert complete_in_fish("pyfix s") == ["salvage", "setup", "status"]
    assert complete_in_fish("pyfix status --j") == ["--json"]
