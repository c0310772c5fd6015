"""The milter protocol, versions 2 to 6, without I/O: packets out, packets in, what they ask for.

A packet is the length of what follows (four octets, network order), a letter, and the arguments of that letter. Texts end with a null
octet. Whatever is not exactly of that form is a MilterFault: nothing of a reply is used that does not fit.

Data flow: make_packet() -> the milter; its octets -> PacketReader -> read_reply() -> a Judgement or a change.

See also: MILTER_README; mfapi.h of libmilter for the numbers.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable, Iterator
from types import MappingProxyType

import msgspec

from pyfixcli.mail.reply import Reply

MAX_PACKET = 1024 * 1024  # octets; what a milter may send at once
CHUNK = 65535  # octets of body in one packet
MAX_INDEX = 0x7FFFFFFF
TCP4, TCP6, UNKNOWN_FAMILY = b"4", b"6", b"U"
NO_TEXT = b"\0"


class MilterFault(Exception):
    """A milter sent what makes no sense; the text says what."""


class MalformedReply(MilterFault):
    """What a milter wants the client to be told is no reply of SMTP."""


class Command(enum.Enum):
    """What a milter is told: the letter, and the name that warnings use."""

    CONNECT = ("C", "SMFIC_CONNECT")
    HELO = ("H", "SMFIC_HELO")
    MAIL = ("M", "SMFIC_MAIL")
    RCPT = ("R", "SMFIC_RCPT")
    DATA = ("T", "SMFIC_DATA")
    HEADER = ("L", "SMFIC_HEADER")
    END_OF_HEADER = ("N", "SMFIC_EOH")
    BODY = ("B", "SMFIC_BODY")
    END_OF_BODY = ("E", "SMFIC_BODYEOB")
    UNKNOWN = ("U", "SMFIC_UNKNOWN")
    NEGOTIATE = ("O", "SMFIC_OPTNEG")
    MACROS = ("D", "SMFIC_MACRO")
    ABORT = ("A", "SMFIC_ABORT")
    QUIT = ("Q", "SMFIC_QUIT")

    @property
    def letter(self) -> bytes:
        """As it is sent."""
        return self.value[0].encode()


class Action(enum.IntFlag):
    """What a milter may ask for."""

    ADD_HEADERS = 0x01
    CHANGE_BODY = 0x02
    ADD_RECIPIENT = 0x04
    DELETE_RECIPIENT = 0x08
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20
    CHANGE_SENDER = 0x40
    ADD_RECIPIENT_PARAMETERS = 0x80
    SET_MACROS = 0x100


class Step(enum.IntFlag):
    """What a milter does without: events, replies, and habits of the protocol."""

    NO_CONNECT = 0x01
    NO_HELO = 0x02
    NO_MAIL = 0x04
    NO_RCPT = 0x08
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_END_OF_HEADER = 0x40
    SILENT_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    MAY_SKIP = 0x400
    REJECTED_RCPT = 0x800
    SILENT_CONNECT = 0x1000
    SILENT_HELO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_RCPT = 0x8000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_END_OF_HEADER = 0x40000
    SILENT_BODY = 0x80000
    LEADING_SPACE = 0x100000


ALL_ACTIONS = Action(0x1FF)
# The steps that each version of the protocol knows (milter_protocol).
VERSIONS: MappingProxyType[int, Step] = MappingProxyType(
    {2: Step(0x7F), 3: Step(0x17F), 4: Step(0x37F), 6: Step(0x1FFFFF)}
)
_NONE = Step(0)
# Of each event: with which step it is left out, and with which one it has no reply.
STEPS: MappingProxyType[Command, tuple[Step, Step]] = MappingProxyType(
    {
        Command.CONNECT: (Step.NO_CONNECT, Step.SILENT_CONNECT),
        Command.HELO: (Step.NO_HELO, Step.SILENT_HELO),
        Command.MAIL: (Step.NO_MAIL, Step.SILENT_MAIL),
        Command.RCPT: (Step.NO_RCPT, Step.SILENT_RCPT),
        Command.DATA: (Step.NO_DATA, Step.SILENT_DATA),
        Command.HEADER: (Step.NO_HEADERS, Step.SILENT_HEADER),
        Command.END_OF_HEADER: (Step.NO_END_OF_HEADER, Step.SILENT_END_OF_HEADER),
        Command.BODY: (Step.NO_BODY, Step.SILENT_BODY),
        Command.END_OF_BODY: (_NONE, _NONE),
        Command.UNKNOWN: (Step.NO_UNKNOWN, Step.SILENT_UNKNOWN),
    }
)
# The version in which an event came up.
SINCE: MappingProxyType[Command, int] = MappingProxyType({Command.UNKNOWN: 3, Command.DATA: 4})
MACRO_STAGES = (
    Command.CONNECT,
    Command.HELO,
    Command.MAIL,
    Command.RCPT,
    Command.DATA,
    Command.END_OF_BODY,
    Command.END_OF_HEADER,
)


class Offer(msgspec.Struct, frozen=True):
    """One side of the negotiation. ``macros`` are lists that the milter wants instead of ours."""

    version: int
    actions: Action
    steps: Step
    macros: tuple[tuple[Command, tuple[str, ...]], ...] = ()


class Judgement(enum.Enum):
    """A reply without arguments that says how to go on."""

    CONTINUE = "c"
    ACCEPT = "a"
    REJECT = "r"
    TEMPFAIL = "t"
    DISCARD = "d"
    SKIP = "s"
    PROGRESS = "p"
    CONNECTION_FAILURE = "f"
    SHUTDOWN = "4"


class ReplyText(msgspec.Struct, frozen=True):
    """The milter's own reply for the client."""

    reply: Reply


