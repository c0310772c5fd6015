"""One header after the other: rewriting, dropping, noting what is there, completing.

Addresses in headers are completed in the rewrite context of the message; a header in which
no address changes is passed on as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import message_id_line
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date, format_stamp
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.header import (
    ADDRESSES,
    RECIPIENTS,
    RESENT_RECIPIENTS,
    header_value,
    split_header,
)
from pyfixcli.mail.tok822 import (
    QUOTED,
    Item,
    Token,
    external_form,
    internal_form,
    parse,
    write_units,
)
from pyfixcli.rewrite.rewrite import Rewriter

FOLD = 70
_ATOM_SPECIALS = frozenset('()<>@,;:\\".[]')


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """The parameters that header processing uses."""

    myhostname: str
    mail_name: str
    dropped: frozenset[bytes]
    always_add_missing: bool
    undisclosed: str
    standard_from: bool
    token_limit: int

    @classmethod
    def of(cls, config: Config) -> HeaderRules:
        """From the configuration."""
        names = config.message_drop_headers.replace(",", " ").lower().split()
        return cls(
            myhostname=config.myhostname,
            mail_name=config.mail_name,
            dropped=frozenset(name.rstrip(":").encode() for name in names),
            always_add_missing=config.always_add_missing_headers,
            undisclosed=config.undisclosed_recipients_header,
            standard_from=config.header_from_format != "obsolete",
            token_limit=config.header_address_token_limit,
        )


@dataclass(slots=True)
class HeaderState:
    """What the headers so far have shown."""

    seen: set[bytes] = field(default_factory=set)
    resent: bool = False
    recipients: list[str] = field(default_factory=list)
    resent_recipients: list[str] = field(default_factory=list)
    message_id: str = ""
    lines: list[str] = field(default_factory=list)


class HeaderEditor:
    """Edits the headers of one message."""

    def __init__(
        self, rules: HeaderRules, rewriter: Rewriter, origin: Origin, queue_id: str
    ) -> None:
        self._rules = rules
        self._rewriter = rewriter
        self._origin = origin
        self._queue_id = queue_id
        self._context = origin.rewrite_context
        self._rewrites = self._context == "local" or rewriter.rewrites_remote_headers
        self.state = HeaderState()

    def received(self) -> bytes:
        """The Received: header that this system adds."""
        rules, origin = self._rules, self._origin
        date = format_date(origin.arrival_time)
        if origin.received_uid >= 0 and not origin.protocol:
            text = (
                f"Received: by {rules.myhostname} ({rules.mail_name}, "
                f"from userid {origin.received_uid})\n\tid {self._queue_id}; {date}\n"
            )
        elif not origin.protocol:
            text = (
                f"Received: by {rules.myhostname} ({rules.mail_name})\n"
                f"\tid {self._queue_id}; {date}\n"
            )
        else:
            text = self._received_from_client(date)
        return text.encode("utf-8", "surrogateescape")

    def _received_from_client(self, date: str) -> str:
        rules, origin = self._rules, self._origin
        address = origin.client_address
        literal = f"IPv6:{address}" if ":" in address else address
        lines = [
            f"Received: from {origin.helo or origin.client_name} "
            f"({origin.client_name} [{literal}])\n",
            f"\tby {rules.myhostname} ({rules.mail_name}) "
            f"with {origin.protocol} id {self._queue_id}",
        ]
        if len(origin.recipients) == 1:
            lines.append(f"\n\tfor <{quote_address(origin.recipients[0].address)}>; {date}\n")
        else:
            lines.append(f";\n\t{date}\n")
        return "".join(lines)

    def edit(self, header: bytes) -> bytes:
        """A header (lines joined by newlines, none at the end) as it goes on; empty: dropped."""
        found = split_header(header)
        assert found is not None
        name, after = found
        folded = name.lower()
        state = self.state
        state.seen.add(folded)
        if folded.startswith(b"resent-"):
            state.resent = True
        if folded in ADDRESSES:
            header = self._edit_addresses(header, name, folded, after)
        elif folded in (b"message-id", b"resent-message-id"):
            self._note_message_id(folded, header_value(header, after))
        if header[len(name)] != 0x3A:
            header = name + header[after - 1 :]
        return b"" if folded in self._rules.dropped else header + b"\n"

    def _note_message_id(self, folded: bytes, value: str) -> None:
        resent = folded.startswith(b"resent-")
        self.state.lines.append(message_id_line(value, resent))
        if not resent:
            self.state.message_id = value

    def _edit_addresses(self, header: bytes, name: bytes, folded: bytes, after: int) -> bytes:
        text = header[after:].decode("utf-8", "surrogateescape")
        items = parse(text)
        if self._origin.extract_recipients:
            found = [internal_form(item.address) for item in items if item.address is not None]
            if folded in RECIPIENTS:
                self.state.recipients += found
            elif folded in RESENT_RECIPIENTS:
                self.state.resent_recipients += found
        if not self._rewrites:
            return header
        changed = False
        for place, item in enumerate(items):
            if item.address is None or not item.address:
                continue
            new = self._rewriter.rewrite_tokens(item.address, self._context)
            if external_form(new) != "".join(_raw(token) for token in item.address):
                changed = True
                items[place] = Item(new, "", "address")
        if not changed:
            return header
        value = fold(name.decode("ascii"), write_units(items))
        return value.encode("utf-8", "surrogateescape")

    # -- completion ------------------------------------------------------------------

    def missing(self) -> bytes:
        """Headers that the message lacks, in the order in which they are appended."""
        state, rules, origin = self.state, self._rules, self._origin
        prefix = "Resent-" if state.resent else ""
        added: list[str] = []
        if self._context == "local" or rules.always_add_missing:
            if f"{prefix}message-id".lower().encode() not in state.seen:
                stamp = format_stamp(origin.arrival_time)
                value = f"<{stamp}.{self._queue_id}@{rules.myhostname}>"
                added.append(f"{prefix}Message-Id: {value}\n")
                state.lines.append(message_id_line(value, bool(prefix)))
                if not prefix:
                    state.message_id = value
            if f"{prefix}date".lower().encode() not in state.seen:
                added.append(f"{prefix}Date: {format_date(origin.arrival_time)}\n")
            if f"{prefix}from".lower().encode() not in state.seen:
                added.append(f"{prefix}From: {self._from()}\n")
        if not state.message_id and b"message-id" not in state.seen:
            state.lines.append(message_id_line("<>"))
        if rules.undisclosed and self._adds_undisclosed():
            added.append(f"{rules.undisclosed}\n")
        return "".join(added).encode("utf-8", "surrogateescape")

    def _adds_undisclosed(self) -> bool:
        if self._context != "local" and not self._rules.always_add_missing:
            return False
        kept = (RECIPIENTS | RESENT_RECIPIENTS) - self._rules.dropped
        return kept.isdisjoint(self.state.seen)

    def _from(self) -> str:
        """The value of a From: header made from sender and full name."""
        sender = self._origin.sender
        if not sender:
            return "MAILER-DAEMON"
        address = quote_address(self._rewriter.rewrite(sender, self._context))
        name = self._origin.full_name
        if not name:
            return address
        if self._rules.standard_from:
            return f"{quote_phrase(name)} <{address}>"
        return f"{address} ({quote_comment(name)})"


def _raw(token: Token) -> str:
    """A token as the sender wrote it, to see whether rewriting changed anything."""
    return f'"{token.text}"' if token.kind == QUOTED else token.text


def quote_phrase(name: str) -> str:
    """A full name before ``<address>`` (RFC 5322 phrase): quoted when it has specials."""
    if _ATOM_SPECIALS.isdisjoint(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quote_comment(name: str) -> str:
    """A full name as a comment."""
    for special in "\\()":
        name = name.replace(special, "\\" + special)
    return name


def fold(name: str, units: list[str]) -> str:
    """``Name: units`` on lines of about seventy characters, broken at commas."""
    lines = [f"{name}:"]
    length = len(lines[0])
    for unit in units:
        if length + 1 + len(unit) > FOLD and lines[-1].endswith(","):
            lines.append(f"\t{unit}")
            length = 1 + len(unit)
        else:
            lines[-1] += " " + unit
            length += 1 + len(unit)
    return "\n".join(lines)
