"""Submissions while the store cannot be had."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pyfixcli.base.clock import SystemClock
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.config.load import load_config
from pyfixcli.daemon.context import make_intake
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.daemon.submit import SubmitServer, SubmitView
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.mail import submission

PIECES = [bytes((65 + number,)) * 60_000 + b"\n" for number in range(20)]


async def submit(queue: Path) -> int:
    """The exit status that a submitter of a large message hears."""
    config = load_config(str(queue.parent))
    log = MailLog(NullSink(), "postfix", "mail", SystemClock())
    store = StoreLink(str(queue / "store"), log)
    intake = make_intake(config, log, PoolWaiter(), store, SerialSource(store))
    server = SubmitServer(SubmitView(config, intake), log)
    path = str(queue / "submit")
    async with await asyncio.start_unix_server(server.serve, path):
        reader, writer = await asyncio.open_unix_connection(path)
        envelope = submission.pack_envelope([("recipient", "a@b.test")])
        writer.write(submission.pack_frame(submission.ENVELOPE, envelope))
        for piece in PIECES:
            writer.write(submission.pack_frame(submission.CONTENT, piece))
            await writer.drain()
        writer.write(submission.pack_frame(submission.END, b""))
        frames = submission.FrameReader()
        frames.receive(await reader.read())
        writer.close()
    kinds = {}
    while (frame := frames.next_frame()) is not None:
        kinds[frame[0]] = frame[1]
    return submission.unpack_reply(kinds[submission.REPLY])[0]


def test_a_submission_that_gets_no_queue_id_is_heard_to_its_end(place: Path) -> None:
    """A queue that takes no mail is no reason to accept any: the submitter keeps it, and nothing of it stays."""
    queue = place / "queue"
    (queue / "maildrop").mkdir(parents=True)
    (place / "main.cf").write_text(f"queue_directory = {queue}\nmyhostname = mail.test\n")
    assert asyncio.run(submit(queue)) == EX_TEMPFAIL
    assert list((queue / "maildrop").iterdir()) == []
