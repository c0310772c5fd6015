"""How much of a large body is read for a milter that wants none of it, or no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.milter_inspection import Inspection
from pyfixcli.cleanup.outcome import Accepted
from pyfixcli.config.load import load_config
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.context import make_intake
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.milter_network import MilterNetwork
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.mail.envelope import Envelope, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.milter.session import MilterRules, Peer
from pyfixcli.milter.settings import read_milters
from pyfixcli.protocol.milter import Step
from pyfixcli.queue.content import ContentWriter
from tests.support.scripted_milter import Packets, ScriptedMilter

SIZE = 3_000_000
HEAD = 300_000  # what reading the header may take, and one piece for the milter


class CountedContent(ContentWriter):
    """Content that counts the octets that are read of it."""

    read = 0

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the start."""
        for piece in super().pieces():
            self.read += len(piece)
            yield piece


async def inspect(config: Config, place: Path) -> CountedContent:
    """A message without SMTP is shown to the milters of main.cf."""
    log = MailLog(NullSink(), "postfix", "mail", SystemClock())
    store = StoreLink(str(place / "store"), log)
    intake = make_intake(config, log, PoolWaiter(), store, SerialSource(store))
    recipients = (Recipient("a@b.test"),)
    origin = Origin(service="pickup", sender="", recipients=recipients, arrival_time=1.0)
    rules = MilterRules(config, MilterNetwork(str(place)))
    peer = Peer("localhost", "127.0.0.1", "0")
    session = rules.begin(read_milters(config, config.non_smtpd_milters), peer, print)
    content = CountedContent(str(place), "ABCDE1000", 1000)
    content.write(b"Subject: x\n\n" + b"body\n" * (SIZE // 5))
    inspection = Inspection(intake.cleanup, origin, session, content, lambda: content)
    envelope = Envelope(
        queue_id="ABCDE1000", sender="", recipients=recipients, arrival_time=1.0, size=SIZE
    )
    assert isinstance(await inspection.run(Accepted(envelope, (), "")), Accepted)
    session.close()
    content.discard()
    return content


@pytest.mark.parametrize(
    ("steps", "rules"),
    [
        (Step.NO_BODY, {}),
        (Step(0), {"C": [("a", b"")]}),
        (Step(0), {"M": [("a", b"")]}),
        (Step.MAY_SKIP, {"B": [("s", b"")]}),
        (Step(0), {"B": [("a", b"")]}),
    ],
)
def test_a_body_that_nobody_wants_is_not_read(
    place: Path, steps: Step, rules: dict[str, Packets]
) -> None:
    """Others would wait for it."""
    milter = ScriptedMilter(rules, steps=int(steps))
    (place / "main.cf").write_text(
        f"queue_directory = {place}\nmyhostname = mail.test\n"
        f"non_smtpd_milters = inet:127.0.0.1:{milter.port}\n"
    )
    config = load_config(str(place))
    content = asyncio.run(inspect(config, place))
    milter.close()
    assert content.read < HEAD
