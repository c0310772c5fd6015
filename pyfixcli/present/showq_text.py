"""The queue listing of mailq and postqueue -p."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache

from pyfixcli.log.maillog import printable
from pyfixcli.mail.address import quote_address
from pyfixcli.queue.listing import ListedMessage

HEADER = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
WIDE_HEADER = "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
EMPTY = "Mail queue is empty\n"
MARKS = {"active": "*", "hold": "!"}
UNKNOWN_REASON = "reason unavailable"
REASON_WIDTH = 76

# what neither needs quotes nor has anything unprintable: nearly every address
_is_plain = re.compile(r"[A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*@[A-Za-z0-9.-]+").fullmatch


class TextListing:
    """Formats messages as they come; add() in pieces, then end(). ``is_wide``: for long queue ids."""

    def __init__(self, is_wide: bool = False) -> None:
        self._is_wide = is_wide
        self._count = 0
        self._octets = 0

    def add(self, messages: Iterable[ListedMessage]) -> str:
        """The text of these messages, with the header before the first one."""
        parts = []
        for message in messages:
            if not self._count:
                parts.append(WIDE_HEADER if self._is_wide else HEADER)
            self._count += 1
            self._octets += message.message_size
            parts.append(format_message(message, self._is_wide))
        return "".join(parts)

    def end(self) -> str:
        """The closing line."""
        if not self._count:
            return EMPTY
        plural = "" if self._count == 1 else "s"
        return f"-- {self._octets // 1024} Kbytes in {self._count} Request{plural}.\n"


def _shown(address: str) -> str:
    if _is_plain(address):
        return address
    return printable(quote_address(address))


@lru_cache(maxsize=256)
def _reason_line(reason: str) -> str:
    text = printable(reason or UNKNOWN_REASON)
    return f"{'':{max(0, REASON_WIDTH - len(text))}}({text})\n"


@lru_cache(maxsize=64)
def _stamp(seconds: int) -> str:
    return time.strftime("%a %b %e %H:%M:%S", time.localtime(seconds))


def format_message(message: ListedMessage, is_wide: bool = False) -> str:
    """One message: a line, then its recipients grouped by the reason of their delay."""
    mark = MARKS.get(message.queue_name, "")
    mark += "#" if message.forced_expire else ""
    sender = _shown(message.sender) or "MAILER-DAEMON"
    name, size = message.queue_id + mark, message.message_size
    arrival = _stamp(int(message.arrival_time))
    if is_wide:
        head, margin = f"{name:<17} {size:>8d} {arrival} {sender}\n", 47
    else:
        head, margin = f"{name:<11} {size:>7d} {arrival}  {sender}\n", 41
    recipients = message.recipients
    if len(recipients) == 1 and not recipients[0][1]:
        return f"{head}{'':{margin}}{_shown(recipients[0][0])}\n\n"
    lines = [head]
    previous = None
    for address, reason in recipients:
        if reason != previous and (reason or previous):
            lines.append(_reason_line(reason))
        previous = reason
        lines.append(f"{'':{margin}}{_shown(address)}\n")
    lines.append("\n")
    return "".join(lines)
