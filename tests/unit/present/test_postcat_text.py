"""postcat's dump: records, types and offsets as the reference's queue files have them.

The expected text is that of Postfix 3.7 for the same message, but for the times.
"""

from __future__ import annotations

from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import DONE, NOTIFY_NEVER, Recipient
from pyfixcli.present.postcat_text import (
    Message,
    Options,
    Record,
    envelope_records,
    extracted_records,
    format_time,
    maildrop_records,
    print_message,
    split_content,
)
from pyfixcli.queue.schema import StoredMessage

NOW = 1795573042
CONTENT = (
    b"Received: by mail.example.test (Postfix, from userid 0)\n"
    b"\tid 123450001; Wed, 25 Nov 2026 02:17:22 +0000 (UTC)\n"
    b"Subject: x\n"
    b"\nx\ny\n"
)


def message() -> Message:
    """What sendmail -N never -V env3 -R hdrs -B 8BITMIME left in the queue."""
    recipients = (
        Recipient("r@remote.test", "", NOTIFY_NEVER),
        Recipient("r2@remote.test", "", NOTIFY_NEVER),
    )
    envelope = Envelope(
        queue_id="123450001",
        sender="s1@x.test",
        recipients=recipients,
        arrival_time=NOW + 0.25,
        size=258,
        full_name="root",
        encoding="8bit",
        ret="HDRS",
        envid="env3",
    )
    stored = StoredMessage("d", 0.0, 1, 0.0, 2, envelope)
    records = envelope_records(stored, recipients)
    return Message("deferred/1/123450001", records, [CONTENT], extracted_records("8bit"))


def test_redirected_mail_names_all_recipients() -> None:
    """None of them is done alone; where the mail goes comes after the content."""
    others = (Recipient("a@x.test"), Recipient("b@x.test", status=DONE))
    envelope = Envelope(
        queue_id="1", sender="s@x.test", recipients=others, arrival_time=NOW, size=1, redirect="z@x"
    )
    records = envelope_records(StoredMessage("d", 0.0, 1, 0.0, 1, envelope), others)
    assert [record.text for record in records if record.label == "recipient"] == [
        "a@x.test",
        "b@x.test",
    ]
    assert extracted_records("", "z@x") == [Record(">", "redirect_to", "z@x")]


def dump(**options: object) -> list[str]:
    """The lines of a dump."""
    text = b"".join(print_message(message(), Options(**options)))  # type: ignore[arg-type]
    return text.decode().split("\n")[:-1]


ENVELOPE = [
    "message_size:             258             395               2               2             258               0",
    f"message_arrival_time: {format_time(NOW)}",
    f"create_time: {format_time(NOW)}",
    "named_attribute: envelope_id=env3",
    "named_attribute: ret_flags=2",
    "named_attribute: rewrite_context=local",
    "sender_fullname: root",
    "sender: s1@x.test",
    "named_attribute: encoding=8bit",
    "named_attribute: notify_flags=1",
    "named_attribute: dsn_orig_rcpt=rfc822;r@remote.test",
    "original_recipient: r@remote.test",
    "recipient: r@remote.test",
    "named_attribute: notify_flags=1",
    "named_attribute: dsn_orig_rcpt=rfc822;r2@remote.test",
    "original_recipient: r2@remote.test",
    "recipient: r2@remote.test",
]


def test_the_whole_message() -> None:
    """Envelope, content, what came out of the header."""
    content = CONTENT.decode().split("\n")[:-1]
    assert dump() == [
        "*** ENVELOPE RECORDS deferred/1/123450001 ***",
        *ENVELOPE,
        "*** MESSAGE CONTENTS deferred/1/123450001 ***",
        *content,
        "*** HEADER EXTRACTED deferred/1/123450001 ***",
        "named_attribute: encoding=8bit",
        "*** MESSAGE FILE END deferred/1/123450001 ***",
    ]


def test_offsets_are_those_of_a_queue_file() -> None:
    """postcat -oe."""
    lines = dump(shown=frozenset("e"), offsets=True)
    offsets = [int(line[:9]) for line in lines[1:]]
    assert offsets[:18] == [
        0, 97, 116, 140, 158, 171, 194, 200, 211, 226, 242, 278, 293, 308, 324, 361, 377, 393,
    ]  # fmt: skip
    assert lines[18] == "      393 *** MESSAGE CONTENTS deferred/1/123450001 ***"


def test_types_in_decimal() -> None:
    """postcat -d."""
    lines = dump(decimal_types=True)
    kinds = [line[:3].strip() for line in lines[1:]]
    envelope = ["67", "84", "65", "65", "65", "65", "70", "83", "65"]
    recipient = ["65", "65", "79", "82"]
    assert kinds == [*envelope, *recipient, *recipient, "77", *["78"] * 6, "88", "65", "69"]


def test_the_content_alone_is_as_it_was() -> None:
    """postcat -bh has no lines of its own."""
    assert "\n".join(dump(shown=frozenset("bh"))) + "\n" == CONTENT.decode()


def test_verbose_names_the_content() -> None:
    """postcat -v."""
    assert "regular_text: Subject: x" in dump(verbose=True)
    assert "regular_text: " in dump(verbose=True)


def test_header_and_body_share_the_empty_line_with_the_body() -> None:
    """In whatever pieces the content comes; a body may come first."""
    pieces = [CONTENT[n : n + 1] for n in range(len(CONTENT))]
    assert b"".join(split_content(pieces, False, True)) == b"\nx\ny\n"
    assert b"".join(split_content(pieces, True, False)) == CONTENT.partition(b"\n\n")[0] + b"\n"
    assert b"".join(split_content([b"\nonly"], True, False)) == b""
    assert b"".join(split_content([b"\nonly"], False, True)) == b"\nonly"


def test_a_message_in_maildrop_has_fewer_records() -> None:
    """No sizes, and no original recipients: cleanup makes these."""
    items = [("sender", "s6@x.test"), ("full_name", "name"), ("envid", "envi"), ("ret", "HDRS")]
    texts = [f"{record.label}: {record.text}" for record in maildrop_records(items, NOW)]
    assert texts == [
        f"message_arrival_time: {format_time(NOW)}",
        "named_attribute: envelope_id=envi",
        "named_attribute: ret_flags=2",
        "named_attribute: rewrite_context=local",
        "sender_fullname: name",
        "sender: s6@x.test",
    ]