class Quarantine(msgspec.Struct, frozen=True):
    """Hold the message."""

    reason: bytes


class AddHeader(msgspec.Struct, frozen=True):
    """At the end of the header."""

    name: bytes
    value: bytes


class InsertHeader(msgspec.Struct, frozen=True):
    """Before the header at ``index``, which counts from 0."""

    index: int
    name: bytes
    value: bytes


class ChangeHeader(msgspec.Struct, frozen=True):
    """The header of this name at ``index``, which counts from 1; without ``value`` it is deleted."""

    index: int
    name: bytes
    value: bytes


class ChangeSender(msgspec.Struct, frozen=True):
    """``<address>`` and ESMTP parameters."""

    address: bytes
    parameters: bytes


class AddRecipient(msgspec.Struct, frozen=True):
    """``<address>`` and ESMTP parameters."""

    address: bytes
    parameters: bytes


class DeleteRecipient(msgspec.Struct, frozen=True):
    """``<address>``."""

    address: bytes


class ReplaceBody(msgspec.Struct, frozen=True):
    """A piece of the new body, with CRLF line ends; the first one makes the old body go."""

    octets: bytes


Change = (
    AddHeader
    | InsertHeader
    | ChangeHeader
    | ChangeSender
    | AddRecipient
    | DeleteRecipient
    | ReplaceBody
    | Quarantine
)
MilterReply = Judgement | ReplyText | Change
# What a milter must have negotiated for a change.
NEEDS: MappingProxyType[type, Action] = MappingProxyType(
    {
        AddHeader: Action.ADD_HEADERS,
        InsertHeader: Action.ADD_HEADERS | Action.CHANGE_HEADERS,
        ChangeHeader: Action.CHANGE_HEADERS,
        ChangeSender: Action.CHANGE_SENDER,
        AddRecipient: Action.ADD_RECIPIENT | Action.ADD_RECIPIENT_PARAMETERS,
        DeleteRecipient: Action.DELETE_RECIPIENT,
        ReplaceBody: Action.CHANGE_BODY,
        Quarantine: Action.QUARANTINE,
    }
)


# -- out -----------------------------------------------------------------------------


def make_packet(letter: bytes, arguments: bytes = b"") -> bytes:
    """A packet."""
    return struct.pack("!I", len(arguments) + 1) + letter + arguments


