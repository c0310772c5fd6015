"""Headers that a message lacks (cleanup(8), always_add_missing_headers)."""

from __future__ import annotations

from pyfixcli.cleanup.full_name import quote_comment, quote_phrase
from pyfixcli.cleanup.headers import HeaderRules, HeaderState
from pyfixcli.log.maillog import message_id_line
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date, format_stamp
from pyfixcli.mail.envelope import Origin

SHOWN_RECIPIENTS = frozenset((b"to", b"cc", b"resent-to", b"resent-cc"))


def missing_headers(
    rules: HeaderRules,
    state: HeaderState,
    origin: Origin,
    sender: str,
    queue_id: str,
    completes: bool,
) -> bytes:
    """What is appended to the header, in that order, and noted in ``state``.

    ``sender`` is the envelope sender after all mapping, ``completes`` whether this message's header is
    completed at all.
    """
    added: list[str] = []
    if completes:
        added = _originator_fields(rules, state, origin, sender, queue_id)
    if not state.message_id and b"message-id" not in state.seen:
        state.lines.append(message_id_line("<>"))
    if completes and rules.undisclosed and _shows_no_recipient(rules, state):
        added.append(f"{rules.undisclosed}\n")
    return "".join(added).encode("utf-8", "surrogateescape")


def _originator_fields(
    rules: HeaderRules, state: HeaderState, origin: Origin, sender: str, queue_id: str
) -> list[str]:
    prefix = "Resent-" if state.resent else ""
    added = []
    if f"{prefix}message-id".lower().encode() not in state.seen:
        stamp = "" if rules.has_long_ids else f"{format_stamp(origin.arrival_time)}."
        value = f"<{stamp}{queue_id}@{rules.myhostname}>"  # a long queue id is unique by itself
        added.append(f"{prefix}Message-Id: {value}\n")
        state.lines.append(message_id_line(value, bool(prefix)))
        if not prefix:
            state.message_id = value
    if f"{prefix}date".lower().encode() not in state.seen:
        added.append(f"{prefix}Date: {format_date(origin.arrival_time)}\n")
    if f"{prefix}from".lower().encode() not in state.seen:
        added.append(f"{prefix}From: {_from(rules, sender, origin.full_name)}\n")
    return added


def _shows_no_recipient(rules: HeaderRules, state: HeaderState) -> bool:
    return (SHOWN_RECIPIENTS - rules.dropped).isdisjoint(state.seen)


def _from(rules: HeaderRules, sender: str, name: str) -> str:
    """The value of a From: header made from sender and full name."""
    if not sender:
        return "MAILER-DAEMON"
    address = quote_address(sender)
    if not name:
        return address
    if rules.standard_from:
        return f"{quote_phrase(name)} <{address}>"
    return f"{address} ({quote_comment(name)})"
