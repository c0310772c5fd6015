"""The wording of one recipient in a notice; expected texts are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.bounce.report import ReportedRecipient, describe, recipient_fields
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.folding import wrap

CONFIG = Config(
    "/nowhere",
    {
        "myhostname": "mail.example.test",
        "myorigin": "mail.example.test",
        "mail_name": "Postfix",
    },
)


def make_recipient(**fields: str) -> ReportedRecipient:
    given = {
        "address": "gone@away.test",
        "original": "",
        "orcpt": "",
        "action": "failed",
        "dsn": "5.1.1",
        "text": "no",
    }
    return ReportedRecipient(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "<a@r.test>: host 127.0.0.2[127.0.0.2] said: 554 5.6.0 content refused (in reply\n"
        "    to end of DATA command)",
        "<busy@away.test> (expanded from <list@example.test>): host 127.0.0.2[127.0.0.2]\n"
        "    said: 553 5.1.3 busy no more (in reply to RCPT TO command)",
        "<x@e3.test>: aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee ffffffffff\n"
        f"    {'g' * 120}\n"
        "    hhhhhhhhh iiiiiiiii jjjjjjjjj kkkkkkkkk lllllllll mmmmmmmmm nnnnnnnnn\n"
        "    ooooooooo pppppppp qqqqqqqqqq rr",
    ],
)
def test_lines_are_folded_where_the_reference_folds_them(text: str) -> None:
    """At most 79 characters; a long word stays whole."""
    assert wrap(text.replace("\n    ", " "), "    ") == text


def test_blanks_at_a_fold_go_and_others_stay() -> None:
    """Seen in the reference with error: texts of several blanks."""
    assert wrap("a  b" + "   " + "c" * 78, "    ") == "a  b\n    " + "c" * 78


def test_the_expanded_address_is_shown() -> None:
    """``expanded from`` is there when the address was another one."""
    recipient = make_recipient(address="nosuch@mail.example.test", original="nosuch")
    assert describe(recipient, 'unknown user: "nosuch"') == (
        '<nosuch@mail.example.test> (expanded from <nosuch>): unknown user: "nosuch"\n'
    )


@pytest.mark.parametrize(("last", "fits"), [("a", True), ("ab", False)])
def test_lines_are_as_long_in_octets(last: str, fits: bool) -> None:
    """A letter of two octets counts twice."""
    words = "\xe9" * 10
    recipient = make_recipient(address=f"{words} {words} {words}{last} \xe9@x..test")
    first, second, _ = describe(recipient, "bad address syntax").split("\n")
    assert first == f'<"{words} {words} {words}{last}' + ' \xe9"@x..test>:' * fits
    assert second.endswith("bad address syntax")


def test_blanks_that_end_an_original_go() -> None:
    """Those within quotes stay."""
    recipient = make_recipient(address="a@x.test", original="a@x.test  ")
    assert describe(recipient, "no") == "<a@x.test> (expanded from <a@x.test>): no\n"
    recipient = make_recipient(address="a @x.test", original="a ")
    assert describe(recipient, "no") == '<"a "@x.test> (expanded from <"a ">): no\n'


def test_remote_reply_is_the_diagnostic() -> None:
    """Fields of a recipient that a server refused."""
    recipient = make_recipient(
        orcpt="rfc822;Orig@x@Elsewhere.test",
        remote_mta="127.0.0.2",
        diagnostic_type="smtp",
        diagnostic="550 5.1.1 <gone@away.test>: no such user",
    )
    assert recipient_fields(CONFIG, recipient, recipient.text) == (
        "\nFinal-Recipient: rfc822; gone@away.test\n"
        "Original-Recipient: rfc822;Orig@x@Elsewhere.test\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        "Remote-MTA: dns; 127.0.0.2\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <gone@away.test>: no such user\n"
    )


def test_own_reasons_carry_the_name_of_the_mail_system() -> None:
    """mail_name is in the type; blanks in it become hyphens."""
    config = CONFIG.with_overrides((("mail_name", "Foo Bar"),))
    recipient = make_recipient(address="nosuch2@mail.example.test", original="multi")
    assert recipient_fields(config, recipient, 'unknown user: "nosuch2"') == (
        "\nFinal-Recipient: rfc822; nosuch2@mail.example.test\n"
        "Original-Recipient: rfc822;multi@mail.example.test\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        'Diagnostic-Code: X-Foo-Bar; unknown user: "nosuch2"\n'
    )


def test_final_recipient_is_quoted_and_the_original_is_not() -> None:
    """As the reference writes ``"a b"@e1.test``."""
    fields = recipient_fields(CONFIG, make_recipient(address="a b@e1.test"), "x").split("\n")
    assert fields[1:3] == [
        'Final-Recipient: rfc822; "a b"@e1.test',
        "Original-Recipient: rfc822;a b@e1.test",
    ]


def test_internationalised_addresses_have_their_own_type() -> None:
    """RFC 6533 section 3."""
    fields = recipient_fields(CONFIG, make_recipient(address="jö@example.test"), "x")
    assert fields.startswith("\nFinal-Recipient: utf-8; jö@example.test\n")


def test_octets_that_are_not_utf8_make_no_such_type() -> None:
    """They are shown as question marks."""
    fields = recipient_fields(CONFIG, make_recipient(address="j\udcf6@example.test"), "x")
    assert fields.startswith("\nFinal-Recipient: rfc822; j?@example.test\n")


def test_s10_a_reason_cannot_add_fields() -> None:
    """Line breaks in texts of peers and programs become question marks."""
    recipient = make_recipient(
        diagnostic="550 no\r\nX-Evil: 1", diagnostic_type="smtp", remote_mta="a\nStatus: 2.0.0"
    )
    fields = recipient_fields(CONFIG, recipient, "x\n\n--boundary")
    assert [line.partition(":")[0] for line in fields.split("\n") if line] == [
        "Final-Recipient",
        "Original-Recipient",
        "Action",
        "Status",
        "Remote-MTA",
        "Diagnostic-Code",
    ]