def texts(*values: str | bytes) -> bytes:
    """Texts as arguments; what follows a null octet in one of them cannot be sent."""
    octets = (v.encode("utf-8", "surrogateescape") if isinstance(v, str) else v for v in values)
    return b"".join(text.partition(NO_TEXT)[0] + NO_TEXT for text in octets)


def macro_packet(command: Command, pairs: Iterator[tuple[str, str]]) -> bytes:
    """The values of macros for the command that follows."""
    listed = b"".join(texts(name, value) for name, value in pairs)
    return make_packet(Command.MACROS.letter, command.letter + listed)


def connect_arguments(name: str, address: str, port: str) -> bytes:
    """Of CONNECT; an address that is none goes without."""
    if ":" in address:
        family, shown = TCP6, f"IPv6:{address}"
    elif address[:1].isdigit():
        family, shown = TCP4, address
    else:
        return texts(name) + UNKNOWN_FAMILY
    number = int(port) if port.isdecimal() and int(port) < 65536 else 0
    return texts(name) + family + struct.pack("!H", number) + texts(shown)


def offer_packet(offer: Offer) -> bytes:
    """What we can do."""
    numbers = struct.pack("!III", offer.version, offer.actions, offer.steps)
    return make_packet(Command.NEGOTIATE.letter, numbers)


# -- in ------------------------------------------------------------------------------


