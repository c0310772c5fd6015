"""A worker that asks master for the log files of now."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.log.maillog import MailLog
from tests.support.access import Lines


def _reopen(directory: Path, answer: Callable[[socket.socket], None]) -> list[str]:
    """What the log has after a worker asked a master that does ``answer``."""
    (directory / "private").mkdir()
    (directory / "public").mkdir()
    settings = {
        "queue_directory": str(directory),
        "maillog_file": str(directory / "maillog"),
        "maillog_file_prefixes": str(directory),
    }
    lines, config = Lines(), Config("/nonexistent", settings)
    log = MailLog(lines, "postfix", "mail", SystemClock())  # type: ignore[arg-type]
    context = WorkerContext("local", config, [], {}, lines, log, -1, -1, False)  # type: ignore[arg-type]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(directory / paths.MASTER))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answer(connection)

        master = threading.Thread(target=serve)
        master.start()
        context.reopen_log()
        master.join()
    return lines.texts


def test_master_that_ends(tmp_path: Path) -> None:
    """It resets the connection: there is nothing to reopen, and nothing to complain of."""

    def leave(connection: socket.socket) -> None:
        select.select([connection], [], [])  # closed with what was asked unread

    assert _reopen(tmp_path, leave) == []


def test_master_that_refuses(tmp_path: Path) -> None:
    """An answer without a file is an error: the old one is written to."""

    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"no")

    path = tmp_path / "maillog"
    assert _reopen(tmp_path, refuse) == [
        f"error: open logfile '{path}': master does not open it",
    ]
