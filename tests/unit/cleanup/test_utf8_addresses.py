"""Addresses in UTF-8 (RFC 6531, RFC 6533). The expected values are those of Postfix 3.7."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.cleanup.outcome import Accepted
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_UTF8_HEADER, Envelope
from pyfixcli.mail.recipient import NOTIFY_NEVER
from tests.unit.test_cleanup import clean, items

SETTINGS = """canonical_maps=inline:{{v@x.test=\xfc2@x.test}}
virtual_alias_maps=inline:{{z@x.test=\xfc4@x.test}}
sender_bcc_maps=inline:{{bcc@x.test=\xfc5@x.test}}
"""


def envelope(place: Path, sender: str, *recipients: str, text: bytes = b"X: 1\n\n") -> Envelope:
    """What is queued of a message by sendmail."""
    _, outcome = clean(place, text, items(sender, *recipients), SETTINGS)
    assert isinstance(outcome, Accepted)
    return outcome.envelope


@pytest.mark.parametrize(
    ("sender", "recipient", "needs"),
    [
        ("s@x.test", "a@x.test", False),
        ("s@x.test", "\xfc@x.test", True),
        ("s@x.test", "a@\xfc.test", True),
        ("\xfc@x.test", "a@x.test", True),
        ("s@x.test", "v@x.test", True),
        ("v@x.test", "a@x.test", True),
        ("bcc@x.test", "a@x.test", True),
        ("s@x.test", "z@x.test", False),
        ("s@x.test", "\udcfc@x.test", False),
    ],
)
def test_they_need_smtputf8(place: Path, sender: str, recipient: str, needs: bool) -> None:
    """Also those that tables gave, but not what an alias stands for, nor what is no UTF-8."""
    assert bool(envelope(place, sender, recipient).flags & FLAG_SMTPUTF8) == needs


def test_their_type_in_notices(place: Path) -> None:
    """One that is no UTF-8 has it, too, if the message needs SMTPUTF8 by then."""
    found = envelope(place, "bcc@x.test", "\udcfc@x.test", "\xfc@x.test", "a@x.test")
    assert [(r.orcpt, r.notify) for r in found.recipients] == [
        ("", 0),
        ("utf-8;\xfc@x.test", 0),
        ("", 0),
        ("utf-8;\xfc5@x.test", NOTIFY_NEVER),
    ]


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (b"X: 1\n\n\xc3\xbc\n", False),
        (b"X: \xc3\xbc\n\n", True),
        (
            b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            b"--b\nContent-Type: text/plain; name=\xc3\xbc\n\nx\n--b--\n",
            True,
        ),
    ],
)
def test_headers_that_need_it(place: Path, text: bytes, needs: bool) -> None:
    """Those of parts, too; this is noted apart, since everybody needs it then."""
    flags = envelope(place, "s@x.test", "a@x.test", text=text).flags
    assert flags & (FLAG_SMTPUTF8 | FLAG_UTF8_HEADER) == (
        FLAG_SMTPUTF8 | FLAG_UTF8_HEADER if needs else 0
    )
