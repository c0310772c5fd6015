"""The system's log: what a line looks like there, and that it may be started again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import FACILITIES, SyslogSink


def listen(path: Path) -> socket.socket:
    """A log socket there."""
    path.unlink(missing_ok=True)
    system = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    system.bind(str(path))
    system.settimeout(10)
    return system


@pytest.mark.parametrize(
    ("kind", "priority", "text"),
    [
        ("info", 22, "hello"),
        ("warning", 20, "warning: hello"),
        ("error", 19, "error: hello"),
        ("fatal", 18, "fatal: hello"),
        ("panic", 18, "panic: hello"),
    ],
)
def test_line(place: Path, kind: str, priority: int, text: str) -> None:
    """Facility and level (what the reference sends for postlog -p), the time, no host; the program with its pid."""
    with listen(place / "log") as system:
        log = MailLog(
            SyslogSink(FACILITIES["mail"], str(place / "log")), "postfix", "mail", SystemClock()
        )
        getattr(log, kind)("smtpd", "hello")
        start, end = system.recv(1000).decode().split(" postfix/smtpd[")
        log.close()
    assert start.startswith(f"<{priority}>")
    assert len(start) == len("<22>Nov 25 17:35:30")
    assert end.partition("]: ")[2] == text


def test_system_log_is_started_again(place: Path) -> None:
    """Also one that was not there when the mail system was started."""
    path = place / "log"
    sink = SyslogSink(FACILITIES["mail"], str(path))
    sink.write(b"Nov 25 17:35:30 mail postfix/a[1]: nobody hears\n")
    for _ in range(2):
        with listen(path) as system:
            sink.write(b"Nov 25 17:35:30 mail postfix/a[1]: one\nNov 25 17:35:30 mail a[1]: two\n")
            assert system.recv(1000) == b"<22>Nov 25 17:35:30 postfix/a[1]: one"
            assert system.recv(1000) == b"<22>Nov 25 17:35:30 a[1]: two"
    sink.close()
