"""A message that cannot be written to its end: nothing of it stays, no file and no descriptor."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.config.load import load_config
from pyfixcli.daemon.context import make_intake
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.recipient import Recipient

LIMIT = 1000  # octets that a message may have outside of a file
PIECES = 16  # that are gathered before the next write
LARGE = b"x" * 70 + b"\n"


async def receive(queue: Path, pieces: int) -> list[int]:
    """How many descriptors were open before and after a message whose last line found no room."""
    config = load_config(str(queue.parent))
    log = MailLog(NullSink(), "postfix", "mail", SystemClock())
    store = StoreLink(str(queue / "store"), log)
    intake = make_intake(config, log, PoolWaiter(), store, SerialSource(store))
    origin = Origin(
        service="pickup", sender="", recipients=(Recipient("a@b.test"),), arrival_time=1.0
    )
    gc.collect()  # what other tests left open ends now, not in between
    counts = [len(os.listdir("/proc/self/fd"))]
    incoming = intake.begin(origin, "ABCDE1000")
    await incoming.feed(b"Subject: x\n\n" + LARGE * 50)
    for _ in range(pieces):
        await incoming.feed(LARGE)
    await incoming.feed(b"the last line has no end")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            await incoming.prepare()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    counts.append(len(os.listdir("/proc/self/fd")))
    return counts


@pytest.mark.parametrize("pieces", range(PIECES))
def test_the_end_of_a_message_finds_no_room(place: Path, pieces: int) -> None:
    """As on a full disk, at any of the writes that the end of the content leads to."""
    queue = place / "queue"
    (queue / "content").mkdir(parents=True)
    (place / "main.cf").write_text(
        f"queue_directory = {queue}\nqueue_content_limit = {LIMIT}\nmyhostname = mail.test\n"
    )
    before, after = asyncio.run(receive(queue, pieces))
    assert after == before
    assert os.listdir(queue / "content") == []
