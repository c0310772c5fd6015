"""What the daemon does with datagrams on its log socket (postlogd(8)).

Any user may send one, so each becomes at most one printable line of bounded length with a
tag of ordinary characters.
"""

from __future__ import annotations

from pyfixcli.log.maillog import printable

MAX_LINE = 4000
_STAMP_LENGTH = len("Nov 24 04:09:03 ")


def sanitise_datagram(data: bytes) -> bytes:
    """The line to write, or nothing for a datagram that is no log line."""
    text = data[:MAX_LINE].decode("utf-8", "surrogateescape").strip("\0\r\n")
    if len(text) <= _STAMP_LENGTH or not _looks_dated(text[:_STAMP_LENGTH]):
        return b""
    return printable(text).encode("utf-8", "replace") + b"\n"


def _looks_dated(stamp: str) -> bool:
    """``Mon dd hh:mm:ss `` with digits where they belong."""
    return (
        stamp[:3].isalpha()
        and stamp[3] == " "
        and stamp[4:6].strip().isdigit()
        and stamp[9] == stamp[12] == ":"
        and (stamp[7:9] + stamp[10:12] + stamp[13:15]).isdigit()
        and stamp[15] == " "
    )
