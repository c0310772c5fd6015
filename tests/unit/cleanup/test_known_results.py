"""Results that are used again: only while every table is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.outcome import Accepted
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.submission import build_origin
from pyfixcli.config.load import load_config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Origin
from pyfixcli.maps.lmdb_table import open_file, put
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.rewrite import Rewriter
from tests.unit.test_cleanup import Sink, items

MESSAGE = b"From: old@o.test\nTo: x@a.test\n\nbody\n"


class Pipeline:
    """One pipeline for several messages."""

    def __init__(self, place: Path, settings: str) -> None:
        (place / "main.cf").write_text(
            f"compatibility_level=3.6\nmyhostname=mail.example.test\n{settings}"
        )
        config = load_config(str(place))
        self.log = Sink()
        log = MailLog(self.log, "postfix", "mail", SystemClock())
        self._cleanup = Cleanup(config, Rewriter(config), log, BlockingWaiter())

    def run(self) -> tuple[str, list[bytes]]:
        """The sender in the envelope, and the From: lines, of the same message once more."""
        origin = build_origin(items("old@o.test", "x@a.test"), 0, 1795493378.0, print)
        assert isinstance(origin, Origin)
        sink = Sink()
        message = self._cleanup.begin(origin, "2BFB71051", sink)
        drive(message.feed(MESSAGE))
        outcome = drive(message.finish())
        assert isinstance(outcome, Accepted)
        shown = [line for line in sink.data.splitlines() if line.startswith(b"From:")]
        return outcome.envelope.sender, shown


def entry(path: Path, key: str, value: str) -> None:
    """Put an entry into a table that this process has not opened: LMDB must not open a file twice."""
    with (
        open_file(str(path), readonly=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        put(transaction, key.encode() + b"\0", value.encode() + b"\0", str(path))


@pytest.mark.parametrize("kind", ["lmdb", "hash"])
def test_a_changed_table_is_asked_again(place: Path, kind: str) -> None:
    """By the next message, with the same addresses in envelope and header."""
    table = place / "t.lmdb"
    entry(table, "old@o.test", "one@n.test")
    pipeline = Pipeline(place, f"canonical_maps = {kind}:{place}/t\n")
    expected = ("one@n.test", [b"From: one@n.test"])
    assert [pipeline.run() for _ in range(3)] == [expected] * 3
    new = place / "new.lmdb"
    entry(new, "old@o.test", "two@n.test")
    new.rename(table)
    for _ in range(10_000):  # until somebody has looked whether it was replaced
        if pipeline.run() != expected:
            break
    assert pipeline.run() == ("two@n.test", [b"From: two@n.test"])


def test_a_domain_that_becomes_local_counts_too(place: Path) -> None:
    """Users of local domains are looked up without it."""
    own = place / "own.lmdb"
    entry(own, "other.test", "x")
    settings = f"canonical_maps = inline:{{old=new@n.test}}\nmydestination = lmdb:{place}/own\n"
    pipeline = Pipeline(place, settings)
    expected = ("old@o.test", [b"From: old@o.test"])
    assert [pipeline.run() for _ in range(3)] == [expected] * 3
    new = place / "new.lmdb"
    entry(new, "o.test", "x")
    new.rename(own)
    for _ in range(10_000):
        if pipeline.run() != expected:
            break
    assert pipeline.run() == ("new@n.test", [b"From: new@n.test"])


def test_each_message_is_warned_about(place: Path) -> None:
    """A table that names several addresses says so each time, not only the first."""
    pipeline = Pipeline(place, "canonical_maps = inline:{{old@o.test=a@n.test,b@n.test}}\n")
    counts = []
    for _ in range(3):
        assert pipeline.run() == ("a@n.test", [b"From: a@n.test"])
        counts.append(pipeline.log.data.count(b"multi-valued"))
    assert counts == [counts[0] * n for n in (1, 2, 3)] and counts[0] >= 2


def test_a_table_that_cannot_tell_is_asked_each_time(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment, for one."""
    pipeline = Pipeline(place, "canonical_maps = environ:all\n")
    monkeypatch.setenv("old@o.test", "one@n.test")
    assert pipeline.run()[0] == "one@n.test"
    monkeypatch.setenv("old@o.test", "two@n.test")
    assert pipeline.run() == ("two@n.test", [b"From: two@n.test"])
