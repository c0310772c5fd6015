"""What a local delivery process says of a delivery, and how it ends."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
import pytest

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon import group_sync
from pyfixcli.daemon.agent_frames import Assign, Finished, Hello, Landed, from_agent_decoder
from pyfixcli.daemon.agent_loop import AgentLoop, shorten
from pyfixcli.daemon.group_sync import GroupSync
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import (
    DeliveryRequest,
    DeliveryResult,
    Forward,
    RequestRecipient,
    Status,
)
from pyfixcli.protocol.frame import FrameBuffer, frame
from pyfixcli.queue import codec
from tests.support.access import Lines
from tests.support.delivery_request import REQUEST


def test_outcomes_that_fit_into_no_frame_are_one_for_the_recipient() -> None:
    """No copy goes out, and the recipient is not tried again."""
    copy = Forward("B", "", (), b"")
    sent = DeliveryResult(
        queue_id="A",
        attempt=1,
        index=3,
        part=2,
        status=Status.SENT,
        dsn="2.0.0",
        text="",
        forwards=(copy,),
    )
    (result,) = shorten(Finished(7, REQUEST, (sent,))).results
    assert (result.index, result.part, result.status, result.dsn) == (3, 2, Status.BOUNCED, "5.5.3")
    assert result.forwards == ()


class Mailbox:
    """Delivers the message A at once; with any other the zygote dies while the mail is not on the disk yet."""

    def __init__(self, file: Path, zygote: int) -> None:
        self.group = GroupSync()
        self._file = file
        self._zygote = zygote

    async def deliver(self, request: DeliveryRequest) -> list[DeliveryResult]:
        if request.queue_id != "A":
            await self._write()
        return [
            DeliveryResult(
                queue_id=request.queue_id,
                attempt=1,
                index=0,
                status=Status.SENT,
                dsn="2.0.0",
                text="delivered",
            )
        ]

    async def _write(self) -> None:
        os.close(self._zygote)
        self._file.touch()
        try:
            with self._file.open() as written:
                await self.group.sync(written.fileno())
            self._file.rename(self._file.with_name("published"))
        finally:
            self._file.unlink(missing_ok=True)


def _run_agent(directory: Path, mailbox: Mailbox, life_line: int) -> None:
    """The body of a delivery process; does not return."""
    config, lines = Config("/nonexistent", {"queue_directory": str(directory)}), Lines()
    log = MailLog(lines, "postfix", "mail", SystemClock())  # type: ignore[arg-type]
    _, ready = os.pipe()
    context = WorkerContext("local", config, [], {}, lines, log, life_line, ready, False)  # type: ignore[arg-type]
    context.install_signals()
    AgentLoop(context, mailbox.deliver, mailbox.group).run()


def _hear(connection: socket.socket) -> list[object]:
    """What a delivery process said until it closed the connection."""
    buffer = FrameBuffer()
    heard: list[object] = []
    while data := connection.recv(1 << 16):
        heard += [codec.unpack(payload, from_agent_decoder) for payload in buffer.receive(data)]
    return heard


def test_end_of_the_zygote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail without a name is given up; results that were not confirmed lie in the socket for the next scheduler."""
    for pause in ("QUIET", "LONGEST"):  # the end is noticed before it is time to write
        monkeypatch.setattr(group_sync, pause, 60.0)
    (tmp_path / "private").mkdir()
    alive, zygote = os.pipe()
    mailbox = Mailbox(tmp_path / "file", zygote)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / paths.AGENTS))
        listener.listen()
        process = os.fork()
        if process == 0:
            try:
                _run_agent(tmp_path, mailbox, alive)
            finally:
                os._exit(1)
        os.close(zygote)
        old, _ = listener.accept()
        recipients = (RequestRecipient(0, "a@b.test"),)
        for ticket, queue_id in enumerate("AB"):
            request = msgspec.structs.replace(REQUEST, queue_id=queue_id, recipients=recipients)
            old.sendall(frame(codec.pack(Assign(ticket, request))))
        heard = _hear(old)
        new, _ = listener.accept()
        (hello,) = _hear(new)
    old.close()
    new.close()
    os.close(alive)
    _, status = os.waitpid(process, 0)
    assert status == 0
    assert [type(message) for message in heard] == [Hello, Finished, Landed]
    assert isinstance(hello, Hello)
    assert [finished.ticket for finished in hello.unconfirmed] == [0]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "private"]
