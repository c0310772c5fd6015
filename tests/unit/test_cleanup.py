"""The cleanup pipeline: headers, envelope, size. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.input_lines import InputLines
from pyfixcli.cleanup.outcome import Accepted, Outcome, Refused
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.submission import build_origin
from pyfixcli.config.load import load_config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import FLAG_SMTPUTF8
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.rewrite import Rewriter


class Sink:
    """Collects what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        """Take octets."""
        self.data += data


def clean(
    place: Path, text: bytes, items: list[tuple[str, str]], settings: str = "", piece: int = 0
) -> tuple[bytes, Outcome]:
    """Run a submission through the pipeline, whole or in pieces."""
    (place / "main.cf").write_text(
        f"compatibility_level=3.6\nmyhostname=mail.example.test\nmail_name=Postfix\n{settings}"
    )
    config = load_config(str(place))
    log = MailLog(Sink(), "postfix", "mail", SystemClock())
    cleanup = Cleanup(config, Rewriter(config), log, BlockingWaiter())
    origin = build_origin(items, 0, 1795493378.0, lambda service, text: None)
    assert not isinstance(origin, Refused)
    sink, lines = Sink(), InputLines()
    message = cleanup.begin(origin, "2BFB71051", sink)

    async def go() -> Outcome:
        for start in range(0, len(text), piece or max(1, len(text))):
            await message.feed(lines.feed(text[start : start + (piece or len(text))]))
        await message.feed(lines.finish())
        return await message.finish()

    outcome = drive(go())
    return sink.data, outcome


def items(sender: str, *recipients: str) -> list[tuple[str, str]]:
    """An envelope."""
    named = [("recipient", recipient) for recipient in recipients or ("alice",)]
    return [("sender", sender), ("full_name", "root"), *named]


def test_sizes_of_lines_about_the_limit(place: Path) -> None:
    """A line of the body that fills its last record costs one more, of two octets; one of the header does not."""
    sizes = {}
    for start in (b"", b"S: x\n\n"):
        for length in (599, 600, 601, 1199, 1200, 1201):
            text = start + b"H: " + b"x" * (length - 3) + b"\n\nend\n"
            _, outcome = clean(place, text, items("a@x.test"), "line_length_limit=600\n")
            assert isinstance(outcome, Accepted)
            sizes[bool(start), length] = outcome.envelope.size
    for length in (600, 1200):
        steps = [sizes[True, n] - sizes[True, n - 1] for n in (length, length + 1)]
        assert steps == [3, 1]
        steps = [sizes[False, n] - sizes[False, n - 1] for n in (length, length + 1)]
        assert steps == [1, 3]


@pytest.mark.parametrize(
    ("text", "sender", "size"),
    [
        (b"", "thirteen@else.test", 247),
        (b"\n", "fourteen@else.test", 249),
        (b"Subject: 11 header only\n", "m11@else.test", 267),
        (b"Subject: 12 header and empty line\n\n", "m12@else.test", 279),
        (b"Subject: 09 no newline at the end\n\nlast", "m09@else.test", 287),
        (
            b"Subject: 17 header then text\nnot a header line\nX-Later: too late\n\nbody\n",
            "m15@else.test",
            320,
        ),
    ],
)
def test_sizes_are_those_of_the_reference(place: Path, text: bytes, sender: str, size: int) -> None:
    """The log's size= for messages of the comparison scenarios."""
    _, outcome = clean(place, text, items(sender))
    assert isinstance(outcome, Accepted) and outcome.envelope.size == size


def test_headers_are_completed_in_order(place: Path) -> None:
    """Message-Id, Date and From are appended to the header."""
    data, _ = clean(place, b"X-One: 1\n\nbody\n", items("root"))
    names = [line.partition(b":")[0] for line in data.partition(b"\n\n")[0].split(b"\n")]
    assert [n for n in names if not n.startswith(b"\t")] == [
        b"Received",
        b"X-One",
        b"Message-Id",
        b"Date",
        b"From",
    ]


def test_any_cutting_of_the_input_gives_the_same_message(place: Path) -> None:
    """Whole, or one octet at a time."""
    text = b"To: a,\n b\nSubject: x\r\n\r\nbody\rline\r\n.\n"
    whole, _ = clean(place, text, items("root"))
    pieces, _ = clean(place, text, items("root"), piece=1)
    assert whole == pieces


