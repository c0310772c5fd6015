"""S12: the setgid drop program, the only one that runs with a right its caller does not have."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyfixcli.mail import submission
from pyfixcli.queue import maildrop
from pyfixcli.queue.maildrop_file import COMPLETE, DISCARDED
from tests.support.instance import wait_for
from tests.support.system import GROUP, USER, SystemInstance, group_of

Make = Callable[..., SystemInstance]

BODY = b"Subject: n1\n\n" + b"x" * 3000 + b"\n"
STREAM = b"".join(
    (
        submission.pack_frame(
            submission.ENVELOPE,
            submission.pack_envelope([("sender", "nobody"), ("recipient", "root")]),
        ),
        submission.pack_frame(submission.CONTENT, BODY),
        submission.pack_frame(submission.END, b""),
    )
)
CANARY = "import os, sys; open(os.environ.get('CANARY', '/tmp/pyfix-canary'), 'w').close()\n"


@pytest.fixture
def instance(make_system: Make) -> SystemInstance:
    """A system instance whose queue was made by a start, and that is down."""
    made = make_system()
    made.start()
    made.stop()
    return made


@pytest.fixture
def hostile(place: Path) -> Path:
    """A directory of the user's with everything that programs like to load."""
    for name in ("sitecustomize.py", "usercustomize.py", "os.py", "sys.py", "lmdb.py", "start.py"):
        (place / name).write_text(CANARY)
    shutil.copytree(place, place / "pyfixcli", ignore=shutil.ignore_patterns("pyfixcli"))
    (place / "DB_CONFIG").write_text("set_lg_dir /tmp\n")
    (place / "pyvenv.cfg").write_text(f"home = {place}\n")
    place.chmod(0o755)
    return place


def hostile_environment(place: Path, config: Path) -> dict[str, str]:
    """What an attacker would set."""
    return {
        "PATH": str(place),
        "PYTHONPATH": str(place),
        "PYTHONSTARTUP": str(place / "start.py"),
        "PYTHONHOME": str(place),
        "PYTHONINSPECT": "1",
        "PYTHONBREAKPOINT": "start",
        "PYTHONWARNINGS": "error",
        "PYTHONUSERBASE": str(place),
        "LD_PRELOAD": str(place / "canary.so"),
        "LD_LIBRARY_PATH": str(place),
        "LD_AUDIT": str(place / "canary.so"),
        "TZ": str(place / "DB_CONFIG"),
        "LOCPATH": str(place),
        "LC_ALL": "xx_XX",
        "GCONV_PATH": str(place),
        "MALLOC_TRACE": str(place / "trace"),
        "IFS": "/",
        "MAIL_CONFIG": str(config),
        "MAIL_LOGTAG": "a\nb",
        "PYFIX_MAILDROP_FILE": "/etc/passwd",
        "CANARY": str(place / "canary"),
    }


def start_postdrop(instance: SystemInstance, **changes: object) -> subprocess.Popen[bytes]:
    """postdrop as an ordinary user, with pipes."""
    return subprocess.Popen(
        [str(instance.commands / "postdrop"), "-c", str(instance.config)],
        **{
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "user": USER,
            "group": group_of(USER),
            "extra_groups": [],
            **changes,
        },  # type: ignore[call-overload]
    )


@contextlib.contextmanager
def waiting_python(process: subprocess.Popen[bytes]) -> Iterator[Path]:
    """/proc of the drop program once it has become Python that waits for its input."""
    proc = Path(f"/proc/{process.pid}")
    try:
        wait_for(lambda: "python" in os.readlink(proc / "exe") or process.poll() is not None)
        wait_for(lambda: "pipe" in (proc / "wchan").read_text() or _sleeps(proc))
        yield proc
    finally:
        process.kill()
        process.communicate()


def _sleeps(proc: Path) -> bool:
    return (proc / "stat").read_text().rpartition(") ")[2][0] == "S"


def status_of(proc: Path) -> dict[str, str]:
    """The fields of /proc/PID/status."""
    lines = (proc / "status").read_text().split("\n")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def files(instance: SystemInstance, mode: int | None = None) -> list[Path]:
    """Files in the maildrop, or those of a mode."""
    found = sorted(instance.maildrop.iterdir())
    return [p for p in found if mode is None or stat.S_IMODE(p.lstat().st_mode) == mode]


