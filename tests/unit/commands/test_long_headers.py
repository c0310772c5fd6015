"""sendmail -t: a header that exceeds header_size_limit refuses the message, as its recipients would be lost.

Which lengths are refused was tried on the reference with header_size_limit = 200.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyfixcli.base.errors import SubmissionRefused
from pyfixcli.commands._submit import TOO_LONG, refuse_long_headers
from tests.support.instance import Instance

LIMIT = 200
BODY = b"\n\nbody\n"


def subject(lines: int) -> bytes:
    """A folded header; each line after the first brings 11 octets."""
    return b"To: a\nSubject: " + b"\n ".join([b"abcdefghi"] * lines)


def to(count: int) -> bytes:
    """Recipients on a line each, of 8 octets with the line end."""
    return b"To: " + b",\n ".join([b"alice"] * count)


def is_refused(message: bytes, size: int) -> bool:
    """Whether a message that comes in pieces of a size is refused; what passes is unchanged."""
    pieces = [message[n : n + size] for n in range(0, len(message), size)]
    try:
        return b"".join(refuse_long_headers(pieces, LIMIT)) != message
    except SubmissionRefused as error:
        return str(error) == TOO_LONG


@pytest.mark.parametrize("size", [1, 7, 64, 100000])
@pytest.mark.parametrize(
    ("message", "refused"),
    [
        (subject(18) + BODY, False),
        (subject(19) + BODY, True),
        (to(25) + BODY, False),
        (to(26) + BODY, True),
        (to(60) + b"\n", True),
        (to(60), True),
        (b"To: a\nSubject: " + b"x" * 300 + BODY, False),
        (b"To: a\nX: " + b"y" * 150 + b"\nZ: " + b"y" * 150 + b"\n w" + BODY, False),
        (to(2) + b"\n\n" + subject(30) + b"\n", False),
    ],
)
def test_which_headers_are_too_long(message: bytes, refused: bool, size: int) -> None:
    """A line that continues a header of ``LIMIT`` octets or more; the body is no header."""
    assert is_refused(message, size) == refused


@pytest.mark.parametrize("running", [True, False])
def test_no_recipient_is_lost_silently(
    make_instance: Callable[..., Instance], running: bool
) -> None:
    """sendmail -t exits 75 and nothing is queued, whether the daemon runs or not."""
    instance = make_instance(f"header_size_limit = {LIMIT}\ndaemon_autostart = no\n")
    instance.start()
    if not running:
        instance.stop()
    done = instance.run("sendmail", "-t", data=to(60) + BODY)
    assert done.returncode == 75
    assert TOO_LONG.encode() in done.stderr
    assert not instance.queue_entries()
    assert not list((instance.queue / "maildrop").glob("*"))