def test_recipients_come_from_the_header(place: Path) -> None:
    """sendmail -t takes To, Cc and Bcc, and Bcc does not go out."""
    text = b"To: Alice <alice@example.test>, bob\nBcc: carol\n\nx\n"
    data, outcome = clean(place, text, [("sender", "root"), ("extract", "1")])
    assert isinstance(outcome, Accepted)
    found = [recipient.address for recipient in outcome.envelope.recipients]
    assert found == ["alice@example.test", "bob@mail.example.test", "carol@mail.example.test"]
    assert b"carol" not in data


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Resent-Date: x\nResent-From: y\n", ["a@far.test"]),
        (b"Resent-Cc: b@far.test\n", ["b@far.test"]),
        (b"Resent-To:\nResent-Bcc: c@far.test\n", ["c@far.test"]),
        (b"Resent-To:\n", []),
    ],
)
def test_resent_recipients(place: Path, header: bytes, expected: list[str]) -> None:
    """A header with resent recipients counts alone, even an empty one; other Resent- headers do not matter."""
    text = b"To: a@far.test\n" + header + b"\nx\n"
    _, outcome = clean(place, text, [("sender", "root"), ("extract", "1")])
    envelope = outcome.envelope.recipients if isinstance(outcome, Accepted) else ()
    assert [recipient.address for recipient in envelope] == expected


def test_no_recipient_is_refused(place: Path) -> None:
    """With the words that sendmail prints."""
    _, outcome = clean(place, b"Subject: x\n\n", [("sender", "root"), ("extract", "1")])
    assert isinstance(outcome, Refused)
    assert outcome.text == "No recipient addresses found in message header"


def test_message_size_limit(place: Path) -> None:
    """A larger message is refused."""
    _, outcome = clean(place, b"\n" + b"x" * 2000, items("root"), "message_size_limit=1000\n")
    assert isinstance(outcome, Refused) and outcome.text == "message file too big"


def test_s10_a_newline_in_an_envelope_item_is_refused() -> None:
    """Where it is packed and where it is read."""
    from pyfixcli.mail import submission

    for bad in ("a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError):
            submission.pack_envelope([("sender", bad)])
    with pytest.raises(ValueError):
        submission.unpack_envelope(b"sender=a\nRCPT\0")
    with pytest.raises(ValueError):
        submission.unpack_envelope(b"unknown=x\0")


def test_s19_a_header_line_without_end_is_bounded(place: Path) -> None:
    """Twenty megabytes of one header line keep at most header_size_limit octets."""
    data, _ = clean(place, b"Subject: " + b"x" * 20_000_000 + b"\n\nb\n", items("root"))
    assert len(data) < 104_000


@pytest.mark.parametrize(
    ("text", "encoding", "needs_utf8"),
    [
        (b"Content-Transfer-Encoding: 8bit\n\nx\n", "8bit", False),
        (b"content-transfer-encoding : BINARY\n\nx\n", "8bit", False),
        (b"Content-Transfer-Encoding: quoted-printable\n\nx\n", "7bit", False),
        (b"Subject: caf\xc3\xa9\n\nx\n", "7bit", True),
        (b"Subject: caf\xe9\n\nx\n", "7bit", True),
        (b"Subject: x\n\ncaf\xc3\xa9\n", "7bit", False),
    ],
)
def test_what_other_servers_must_offer(
    place: Path, text: bytes, encoding: str, needs_utf8: bool
) -> None:
    """The header's word counts more than -B; 8-bit headers from sendmail need SMTPUTF8."""
    _, outcome = clean(place, text, [*items("a@b.test"), ("encoding", "7bit")])
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.encoding == encoding
    assert bool(outcome.envelope.flags & FLAG_SMTPUTF8) is needs_utf8


def test_eight_bit_headers_may_pass(place: Path) -> None:
    """smtputf8_autodetect_classes without sendmail."""
    settings = "smtputf8_autodetect_classes = verify\n"
    _, outcome = clean(place, b"Subject: caf\xc3\xa9\n\nx\n", items("a@b.test"), settings)
    assert isinstance(outcome, Accepted) and not outcome.envelope.flags & FLAG_SMTPUTF8