def assert_whole(instance: SystemInstance, number: int) -> None:
    """So many complete files are there, each with the whole message."""
    complete = files(instance, COMPLETE)
    assert len(complete) == number
    for path in complete:
        entry = maildrop.Entry(str(path.parent), path.name)
        assert b"".join(entry.chunks()) == BODY
        entry.close()


def test_s12_the_program_is_setgid_and_nothing_else(instance: SystemInstance) -> None:
    """Mode 2755 of root and setgid_group; the directory is 1730."""
    import grp

    status = (instance.commands / "postdrop").stat()
    assert stat.S_IMODE(status.st_mode) == 0o2755
    assert (status.st_uid, status.st_gid) == (0, grp.getgrnam(GROUP).gr_gid)
    assert stat.S_IMODE(instance.maildrop.stat().st_mode) == 0o1730


def test_s12_a_submission_is_one_complete_file_of_the_user(instance: SystemInstance) -> None:
    """Exit status 0, the file has its submitter for owner."""
    process = start_postdrop(instance)
    _, errors = process.communicate(STREAM)
    assert (process.returncode, errors) == (0, b"")
    assert_whole(instance, 1)
    assert files(instance)[0].stat().st_uid == 65534


def test_s12_python_has_neither_the_group_nor_the_environment(
    instance: SystemInstance, hostile: Path
) -> None:
    """Ids, environment, current directory, descriptors, signals and umask as the wrapper set them."""
    environment = hostile_environment(hostile, instance.config)
    process = start_postdrop(instance, env=environment, cwd=hostile)
    with waiting_python(process) as proc:
        status = status_of(proc)
        mine = group_of(USER)
        assert set(status["Gid"].split()) == {str(mine)}
        assert set(status["Uid"].split()) == {"65534"}
        assert status["Groups"] == ""
        names = {
            item.partition(b"=")[0] for item in (proc / "environ").read_bytes().split(b"\0")[:-1]
        }
        assert names == {b"PATH", b"LC_ALL", b"PYFIX_MAILDROP_FILE"}
        assert os.readlink(proc / "cwd") == "/"
        assert {"0", "1", "2", "3"} == set(os.listdir(proc / "fd"))
        assert status["Umask"] == "0077"
        assert int(status["SigBlk"], 16) == 0
    assert not (hostile / "canary").exists()


def test_s12_a_hostile_environment_changes_nothing(instance: SystemInstance, hostile: Path) -> None:
    """The message is accepted as ever and no file of the attacker's is loaded."""
    environment = hostile_environment(hostile, instance.config)
    process = start_postdrop(instance, env=environment, cwd=hostile)
    _, errors = process.communicate(STREAM)
    assert (process.returncode, errors) == (0, b"")
    assert_whole(instance, 1)
    assert not (hostile / "canary").exists() and not Path("/tmp/pyfix-canary").exists()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
def test_s12_closed_descriptors(instance: SystemInstance, closed: tuple[int, ...]) -> None:
    """The message file never becomes one of 0-2; without an input nothing is accepted."""

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    process = start_postdrop(instance, preexec_fn=close)
    with contextlib.suppress(BrokenPipeError):
        process.communicate(b"" if 0 in closed else STREAM)
    assert process.wait() == (75 if 0 in closed else 0)
    assert_whole(instance, 0 if 0 in closed else 1)


@pytest.mark.parametrize(
    ("limit", "value", "statuses", "accepted"),
    [
        (resource.RLIMIT_FSIZE, 1000, (75,), 0),
        (resource.RLIMIT_FSIZE, 0, (75,), 0),
        (resource.RLIMIT_NOFILE, 3, (75, 127), 0),
        (resource.RLIMIT_NOFILE, 4, (75, 127, 1), 0),
        (resource.RLIMIT_CPU, 1, (0,), 1),
        (resource.RLIMIT_CORE, 0, (0,), 1),
    ],
)
def test_s12_lowered_limits(
    instance: SystemInstance, limit: int, value: int, statuses: tuple[int, ...], accepted: int
) -> None:
    """What cannot be written whole is not accepted; the exit status asks to try again."""

    def lower() -> None:
        resource.setrlimit(limit, (value, value))

    process = start_postdrop(instance, preexec_fn=lower)
    with contextlib.suppress(BrokenPipeError):
        process.communicate(STREAM)
    assert process.wait() in statuses
    assert_whole(instance, accepted)


