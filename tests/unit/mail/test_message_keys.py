"""Keys that postmap -b, -h and -m take from a message; expected values are those of Postfix 3.7."""

from __future__ import annotations

import pytest

from pyfixcli.mail.message_keys import message_keys
from pyfixcli.mail.mime import MimeRules

MESSAGE = b"""Subject: a
 folded
Content-Type: multipart/mixed; boundary=bb

pre
--bb
Content-Type: text/plain

one
--bb
not header
--bb
Content-Type: message/rfc822

Subject: inner

in
--bb--
epi
"""
TOP = [b"Subject: a\n folded", b"Content-Type: multipart/mixed; boundary=bb"]
PARTS = [b"Content-Type: text/plain", b"Content-Type: message/rfc822", b"Subject: inner"]


def keys(headers: bool, body: bool, mime: bool, message: bytes = MESSAGE) -> list[bytes]:
    """As a list."""
    lines = message.split(b"\n")[:-1]
    rules = MimeRules(has_parts=mime, separates=True)
    return list(message_keys([line + b"\n" for line in lines], headers, body, rules))


@pytest.mark.parametrize(("mime", "expected"), [(False, TOP), (True, TOP + PARTS)])
def test_headers(mime: bool, expected: list[bytes]) -> None:
    """Those of parts only with MIME."""
    assert keys(True, False, mime) == expected


def test_body_lines() -> None:
    """Headers of parts are none with MIME, the empty lines after them are."""
    lines = [b"", b"pre", b"--bb", b"", b"one", b"--bb", b"not header", b"--bb", b"", b""]
    assert keys(False, True, True) == [*lines, b"in", b"--bb--", b"epi"]
    assert keys(False, True, False) == [b"", *MESSAGE.split(b"\n\n", 1)[1].split(b"\n")[:-1]]


def test_a_body_without_headers_begins_with_an_empty_line() -> None:
    """Though the message has none."""
    assert keys(True, True, False, b"not a header\nX: y\n") == [b"", b"not a header", b"X: y"]


def test_blanks_before_the_colon_go() -> None:
    """So that such a header is known all the same."""
    message = b"Content-Type : multipart/mixed; boundary=b\n\n--b\nX-Part: 1\n\n--b--\n"
    found = [b"Content-Type: multipart/mixed; boundary=b", b"X-Part: 1"]
    assert keys(True, False, True, message) == found
