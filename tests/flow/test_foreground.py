"""postfix start-fg in a container: the log on standard output, and reasons of a failed start where somebody sees them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from pyfixcli.config.own_instance import create_own_instance
from tests.support.instance import BIN, Instance, wait_for


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("main.cf", "maillog_file = /nowhere/log\n", b"does not match any prefix"),
        ("main.cf", "message_size_limit = lots\n", b"bad numerical configuration"),
        ("master.cf", "smtp inet n\n", b"bad field count"),
    ],
    ids=["log", "value", "service"],
)
def test_reason_without_terminal(tmp_path: Path, file: str, text: str, reason: bytes) -> None:
    """A log that cannot be used, a value and a service that are none: the reason is on standard error."""
    instance = Instance(tmp_path)
    if file == "main.cf":
        instance.configure(text)
    else:
        with (instance.config / file).open("a") as stream:
            stream.write(text)
    done = instance.run("postfix", "start-fg")
    assert done.returncode == 1
    assert reason in done.stderr
    assert done.stderr.count(b"fatal: ") == 1


def test_other_verbs_stay_silent(tmp_path: Path) -> None:
    """As in the reference: what is no terminal is told nothing by start, and the log is."""
    instance = Instance(tmp_path)
    with (instance.config / "master.cf").open("a") as stream:
        stream.write("127.0.0.1:nosuchport inet n - n - - smtpd\n")
    done = instance.run("postfix", "start")
    assert (done.returncode, done.stderr) == (1, b"")
    assert "fatal: host/service nosuchport: service/proto not found" in instance.log_text()


def test_own_instance_logs_to_standard_output(tmp_path: Path) -> None:
    """The main.cf that pyfix init writes allows maillog_file = /dev/stdout."""
    state = tmp_path / "state"
    instance = Instance(tmp_path / "instance")
    create_own_instance(str(tmp_path / "etc"), str(state))
    own = (tmp_path / "etc" / "main.cf").read_text()
    prefixes = next(line for line in own.splitlines() if line.startswith("maillog_file_prefixes"))
    instance.configure(f"maillog_file = /dev/stdout\n{prefixes}")
    out = tmp_path / "out"
    with out.open("wb") as stream:
        daemon = subprocess.Popen(
            [BIN / "postfix", "start-fg"],
            stdout=stream,
            env={**os.environ, "MAIL_CONFIG": str(instance.config)},
        )
    try:
        wait_for(lambda: b"daemon started" in out.read_bytes())
    finally:
        daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(30) == 0
    assert b"terminating on signal 15" in out.read_bytes()


def test_no_maildrop_yet(tmp_path: Path) -> None:
    """Mail that is sent before the first start is refused with a reason, and for a time only."""
    instance = Instance(tmp_path)
    done = instance.run("sendmail", "-i", instance.user, data=b"Subject: early\n\n")
    assert done.returncode == 75
    reason = b'maildrop: No such file or directory (run "postfix check")\n'
    assert b"postdrop: fatal: create file in " in done.stderr
    assert reason in done.stderr
    assert b"Traceback" not in done.stderr