def test_s12_a_soft_limit_on_file_sizes_is_lifted(instance: SystemInstance) -> None:
    """A limit that the user may raise does not keep mail out."""

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))

    process = start_postdrop(instance, preexec_fn=lower)
    process.communicate(STREAM)
    assert process.returncode == 0
    assert_whole(instance, 1)


def test_s12_ignored_and_blocked_signals_are_reset(instance: SystemInstance) -> None:
    """A caller that ignores and blocks everything does not make a process that cannot be ended."""

    def ignore() -> None:
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))

    process = start_postdrop(instance, preexec_fn=ignore)
    with waiting_python(process) as proc:
        status = status_of(proc)
        ignored = int(status["SigIgn"], 16)
        assert int(status["SigBlk"], 16) == 0
        assert {n for n in range(1, 32) if ignored >> (n - 1) & 1} <= {
            signal.SIGPIPE,
            signal.SIGXFSZ,
        }
        process.terminate()
        assert process.wait(10) == -signal.SIGTERM
    assert_whole(instance, 0)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        STREAM[:-1],
        STREAM[:40],
        STREAM[5:],
        b"E\xff\xff\xff\xff" + STREAM,
        STREAM.replace(b"sender=", b"s\nnder="),
        STREAM.replace(b"sender=", b"uid=0\0s="),
        STREAM.replace(b"=root", b"=r\rot"),
    ],
)
def test_s12_s10_a_malformed_stream_is_refused(instance: SystemInstance, stream: bytes) -> None:
    """Exit status 65, and the file is marked for removal; it never counts as mail."""
    process = start_postdrop(instance)
    with contextlib.suppress(BrokenPipeError):
        process.communicate(stream)
    assert process.wait() == 65
    assert_whole(instance, 0)
    assert [(p.lstat().st_size, stat.S_IMODE(p.lstat().st_mode)) for p in files(instance)] == [
        (0, DISCARDED)
    ]


def test_s12_the_group_cannot_be_used_elsewhere(instance: SystemInstance, place: Path) -> None:
    """A maildrop of the user's making, a link to one, and a queue that is no literal path are refused."""
    place.chmod(0o777)
    (place / "maildrop").mkdir(mode=0o777)
    other = place / "linked"
    other.mkdir()
    (other / "maildrop").symlink_to(instance.maildrop)
    absent = f"{instance.directory}/absent"
    reasons = {
        str(place): f"{place}/maildrop belongs to another group than this program: run pyfix setup",
        str(other): f"open {other}/maildrop: Not a directory",
        "$queue": "queue_directory must be written out in main.cf",
        absent: f"open {absent}/maildrop: No such file or directory",
    }
    for queue, reason in reasons.items():
        (place / "main.cf").write_text(f"queue_directory = {queue}\n")
        process = _with_config(instance, place)
        assert process.returncode == 75, queue
        assert process.stderr.startswith(b"postdrop: fatal: " + reason.encode())
    (place / "main.cf").unlink()
    missing = f"postdrop: fatal: open {place}/main.cf: No such file or directory\n"
    assert _with_config(instance, place).stderr == missing.encode()
    assert files(instance) == []
    assert list((place / "maildrop").iterdir()) == []


def _with_config(instance: SystemInstance, config: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(instance.commands / "postdrop"), "-c", str(config)],
        input=STREAM,
        capture_output=True,
        user=USER,
        group=group_of(USER),
        extra_groups=[],
    )


