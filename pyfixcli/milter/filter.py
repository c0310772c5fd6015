"""One milter in one session: what it is told, what it says, and what stands once it has said enough.

A milter that accepts or refuses is not asked any more: for the session when that was its answer to CONNECT or HELO, else for the message. One that
fails is not asked again in the session; its default action stands for it.

Diagnostics: why a milter cannot be had, and what it sent that makes no sense.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Protocol

import msgspec

from pyfixcli.mail.reply import Reply
from pyfixcli.milter.macros import MacroValues
from pyfixcli.milter.settings import MilterSettings
from pyfixcli.protocol.milter import (
    ALL_ACTIONS,
    NEEDS,
    SINCE,
    STEPS,
    VERSIONS,
    Action,
    Change,
    Command,
    Judgement,
    MalformedReply,
    MilterFault,
    MilterReply,
    Offer,
    PacketReader,
    ReplaceBody,
    ReplyText,
    Step,
    macro_packet,
    make_packet,
    offer_packet,
    read_offer,
    read_reply,
)

REJECTED = Reply(550, "5.7.1", "Command rejected")
UNAVAILABLE = Reply(451, "4.7.1", "Service unavailable - try again later")
UNAVAILABLE_FOREVER = Reply(550, "5.5.0", "Service unavailable")
CLOSING = Reply(421, "4.7.0", "Server closing connection")
MISCONFIGURED = Reply(451, "4.3.5", "Server configuration problem - try again later")
LOST = "Application error"  # what the reference says of a connection that was closed
EXPIRED = "Connection timed out"
MAX_CHANGES = 16 * 1024 * 1024  # octets of what a milter may ask for besides a new body
OVERHEAD = 200  # octets that each of these takes at least
GREETINGS = frozenset((Command.CONNECT, Command.HELO))
CONTENT = frozenset((Command.HEADER, Command.END_OF_HEADER, Command.BODY, Command.END_OF_BODY))
ONLY_THIS = frozenset((Command.RCPT, Command.UNKNOWN))  # a refusal concerns nothing else


class Special(enum.Enum):
    """What a milter wants besides a refusal."""

    DISCARD = "discard"
    HOLD = "hold"


Response = Reply | Special | None
DEFAULTS: dict[str, Response] = {
    "accept": None,
    "reject": UNAVAILABLE_FOREVER,
    "tempfail": UNAVAILABLE,
    "quarantine": Special.HOLD,
    "shutdown": CLOSING,
}


class Channel(Protocol):
    """A connection to a milter."""

    def write(self, octets: bytes) -> None:
        """Send octets."""
        ...

    async def drain(self, timeout: float) -> None:
        """Wait while much is unsent; OSError, TimeoutError."""
        ...

    async def read(self, timeout: float) -> bytes:
        """What comes next; empty at the end. OSError, TimeoutError."""
        ...

    def close(self) -> None:
        """Hang up after what was written."""
        ...


class Network(Protocol):
    """Where connections come from."""

    async def connect(self, settings: MilterSettings) -> Channel:
        """OSError when there is none, TimeoutError after connect_timeout."""
        ...


class Standing(msgspec.Struct, frozen=True):
    """What a milter has said for good."""

    response: Response


class MilterFilter:
    """One milter. ``changes`` are those that it asked for at the end of a message, until end_message()."""

    def __init__(
        self,
        settings: MilterSettings,
        network: Network,
        warn: Callable[[str], None],
        body_limit: int,
    ) -> None:
        self._settings = settings
        self._network = network
        self._warn = warn
        self._body_limit = body_limit  # octets of a new body; 0: as many as it likes
        self._channel: Channel | None = None
        self._reader = PacketReader()
        self._agreed = Offer(settings.version, Action(0), Step(0))
        self._macros: dict[Command, tuple[str, ...]] = {}
        self._for_session: Standing | None = None
        self._for_message: Standing | None = None
        self._skipped: set[Command] = set()
        self._has_message = False
        self._body_size = 0
        self._changes_size = 0
        self.changes: list[Change] = []

    # -- what it is told ---------------------------------------------------------------

    def has(self, step: Step) -> bool:
        """Whether it wants this step of the protocol."""
        return bool(self._agreed.steps & step)

    def hears(self, command: Command) -> bool:
        """Whether it is told of such an event, as far as is known: not once it has said enough."""
        if self._for_session is not None or self._for_message is not None:
            return False
        is_unknown = self._agreed.version < SINCE.get(command, 0)
        return not (
            is_unknown or self._agreed.steps & STEPS[command][0] or command in self._skipped
        )

    async def ask(
        self, command: Command, arguments: bytes, values: MacroValues, event: dict[str, str]
    ) -> Response:
        """Tell it of an event; what it says."""
        standing = self._for_session or self._for_message
        if standing is not None:
            return standing.response
        try:
            if self._channel is None:
                await self._open()
            return await self._ask(command, arguments, values, event)
        except MalformedReply as fault:
            return self._fail(str(fault), MISCONFIGURED)
        except MilterFault as fault:
            return self._fail(str(fault))
        except TimeoutError:
            return self._fail(f"can't read {command.value[1]} reply packet header: {EXPIRED}")
        except OSError as error:
            why = error.strerror or LOST
            return self._fail(f"can't read {command.value[1]} reply packet header: {why}")

    async def _ask(
        self, command: Command, arguments: bytes, values: MacroValues, event: dict[str, str]
    ) -> Response:
        if self._for_session is not None:  # it could not be opened
            return self._for_session.response
        if not self.hears(command):
            return None
        assert self._channel is not None
        self._has_message = self._has_message or command is Command.MAIL or command in CONTENT
        macros = macro_packet(command, values.of(command, self._macros, event))
        self._channel.write(macros + make_packet(command.letter, arguments))
        await self._channel.drain(self._timeout(command))
        if self._agreed.steps & STEPS[command][1]:
            return None
        return await self._hear(command)

    def _timeout(self, command: Command) -> float:
        settings = self._settings
        if command is Command.CONNECT:
            return settings.connect_timeout
        return settings.content_timeout if command in CONTENT else settings.command_timeout

    async def _hear(self, command: Command) -> Response:
        """Replies until the one that ends the event."""
        while True:
            letter, arguments = await self._packet(self._timeout(command))
            try:
                reply = read_reply(letter, arguments)
            except MalformedReply:
                raise
            except MilterFault as fault:
                where = f"after event {command.value[1]}"
                raise MilterFault(f"unexpected filter response ({fault}) {where}") from fault
            if isinstance(reply, Judgement | ReplyText):
                if reply is not Judgement.PROGRESS:
                    return self._judge(command, reply)
            else:
                self._note_change(command, reply, len(arguments))

    async def _packet(self, timeout: float) -> tuple[bytes, bytes]:
        assert self._channel is not None
        while (packet := self._reader.take()) is None:
            octets = await self._channel.read(timeout)
            if not octets:
                raise OSError
            self._reader.receive(octets)
        return packet

    # -- what it says ------------------------------------------------------------------

    def _note_change(self, command: Command, change: Change, size: int) -> None:
        """Changes are made when the milter has named them all, never before; ``size`` is that of the packet."""
        is_agreed = bool(self._agreed.actions & NEEDS[type(change)])
        if command is not Command.END_OF_BODY or not is_agreed:
            what = type(change).__name__
            raise MilterFault(f"unexpected filter response ({what}) after event {command.value[1]}")
        if isinstance(change, ReplaceBody):
            self._body_size += len(change.octets)
            if self._body_limit and self._body_size > self._body_limit:
                raise MilterFault("new message body exceeds the message size limit")
        else:
            self._changes_size += size + OVERHEAD
            if self._changes_size > MAX_CHANGES:
                raise MilterFault("unreasonable number of changes")
        self.changes.append(change)

    def _judge(self, command: Command, reply: MilterReply) -> Response:
        if isinstance(reply, ReplyText):
            return self._stand(command, reply.reply)
        if reply is Judgement.ACCEPT:
            return self._stand(command, None, is_whole=True)
        if reply is Judgement.SKIP:
            self._skipped.add(command)
            return None
        if reply is Judgement.DISCARD and command in GREETINGS:
            name = self._settings.name
            self._warn(f"milter {name}: DISCARD action is not allowed for connect or helo")
            return None
        if reply is Judgement.DISCARD:
            return self._stand(command, Special.DISCARD, is_whole=True)
        if reply is Judgement.REJECT:
            return self._stand(command, REJECTED)
        if reply is Judgement.TEMPFAIL:
            return self._stand(command, UNAVAILABLE)
        if reply in (Judgement.SHUTDOWN, Judgement.CONNECTION_FAILURE):
            self.close()
            refusal = CLOSING if reply is Judgement.SHUTDOWN else UNAVAILABLE
            self._for_session = Standing(refusal)
            return refusal
        return None

    def _stand(self, command: Command, response: Response, is_whole: bool = False) -> Response:
        if command in GREETINGS:
            self.close()
            self._for_session = Standing(response)
        elif command not in ONLY_THIS or (is_whole and command is not Command.UNKNOWN):
            self._for_message = Standing(response)
        return response

    # -- connection --------------------------------------------------------------------

    async def _open(self) -> None:
        """Connect and negotiate. When it cannot be reached, what stands for it stands."""
        settings = self._settings
        try:
            self._channel = await self._network.connect(settings)
        except OSError as error:  # TimeoutError among them
            why = EXPIRED if isinstance(error, TimeoutError) else error.strerror or str(error)
            self._warn(f"connect to Milter service {settings.name}: {why}")
            self._for_session = Standing(self._default())
            return
        ours = Offer(settings.version, ALL_ACTIONS, VERSIONS[settings.version])
        self._channel.write(offer_packet(ours))
        letter, arguments = await self._packet(settings.connect_timeout)
        self._agreed = read_offer(letter, arguments, ours)
        self._macros = dict(self._agreed.macros)

    def _fail(self, why: str, response: Response = None) -> Response:
        """It is of no use any more. What it had begun to change is not done, nor is such mail taken without it.

        ``response`` is what stands for it, milter_default_action by default.
        """
        self._warn(f"milter {self._settings.name}: {why}")
        self._drop()
        response = response or self._default()
        self._for_session = Standing(response)
        if self.changes and not isinstance(response, Reply):
            response = UNAVAILABLE
            self._for_message = Standing(response)
        self.changes = []
        return response

    def _default(self) -> Response:
        """milter_default_action."""
        action = self._settings.default_action
        if action not in DEFAULTS:
            self._warn(f"milter {self._settings.name}: unrecognized default action: {action}")
            return MISCONFIGURED
        return DEFAULTS[action]

    def end_message(self) -> None:
        """The message is over, taken or not: the milter may hear of the next one."""
        if self._channel is not None and self._has_message:
            self._channel.write(make_packet(Command.ABORT.letter))
        self._has_message = False
        self._for_message = None
        self._skipped.clear()
        self._body_size = self._changes_size = 0
        self.changes = []

    def close(self) -> None:
        """The session is over."""
        if self._channel is not None:
            self._channel.write(make_packet(Command.QUIT.letter))
        self._drop()

    def _drop(self) -> None:
        channel, self._channel = self._channel, None
        self._reader = PacketReader()
        if channel is not None:
            channel.close()
