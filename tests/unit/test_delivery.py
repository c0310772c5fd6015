"""Delivery to mbox and Maildir; rights."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.base.locking import LockPolicy
from pyfixcli.base.privilege import Rights, RightsRefused, acting_as
from pyfixcli.delivery.agent import BytesContent
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message, quote_from_lines
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.delivery import Status

NOW = 1795493378.0


def mailbox(path: Path, **changes: object) -> Mailbox:
    """A mailbox of the user who runs the tests."""
    locks = LockPolicy(("fcntl", "dotlock"), 1, 0.0, 500.0, sleep=lambda seconds: None)
    values = {
        "path": str(path),
        "user": "me",
        "rights": Rights(os.geteuid(), os.getegid()),
        "in_spool": False,
        "size_limit": 0,
        "locks": locks,
        "strict_owner": True,
        "may_be_root": os.geteuid() == 0,
    }
    return Mailbox(**{**values, **changes})  # type: ignore[arg-type]


PREPENDED = Prepended("s@else.test", "alice", "alice@mail.example.test")


def test_format(place: Path) -> None:
    """From_ line, prepended headers, quoted From lines, an empty line at the end."""
    content = BytesContent(b"Subject: x\n\nFrom one\n>From two\nend\n")
    outcome = append_message(mailbox(place / "box"), PREPENDED, content, NOW)
    assert outcome.text == "delivered to mailbox"
    lines = (place / "box").read_bytes().split(b"\n")
    assert lines[0].startswith(b"From s@else.test  ")
    assert lines[1:4] == [
        b"Return-Path: <s@else.test>",
        b"X-Original-To: alice",
        b"Delivered-To: alice@mail.example.test",
    ]
    assert lines[-6:] == [b"", b">From one", b">From two", b"end", b"", b""]


def test_from_lines_across_pieces() -> None:
    """Only at the start of a line."""
    assert quote_from_lines(b"From x", True) == b">From x"
    assert quote_from_lines(b"From x", False) == b"From x"


def test_s14_a_symbolic_link_is_never_followed(place: Path) -> None:
    """The target stays untouched."""
    (place / "target").write_text("")
    (place / "box").symlink_to(place / "target")
    outcome = append_message(mailbox(place / "box"), PREPENDED, BytesContent(b"x\n"), NOW)
    assert outcome.status is Status.BOUNCED
    assert (place / "target").read_text() == ""


def test_s14_a_hard_link_is_refused(place: Path) -> None:
    """With the reference's words."""
    (place / "box").write_text("")
    os.link(place / "box", place / "other")
    outcome = append_message(mailbox(place / "box"), PREPENDED, BytesContent(b"x\n"), NOW)
    assert outcome.text.endswith("file has 2 hard links")


def test_a_full_mailbox_keeps_its_length(place: Path) -> None:
    """mailbox_size_limit bounces with 5.2.2, and nothing partial stays."""
    (place / "box").write_text("old\n")
    box = mailbox(place / "box", size_limit=100)
    outcome = append_message(box, PREPENDED, BytesContent(b"x" * 200 + b"\n"), NOW)
    assert (outcome.status, outcome.dsn) == (Status.BOUNCED, "5.2.2")
    assert (place / "box").read_text() == "old\n"


def test_a_locked_mailbox_defers(place: Path) -> None:
    """Somebody else's dotlock is respected."""
    (place / "box.lock").write_text("")
    outcome = append_message(mailbox(place / "box"), PREPENDED, BytesContent(b"x\n"), NOW)
    assert (outcome.status, outcome.dsn) == (Status.DEFERRED, "4.2.0")
    assert (place / "box.lock").exists()


def test_maildir_is_made_and_used(place: Path) -> None:
    """tmp is empty afterwards, new has the message."""
    rights = Rights(os.geteuid(), os.getegid())
    warnings: list[str] = []
    outcome = drive(
        deliver_maildir(
            f"{place}/Maildir/",
            rights,
            PREPENDED,
            BytesContent(b"x\n"),
            "host",
            warnings.append,
            os.geteuid() == 0,
        )
    )
    assert outcome.text == "delivered to maildir"
    assert os.listdir(place / "Maildir" / "tmp") == []
    assert len(os.listdir(place / "Maildir" / "new")) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_s40_rights_are_taken_and_given_back() -> None:
    """Inside the block we are the recipient, outside root; uid 0 is refused."""
    with acting_as(Rights(65534, 65534)):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (65534, 65534, [])
    assert os.geteuid() == 0
    with pytest.raises(RightsRefused), acting_as(Rights(0, 0)):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")
def test_s40_another_user_is_refused_without_privilege() -> None:
    """An instance of an ordinary user delivers to that user only."""
    with pytest.raises(RightsRefused), acting_as(Rights(os.geteuid() + 1, 1)):
        pass