def test_s12_users_cannot_look_at_or_change_the_maildrop(instance: SystemInstance) -> None:
    """Not list, not read, not remove, not even with their own file in it."""
    start_postdrop(instance).communicate(STREAM)
    (path,) = files(instance)
    for command in (["ls", path.parent], ["cat", path], ["rm", "-f", path], ["touch", path]):
        done = subprocess.run(
            command, user=USER, group=group_of(USER), extra_groups=[], capture_output=True
        )
        assert done.returncode != 0
    assert_whole(instance, 1)


def test_s12_sendmail_of_a_user_queues_while_the_system_is_down(instance: SystemInstance) -> None:
    """The whole way: sendmail, the wrapper, the maildrop, pickup at the next start."""
    done = instance.run("sendmail", "root", data=BODY, user=USER)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(files(instance, COMPLETE)) == 1
    instance.start()
    wait_for(lambda: "uid=65534 from=<nobody>" in instance.log_text())
    wait_for(lambda: not files(instance))


# -- a signal at each system call -------------------------------------------------------------

STRACE = shutil.which("strace")


def trace(instance: SystemInstance, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run postdrop as the user under strace, which root keeps setgid; the status is postdrop's."""
    return subprocess.run(
        [str(STRACE), "-f", "-u", USER, *options, str(instance.commands / "postdrop")]
        + ["-c", str(instance.config)],
        input=STREAM,
        capture_output=True,
        timeout=60,
        cwd="/",
    )


def calls_of(instance: SystemInstance, place: Path) -> list[str]:
    """The system calls of an undisturbed run, in order."""
    done = trace(instance, "-o", str(place / "trace"))
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr[-200:]!r}")
    for path in files(instance):
        path.unlink()
    lines = (place / "trace").read_text(errors="replace").split("\n")
    return [line.partition(" ")[2].partition("(")[0].strip() for line in lines if "(" in line]


@pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")
@pytest.mark.timeout(300)
def test_s12_a_signal_at_any_system_call_leaves_nothing_partial(
    instance: SystemInstance, place: Path
) -> None:
    """SIGTERM at every call of the wrapper and of the end, and at every 40th of Python's start.

    Exit status 0 means one whole file; a death by the signal, none or (after the mode was set) a whole one.
    """
    calls = calls_of(instance, place)
    python = [n for n, name in enumerate(calls) if name == "execve"][-1]
    end = max(n for n, name in enumerate(calls) if name == "fsync") - 12
    died = 0
    chosen = [*range(1, python), *range(python, end, 40), *range(end, len(calls))]
    for number in chosen:
        call, count = calls[number], calls[: number + 1].count(calls[number])
        done = trace(instance, "-o", "/dev/null", "-e", f"inject={call}:signal=TERM:when={count}")
        assert done.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM), (call, count)
        died += done.returncode != 0
        complete = len(files(instance, COMPLETE))
        assert complete == 1 if done.returncode == 0 else complete <= 1
        assert_whole(instance, complete)
        for path in files(instance):
            path.unlink()
    assert died > len(chosen) * 3 // 4


@pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")
@pytest.mark.parametrize(
    "failure",
    ["setresgid:error=EPERM", "setresuid:error=EPERM", "fsync:error=EIO", "fchmod:error=EPERM"]
    + ["getrandom:error=ENOSYS", "chdir:error=ENOENT", "write:error=ENOSPC:when=1"],
)
def test_s12_a_failing_system_call_accepts_nothing(
    instance: SystemInstance, place: Path, failure: str
) -> None:
    """A right that cannot be given up ends the program before Python; a full disk is temporary."""
    calls_of(instance, place)
    done = trace(instance, "-o", "/dev/null", "-e", f"inject={failure}")
    assert done.returncode == 75
    assert_whole(instance, 0)


def test_s12_the_message_file_is_not_locked_or_shared(instance: SystemInstance) -> None:
    """The daemon can read a complete file at once."""
    start_postdrop(instance).communicate(STREAM)
    with files(instance)[0].open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while anybody holds it
        assert stream.read() == STREAM


def test_s12_pickup_removes_what_was_given_up(instance: SystemInstance) -> None:
    """Its writer could not."""
    start_postdrop(instance).communicate(STREAM[:-1])
    assert len(files(instance)) == 1
    instance.start()
    wait_for(lambda: not files(instance))