class PacketReader:
    """Takes octets in pieces of any size, gives whole packets."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def receive(self, data: bytes) -> None:
        """More octets."""
        self._octets += data

    def take(self) -> tuple[bytes, bytes] | None:
        """(letter, arguments) of the next packet; None until it is whole. MilterFault for a length that makes no sense."""
        octets = self._octets
        if len(octets) < 4:
            return None
        length = int.from_bytes(octets[:4])
        if not 1 <= length <= MAX_PACKET:
            raise MilterFault(f"unreasonable packet length: {length}")
        if len(octets) < 4 + length:
            return None
        packet = bytes(octets[4 : 4 + length])
        del octets[: 4 + length]
        return packet[:1], packet[1:]


def read_offer(letter: bytes, arguments: bytes, ours: Offer) -> Offer:
    """What the milter wants of what we offer. MilterFault when that is not possible."""
    if letter != Command.NEGOTIATE.letter or len(arguments) < 12:
        raise MilterFault("unexpected reply in initial handshake")
    version, actions, steps = struct.unpack("!III", arguments[:12])
    if version > ours.version:
        raise MilterFault(
            f"protocol version {version} conflict with MTA protocol version {ours.version}"
        )
    if actions & ~int(ours.actions):
        raise MilterFault(f"actions {actions:#x} conflict with MTA actions {int(ours.actions):#x}")
    if steps & ~int(ours.steps):
        raise MilterFault(f"protocol {steps:#x} conflict with MTA protocol {int(ours.steps):#x}")
    macros = tuple(_macro_lists(arguments[12:]))
    return Offer(version, Action(actions), Step(steps), macros)


def _macro_lists(octets: bytes) -> Iterator[tuple[Command, tuple[str, ...]]]:
    """Stage number and names, as often as there are some."""
    while octets:
        end = octets.find(NO_TEXT, 4)
        stage = int.from_bytes(octets[:4])
        if len(octets) < 5 or end < 0 or stage >= len(MACRO_STAGES):
            raise MilterFault("malformed macro list in initial handshake")
        yield MACRO_STAGES[stage], split_macros(octets[4:end].decode("utf-8", "replace"))
        octets = octets[end + 1 :]


def split_macros(text: str) -> tuple[str, ...]:
    """The names of a list of macros; blanks and commas separate them."""
    return tuple(text.replace(",", " ").split())


def read_reply(letter: bytes, arguments: bytes) -> MilterReply:
    """What a packet means. MilterFault when it is none that an event may have as its reply."""
    kind = letter.decode("latin-1")
    plain = _JUDGEMENTS.get(kind)
    if plain is not None:
        return plain
    read = _READERS.get(kind)
    if read is None:
        raise MilterFault("unknown filter reply")
    return read(arguments)


def _take_texts(arguments: bytes, least: int, most: int) -> list[bytes]:
    """Exactly that many texts, nothing after them."""
    if not arguments.endswith(NO_TEXT):
        raise MilterFault("text without end in a reply")
    found = arguments[:-1].split(NO_TEXT)
    if not least <= len(found) <= most:
        raise MilterFault("wrong number of texts in a reply")
    return found


def _take_index(arguments: bytes) -> tuple[int, bytes]:
    if len(arguments) < 4:
        raise MilterFault("short reply")
    return min(int.from_bytes(arguments[:4]), MAX_INDEX), arguments[4:]


def _header_name(name: bytes) -> bytes:
    """A name that makes a header of its own, and no more than one."""
    if not name or any(octet <= 32 or octet >= 127 or octet == 58 for octet in name):
        raise MilterFault("bad header name in a reply")
    return name


def _add_header(arguments: bytes) -> AddHeader:
    name, value = _take_texts(arguments, 2, 2)
    return AddHeader(_header_name(name), value)


def _insert_header(arguments: bytes) -> InsertHeader:
    index, rest = _take_index(arguments)
    name, value = _take_texts(rest, 2, 2)
    return InsertHeader(index, _header_name(name), value)


def _change_header(arguments: bytes) -> ChangeHeader:
    index, rest = _take_index(arguments)
    name, value = _take_texts(rest, 2, 2)
    return ChangeHeader(index, _header_name(name), value)


def _change_sender(arguments: bytes) -> ChangeSender:
    address, *rest = _take_texts(arguments, 1, 2)
    return ChangeSender(address, b"".join(rest))


def _add_recipient(arguments: bytes) -> AddRecipient:
    return AddRecipient(_take_texts(arguments, 1, 1)[0], b"")


def _add_recipient_parameters(arguments: bytes) -> AddRecipient:
    address, *rest = _take_texts(arguments, 1, 2)
    return AddRecipient(address, b"".join(rest))


def _delete_recipient(arguments: bytes) -> DeleteRecipient:
    return DeleteRecipient(_take_texts(arguments, 1, 1)[0])


def _quarantine(arguments: bytes) -> Quarantine:
    return Quarantine(_take_texts(arguments, 1, 1)[0])


def _reply_text(arguments: bytes) -> ReplyText:
    """``550 5.7.1 text``, perhaps of several lines; a percent sign is doubled."""
    text = _take_texts(arguments, 1, 1)[0].decode("utf-8", "surrogateescape").replace("%%", "%")
    lines = [line.rstrip("\r") for line in text.rstrip("\r\n").split("\n")]
    code, first = lines[0][:3], lines[0][4:]
    dsn, separator, words = first.partition(" ")
    if not separator or not _is_dsn(dsn):
        dsn, words = "", first
    fits = not dsn or dsn[0] == code[0]
    if len(code) < 3 or not code.isdecimal() or code[0] not in "45" or not fits:
        raise MalformedReply(f"malformed reply: {text[:60]}")
    rest = (_reply_line(line, code, dsn) for line in lines[1:])
    return ReplyText(Reply(int(code), dsn, "\n".join((words, *rest))))


def _reply_line(line: str, code: str, dsn: str) -> str:
    """The text of a further line, which repeats the codes."""
    if line.startswith((f"{code}-", f"{code} ")):
        line = line[4:].removeprefix(f"{dsn} ") if dsn else line[4:]
    return line


def _is_dsn(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 3 and len(parts[0]) == 1 and all(part.isdecimal() for part in parts)


_JUDGEMENTS = MappingProxyType({judgement.value: judgement for judgement in Judgement})
_READERS: MappingProxyType[str, Callable[[bytes], ReplyText | Change]] = MappingProxyType(
    {
        "h": _add_header,
        "i": _insert_header,
        "m": _change_header,
        "e": _change_sender,
        "+": _add_recipient,
        "2": _add_recipient_parameters,
        "-": _delete_recipient,
        "b": ReplaceBody,
        "q": _quarantine,
        "y": _reply_text,
    }
)
