"""Conversion of 8bit mail to quoted-printable (protocol/downgrade.py); expected texts come from the reference."""

from __future__ import annotations

import quopri
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.mail.mime import MimeRules
from pyfixcli.mail.quoted_printable import QuotedPrintable
from pyfixcli.protocol.downgrade import Downgrade

SINGLE = (
    "Subject: plain\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    "content-transfer-encoding: 8bit\nX-Last: x\n\n"
    "café = 1 trailing blank \ntab\t\n.dot\nFrom the start\n"
    "a line that is longer than seventy-six characters, with ééé in the middle of it\n"
).encode()

SINGLE_CONVERTED = (
    b"Subject: plain\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    b"X-Last: x\nContent-Transfer-Encoding: quoted-printable\n\n"
    b"caf=C3=A9 =3D 1 trailing blank=20\ntab=09\n.dot\nFrom the start\n"
    b"a line that is longer than seventy-six characters, with =C3=A9=C3=A9=C3=A9=\n"
    b" in the middle of it\n"
)

MULTI = (
    b"Subject: multi\nContent-Type: multipart/mixed; boundary=b\n"
    b"Content-Transfer-Encoding: 8bit\n\npreamble \xe9\n--b\nContent-Type: text/plain\n"
    b"Content-Transfer-Encoding: 8bit\n\npart one \xe9\n--b\nContent-Type: text/plain\n\n"
    b"seven bits only = here\n--b\nContent-Type: application/octet-stream\n"
    b"Content-Transfer-Encoding: binary\n\nbin \xff\xfe\n--b\nContent-Type: message/rfc822\n"
    b"Content-Transfer-Encoding: 8bit\n\nSubject: inner\nContent-Type: text/plain\n"
    b"Content-Transfer-Encoding: 8bit\n\ninner \xe9\n--b--\nepilogue \xe9\n"
)

MULTI_CONVERTED = (
    b"Subject: multi\nContent-Type: multipart/mixed; boundary=b\n"
    b"Content-Transfer-Encoding: 7bit\n\npreamble \xe9\n--b\nContent-Type: text/plain\n"
    b"Content-Transfer-Encoding: quoted-printable\n\npart one =E9\n--b\n"
    b"Content-Type: text/plain\n\nseven bits only = here\n--b\n"
    b"Content-Type: application/octet-stream\n"
    b"Content-Transfer-Encoding: quoted-printable\n\nbin =FF=FE\n--b\n"
    b"Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: inner\n"
    b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
    b"inner =E9\n--b--\nepilogue \xe9\n"
)


def convert(message: bytes, size: int = 10000) -> bytes:
    """The message through the converter, in pieces of this size."""
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(Downgrade(MimeRules()).convert(pieces))


@pytest.mark.parametrize("size", [1, 7, 10000])
def test_a_single_part_is_encoded(size: int) -> None:
    """The header moves to the end of its block; blanks and tabs at line ends are encoded."""
    assert convert(SINGLE, size) == SINGLE_CONVERTED


@pytest.mark.parametrize("size", [1, 7, 10000])
def test_parts_of_a_multipart_are_encoded(size: int) -> None:
    """Only those that say 8bit or binary; the multipart and the message inside say 7bit."""
    assert convert(MULTI, size) == MULTI_CONVERTED


@pytest.mark.parametrize(
    "message",
    [
        b"Subject: no MIME\n\ncaf\xe9 = as it is \n",
        b"Content-Transfer-Encoding: 7bit\n\na = b\n",
        b"Content-Transfer-Encoding: base64\n\nAAAA\n",
        b"Subject: headers only\n",
        b"no headers\nat all",
        b"",
    ],
)
def test_other_mail_stays_as_it_is(message: bytes) -> None:
    """Nothing says 8bit."""
    assert convert(message) == message


def test_an_outer_boundary_ends_inner_parts() -> None:
    """A multipart that was not closed."""
    message = (
        b'Content-Type: multipart/mixed; boundary="out"\n\n--out\n'
        b"Content-Type: multipart/mixed; boundary=in\n\n--in\n"
        b"Content-Transfer-Encoding: 8bit\n\n\xe9\n--out\n\n\xe9\n--out--\n"
    )
    converted = convert(message)
    assert b"\n\n=E9\n--out\n\n\xe9\n--out--\n" in converted


def test_parts_of_a_digest_are_messages() -> None:
    """RFC 2046 section 5.1.5."""
    message = (
        b"Content-Type: multipart/digest; boundary=b\n\n--b\n\n"
        b"Subject: inner\nContent-Transfer-Encoding: 8bit\n\n\xe9\n--b--\n"
    )
    expected = b"Subject: inner\nContent-Transfer-Encoding: quoted-printable\n\n=E9\n--b--\n"
    assert convert(message).endswith(expected)


def test_a_line_without_end_is_encoded_in_pieces() -> None:
    """Longer than what is held in memory."""
    head = b"Content-Transfer-Encoding: 8bit\n\n"
    body = b"\xe9" * (100000) + b" \n"
    converted = convert(head + body, 1000).partition(b"\n\n")[2]
    assert quopri.decodestring(converted) == body
    assert max(map(len, converted.split(b"\n"))) <= 76


@given(st.lists(st.binary(max_size=120).map(lambda b: b.replace(b"\n", b"")), max_size=8))
def test_quoted_printable_can_be_undone(lines: list[bytes]) -> None:
    """Any octets; no line over 76 columns, none with a blank at its end (RFC 2045 section 6.7)."""
    encoder = QuotedPrintable()
    encoded = b"".join(encoder.encode(line, True) + b"\n" for line in lines)
    assert quopri.decodestring(encoded) == b"".join(line + b"\n" for line in lines)
    for line in encoded.split(b"\n"):
        assert len(line) <= 76 and not line.endswith((b" ", b"\t"))
        assert line.isascii()


@given(st.text(alphabet="aé=\t .-\n", max_size=300))
def test_another_program_reads_the_same_text(text: str) -> None:
    """Python's email package decodes what the converter wrote."""
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    converted = message_from_bytes(convert(head + text.encode()), policy=policy.default)
    payload = converted.get_payload(decode=True)
    assert payload == text.encode()
