"""Mail for nobody in particular: somebody stands for the null address (empty_address_recipient).

The expected recipients are those of Postfix 3.7.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.cleanup.outcome import Accepted, Refused
from pyfixcli.mail.recipient import NOTIFY_NEVER, NOTIFY_SUCCESS
from tests.unit.test_cleanup import clean, items

SETTINGS = """myorigin=o.test
recipient_delimiter=+
empty_address_recipient=nobody+x
propagate_unmatched_extensions=canonical,virtual
canonical_maps=inline:{{nobody@o.test=can@c.test}}
virtual_alias_maps=inline:{{can+x@c.test=v@v.test,w@v.test}}
recipient_bcc_maps=inline:{{v@v.test=bcc1@b.test},{can+x@c.test=bcc2@b.test}}
"""
PLAIN = "myorigin=o.test\n"
EXTRACT = [("sender", "s@x.test"), ("extract", "1")]
NOTIFY = ("notify", str(NOTIFY_SUCCESS))


def recipients(
    place: Path, text: bytes, given: list[tuple[str, str]], settings: str = PLAIN
) -> list[tuple[str, str, int]]:
    """(address, original, NOTIFY) of those who get a message."""
    _, outcome = clean(place, text, given, settings)
    assert isinstance(outcome, Accepted)
    return [(r.address, r.original, r.notify) for r in outcome.envelope.recipients]


@pytest.mark.parametrize("argument", ["", "<>", "x <>", " ", ",", "(c)", "g:;", "<(c)>"])
def test_an_argument_without_an_address(place: Path, argument: str) -> None:
    """It means the null address; no success of that is reported."""
    found = recipients(place, b"\n", [*items("s@x.test", argument), NOTIFY])
    assert found == [("MAILER-DAEMON@o.test", "", 0)]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ('""', [("MAILER-DAEMON@o.test", "", NOTIFY_SUCCESS)]),
        ("x, <>", [("x@o.test", "x", NOTIFY_SUCCESS)]),
        ("<<>>", [(">@o.test", ">", NOTIFY_SUCCESS)]),
    ],
)
def test_an_argument_with_one(
    place: Path, argument: str, expected: list[tuple[str, str, int]]
) -> None:
    """A pair of quotes is an address; angle brackets beside another are nothing."""
    assert recipients(place, b"\n", [*items("s@x.test", argument), NOTIFY]) == expected


def test_in_a_header(place: Path) -> None:
    """The same for sendmail -t."""
    found = recipients(place, b'To: "", <>, "" x\n\n', [*EXTRACT, NOTIFY])
    assert found == [
        ("MAILER-DAEMON@o.test", "", NOTIFY_SUCCESS),
        ("x@o.test", "x", NOTIFY_SUCCESS),
    ]


@pytest.mark.parametrize("header", [b"To: <>", b"To: (c)", b"Resent-To: <>\nTo: x"])
def test_nobody_in_a_header(place: Path, header: bytes) -> None:
    """Without any address sendmail -t has no recipient."""
    _, outcome = clean(place, header + b"\n\n", EXTRACT, PLAIN)
    assert isinstance(outcome, Refused)


def test_who_stands_for_it_is_mapped(place: Path) -> None:
    """As if it had been given; it is not said that it was not."""
    found = recipients(place, b"\n", items("s@x.test", ""), SETTINGS)
    assert found == [("v@v.test", "", 0), ("w@v.test", "", 0), ("bcc2@b.test", "", NOTIFY_NEVER)]
