"""How commands end: what was written is out, whatever became of standard output."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.instance import ROOT, Instance

FRAME = "import sys; sys.path[:0] = sys.argv[1:]; from pyfixcli.commands._run import end, run\n"


def run_frame(code: str, stdout: int | None = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """A process with the frame of commands imported."""
    argv = [sys.executable, "-I", "-S", "-c", FRAME + code, str(ROOT)]
    return subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=30)


def test_output_is_flushed_before_the_process_ends() -> None:
    """Also what a command printed before it failed."""
    done = run_frame("print('out'); print('err', end='', file=sys.stderr); end(7)")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err")


def test_the_interpreter_is_not_taken_apart() -> None:
    """It would cost as much as loading the command."""
    done = run_frame("import atexit; atexit.register(print, 'late'); end(0)")
    assert (done.returncode, done.stdout) == (0, "")


def test_output_that_cannot_be_written_is_told() -> None:
    """A full disk: no silent success."""
    with open("/dev/full", "w") as full:
        done = run_frame("print('out'); end(0)", full.fileno())
    assert done.returncode == 120
    assert "No space left on device" in done.stderr


def test_a_closed_standard_output_is_no_failure() -> None:
    """As cron jobs and daemons have it: the message was taken, and sending it again would double it."""
    argv = [sys.executable, "-I", "-S", "-c", FRAME + "end(run(lambda argv: 0, ['x'], 75))"]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *argv, str(ROOT)], stderr=subprocess.PIPE
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-"])
def test_mailq_works_with_closed_streams(
    closed: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The whole command."""
    instance = Instance(tmp_path_factory.mktemp("i"))
    instance.start()
    instance.stop()
    command = f"exec {ROOT}/bin/mailq {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(instance.config)},
        stderr=subprocess.PIPE,
        timeout=30,
    )
    assert b"Traceback" not in done.stderr
