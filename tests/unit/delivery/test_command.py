"""Commands that a delivery runs: real processes, and what their ends mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.base.privilege import Rights
from pyfixcli.delivery.agent import Outcome
from pyfixcli.delivery.command import Command, judge_command, run_command
from pyfixcli.mail.delivery import Status

RIGHTS = Rights(os.getuid() or 65534, os.getgid() or 65534)


def run(line: str | tuple[str, ...], limit: float = 20.0, directory: str = "/") -> Outcome:
    """The outcome of a command that gets 200 kB."""
    command = Command(
        line, "local", RIGHTS, {"PATH": "/usr/bin:/bin", "A": "x y"}, directory, limit
    )
    return judge_command(command, run_command(command, content()), "delivered")


def content() -> Iterator[bytes]:
    """More than a pipe holds."""
    yield from [b"x" * 65536] * 3


def test_a_command_that_reads_nothing_succeeds() -> None:
    """What it leaves in the pipe does not matter."""
    assert run("exit 0") == Outcome(Status.SENT, "2.0.0", "delivered")


@pytest.mark.parametrize(
    ("line", "status", "dsn", "text"),
    [
        ("exit 64", Status.BOUNCED, "5.3.0", "command line usage error"),
        ("exit 67", Status.BOUNCED, "5.1.1", "user unknown"),
        ("exit 71", Status.DEFERRED, "4.3.0", "system resource problem"),
        ("exit 75", Status.DEFERRED, "4.3.0", "temporary failure"),
        ("exit 78", Status.BOUNCED, "5.3.5", "local configuration error"),
        ("exit 99", Status.BOUNCED, "5.3.0", 'Command died with status 99: "exit 99"'),
        ("kill -9 $$", Status.DEFERRED, "4.3.0", 'Command died with signal 9: "kill -9 $$"'),
        (
            "echo why; exit 69",
            Status.BOUNCED,
            "5.3.0",
            "service unavailable. Command output: why ",
        ),
        ("echo 4.7.77 soft; exit 69", Status.DEFERRED, "4.7.77", "soft "),
        ("echo 5.7.88 hard; exit 75", Status.BOUNCED, "5.7.88", "hard "),
        ("echo 2.0.0 no; exit 75", Status.BOUNCED, "5.0.0", "no "),
        (
            "echo 5.7 half; exit 75",
            Status.DEFERRED,
            "4.3.0",
            "temporary failure. Command output: 5.7 half ",
        ),
        (
            "/no/such arg",
            Status.DEFERRED,
            "4.3.0",
            "temporary failure. Command output: "
            "local: fatal: execvp /no/such: No such file or directory ",
        ),
    ],
)
def test_ends(line: str, status: Status, dsn: str, text: str) -> None:
    """As the reference logs them."""
    outcome = run(line)
    assert (outcome.status, outcome.dsn, outcome.text) == (status, dsn, text)


def test_a_time_limit_ends_all_that_was_started() -> None:
    """The command and its children; what it had said is in the text."""
    outcome = run("echo some; sleep 60 & sleep 60", limit=0.3)
    text = 'Command time limit exceeded: "echo some; sleep 60 & sleep 60". Command output: some '
    assert (outcome.status, outcome.text) == (Status.BOUNCED, text)


def test_a_time_limit_holds_for_a_command_without_output() -> None:
    """One that has closed its output is waited for no longer."""
    assert run("exec >&- 2>&-; sleep 60", limit=0.3).text.startswith("Command time limit exceeded")


def test_output_is_bounded() -> None:
    """4096 octets are kept."""
    outcome = run("head -c 100000 /dev/zero | tr '\\0' x; exit 70")
    assert outcome.diagnostic == "x" * 4096


def test_words_are_arguments_as_they_are() -> None:
    """Without a shell, an empty one included."""
    outcome = run(("sh", "-c", 'echo "5.1.1 $#:$1:$2"; exit 1', "name", "", "a;b$(id)"))
    assert outcome.text == "2::a;b$(id) "


def test_the_working_directory_must_be_reachable() -> None:
    """With the rights of the command."""
    command = Command("id", "local", RIGHTS, {}, "/nonexistent", 5.0)
    end = run_command(command, content())
    assert end.complaint.startswith('cannot change directory to "/nonexistent" for uid=')
    assert judge_command(command, end, "").text == "temporary failure"


def test_a_command_has_no_descriptors_but_three() -> None:
    """Nothing of the mail system's."""
    outcome = run("ls /proc/self/fd; exit 70")
    assert outcome.diagnostic.split() == ["0", "1", "2", "3"]  # 3 is the directory itself


def test_a_command_that_closes_its_output_gets_the_whole_message(tmp_path: Path) -> None:
    """``exec >/dev/null`` and the like say nothing about the input."""
    tmp_path.chmod(0o777)
    outcome = run("exec >/dev/null 2>&1; sleep 0.05; cat > message", directory=reachable(tmp_path))
    assert outcome.status is Status.SENT
    assert (tmp_path / "message").stat().st_size == 3 * 65536


def test_a_message_that_cannot_be_read_is_not_cut_off_for_the_command(tmp_path: Path) -> None:
    """The command is killed before it can take the end of what it got for the end of the message."""
    tmp_path.chmod(0o777)

    def broken() -> Iterator[bytes]:
        yield b"x"
        raise OSError(errno.EIO, "Input/output error")

    line = "cat > message; mv message complete"
    command = Command(
        line, "local", RIGHTS, {"PATH": "/usr/bin:/bin"}, reachable(tmp_path), time_limit=20.0
    )
    with pytest.raises(OSError, match="Input/output error"):
        run_command(command, broken())
    assert not (tmp_path / "complete").exists()


def reachable(directory: Path) -> str:
    """The directory, which another user can enter."""
    for above in (directory.parent, directory.parent.parent):
        above.chmod(above.stat().st_mode | 0o011)
    return str(directory)


def test_a_process_that_cannot_be_had_leaves_no_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system has no room for one now."""

    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(BlockingIOError):
        run("true")
    assert len(os.listdir("/proc/self/fd")) == len(before)
