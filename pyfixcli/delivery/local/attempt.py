"""One delivery of a message to one local recipient: whom it is for at the moment, and what has come of it.

A Target never changes: expanding an alias makes new ones. An Attempt gathers outcomes, copies and deliveries that are left to
other services; its result is made once everything was tried.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec

from pyfixcli.config.extensions import read_extensions
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import ContentReader, Outcome, bounced, report, sent
from pyfixcli.delivery.delivered_to import delivered_addresses
from pyfixcli.delivery.local.context import LocalContext, User, find_user
from pyfixcli.delivery.status_filter import filter_status
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.address import quote_address, split_address
from pyfixcli.mail.delivery import (
    DeliveryRequest,
    DeliveryResult,
    Forward,
    Pass,
    RequestRecipient,
    Status,
    combine_results,
)
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from pyfixcli.mail.recipient import NOTIFY_NEVER, NOTIFY_SUCCESS, wants

RELAY = "local"
STEP = 4  # levels that an address counts for; an :include: file is one more
PARTS = 10000  # deliveries that one delivery may leave to others
MOST_COPIES = 500_000  # addresses that copies of one message may go to
TOO_MANY = bounced("5.5.3", "too many recipients")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the mail is for, and how it came to be for them.

    ``recipient`` is what the log shows, ``sender`` the envelope sender (an owner- alias may have replaced it), ``delivered``
    the Delivered-To address. ``level`` grows with expansions; ``kind`` is the last of them (alias, include, forward, or empty),
    ``alias`` the alias that was expanded last, ``forwarder`` the user whose .forward file is being expanded. ``owned``: an alias with an owner is,
    ``owner`` that of the last alias. ``is_resent``: what comes from :include: and .forward files goes out as a message of its own. ``user`` has the rights for files and commands.
    ``unmatched`` is the extension, with its delimiter, that was not part of what is being expanded.
    """

    recipient: RequestRecipient
    sender: str
    delivered: str
    level: int = 0
    kind: str = ""
    alias: str = ""
    forwarder: str = ""
    owned: bool = False
    owner: str = ""
    is_resent: bool = False
    user: User | None = None
    unmatched: str = ""

    @property
    def address(self) -> str:
        """The recipient's address, in internal form."""
        return self.recipient.address

    @property
    def original(self) -> str:
        """The address as it came in; an owner- alias hides it."""
        return self.recipient.original or ("" if self.owned else self.recipient.address)

    @property
    def local(self) -> str:
        """The local part in lower case."""
        return split_address(self.address)[0].lower()

    def names(self, config: Config) -> tuple[str, str]:
        """(user, extension) of the local part."""
        return read_extensions(config).split(self.local)

    def towards(self, address: str) -> Target:
        """The same expansion, for one of the addresses that it gave."""
        whom = replace_address(self.recipient, address, "" if self.owned else self.original)
        return replace(self, recipient=whom, level=self.level + STEP, unmatched="")

    def lacking(self, matched: str) -> str:
        """What of the local part (in lower case) comes after a part that was looked up."""
        return self.local[len(matched) :]


def _without_success(notify: int) -> int:
    """NOTIFY for a copy: the sender is told of success for the address that was expanded, not again for the copy."""
    if not notify & NOTIFY_SUCCESS:
        return notify
    return notify & ~NOTIFY_SUCCESS or NOTIFY_NEVER


Deliver = Callable[["Attempt", Target], Awaitable[None]]


def replace_address(recipient: RequestRecipient, address: str, original: str) -> RequestRecipient:
    """The recipient under another address."""
    return msgspec.structs.replace(recipient, address=address, original=original)


class Seen:
    """What a recipient's mail was delivered to already (postconf(5): duplicate_filter_limit).

    ``forward_files`` are the paths of .forward files that were opened, and whether the mail went to whom they name.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: set[str] = set()
        self._files: set[str] = set()
        self.forward_files: dict[str, bool] = {}

    def is_read_before(self, file: str) -> bool:
        """The same for a .forward or :include: file, without the limit: files that name each other would end never."""
        if file in self._files:
            return True
        self._files.add(file)
        return False

    def is_repeated(self, key: str) -> bool:
        """Whether this was seen before; from now on it was."""
        folded = key.lower()
        if folded in self._keys:
            return True
        if len(self._keys) < self._limit:
            self._keys.add(folded)
        return False


class Attempt:
    """One recipient of a request. ``deliver`` begins again with what an expansion gave."""

    def __init__(
        self,
        request: DeliveryRequest,
        recipient: RequestRecipient,
        content: ContentReader,
        context: LocalContext,
        seen: Seen,
        deliver: Deliver,
    ) -> None:
        self.request = request
        self.deliver = deliver
        self.content = content
        self.context = context
        self.seen = seen
        self.config = context.agent.config
        self.is_probe = bool(request.flags & (FLAG_VERIFY_ONLY | FLAG_PROBE))
        self._top = recipient
        self._started = context.agent.clock.now()
        self._parts: list[DeliveryResult] = []
        self._expansion: tuple[DeliveryResult, ...] = ()
        self._copies: dict[tuple[str, str, bool], list[RequestRecipient]] = {}
        self._copied = 0  # addresses in _copies
        self._passed: list[Pass] = []
        self._delivered = delivered_addresses(content)
        self._users: dict[str, User | None] = {}

    @property
    def first_target(self) -> Target:
        """The recipient as it was assigned."""
        return Target(self._top, self.request.sender, self._top.address)

    def is_delivered_before(self, address: str) -> bool:
        """Whether a Delivered-To: header names this address (a mail loop)."""
        return quote_address(address).lower() in self._delivered

    def find_user(self, name: str) -> User | None:
        """A user of this machine, looked up once."""
        if name not in self._users:
            self._users[name] = find_user(name)
        return self._users[name]

    def reached(self, target: Target) -> Target:
        """The target at the start of an expansion or a mailbox: Delivered-To: names it, unless frozen_delivered_to."""
        if self.config.frozen_delivered_to:
            return target
        return replace(target, delivered=target.address)

    # -- outcomes ------------------------------------------------------------------------

    def report(self, target: Target, outcome: Outcome, tells_owner: bool = False) -> None:
        """Log an outcome and keep it; with ``tells_owner`` a failure is the owner's."""
        status_filter = self.context.status_filter
        if status_filter and not self.is_probe:
            outcome = drive(filter_status(self.context.agent, status_filter, outcome))
        recipient = target.recipient
        if target.owned and not recipient.original:
            recipient = replace_address(recipient, recipient.address, "")
        result = report(self.context.agent, self.request, recipient, outcome, RELAY, self._started)
        if target.owned:
            owner = target.owner if tells_owner and result.status is Status.BOUNCED else ""
            result = msgspec.structs.replace(result, owner=owner, hides_original=True)
        self._parts.append(result)

    def note_expansion(self, is_list: bool) -> None:
        """An alias or a .forward file is expanded: who asked for news of success hears of that, and no more.

        A list (with an owner) counts as delivered (RFC 3461 section 5.2.7.1, 5.2.7.3).
        """
        if self._expansion or self.is_probe or not wants(self._top.notify, NOTIFY_SUCCESS):
            return
        expanded = self._base("alias expanded")
        self._expansion = (
            msgspec.structs.replace(
                expanded,
                action="" if is_list else "expanded",
                is_expansion=True,
                address=self._top.address,
                original="" if is_list else self._top.original,
            ),
        )

    def _base(self, text: str) -> DeliveryResult:
        """A result that has nothing against it."""
        return DeliveryResult(
            queue_id=self.request.queue_id,
            attempt=self.request.attempt,
            index=self._top.index,
            status=Status.SENT,
            dsn="2.0.0",
            text=text,
            relay=RELAY,
        )

    def warn(self, text: str) -> None:
        """A line in the log that says what is wrong here."""
        agent = self.context.agent
        agent.log.warning(agent.service, text)

    def send_on(self, target: Target) -> None:
        """Send a copy to this target, in a message of its own."""
        if self.has_too_many_copies or self.seen.is_repeated(f"indirect {target.address}"):
            return
        if self.is_probe:
            text = f"forwards to {quote_address(target.address)}"
            self.report(target, Outcome(Status.DELIVERABLE, "2.0.0", text))
            return
        key = (target.delivered, target.sender, target.owned)
        recipient = msgspec.structs.replace(
            target.recipient, notify=_without_success(target.recipient.notify)
        )
        self._copies.setdefault(key, []).append(recipient)
        self._copied += 1

    @property
    def has_too_many_copies(self) -> bool:
        """Whether the expansion is larger than anything that is meant; no copy goes out then."""
        return self._copied >= MOST_COPIES

    def pass_on(self, target: Target, service: str, nexthop: str) -> None:
        """Leave the delivery to another service of master.cf."""
        agent = self.context.agent
        whom = quote_address(target.address)
        text = f"{self.request.queue_id}: passing <{whom}> to transport={service}"
        agent.log.info(agent.service, text)
        recipient = target.recipient
        part = recipient.part * PARTS + len(self._passed) + 1
        notify = _without_success(recipient.notify) if self._expansion else recipient.notify
        passed = msgspec.structs.replace(recipient, part=part, notify=notify)
        self._passed.append(Pass(service, nexthop or self.request.nexthop, passed))

    # -- the end -------------------------------------------------------------------------

    def result(self) -> DeliveryResult:
        """What became of the recipient. Copies go out only when nothing is to be tried again."""
        forwards: list[Forward] = []
        if not self._is_deferred:
            forwards = self._forward()
        parts = tuple(self._parts)
        if not self._is_deferred:
            parts += self._expansion
        base, top = self._base(""), self._top
        plain = len(parts) == 1 and not self._passed
        return combine_results(
            parts[0] if plain else base,
            () if plain else parts,
            part=top.part,
            address=parts[0].address if plain else "",
            original=parts[0].original if plain else "",
            forwards=tuple(forwards),
            passed=self._sole_pass() if not parts and not forwards else tuple(self._passed),
        )

    @property
    def _is_deferred(self) -> bool:
        return any(part.status is Status.DEFERRED for part in self._parts)

    def _sole_pass(self) -> tuple[Pass, ...]:
        """What was passed on, marked if it is all that there is for the recipient."""
        if len(self._passed) != 1:
            return tuple(self._passed)
        only = self._passed[0]
        recipient = msgspec.structs.replace(only.recipient, is_sole=True)
        return (Pass(only.service, only.nexthop, recipient),)

    def _forward(self) -> list[Forward]:
        forwards: list[Forward] = []
        if self.has_too_many_copies:
            self.report(self.first_target, TOO_MANY)
            return forwards
        for (delivered, sender, owned), recipients in self._copies.items():
            queue_id = self.context.new_queue_id()
            target = replace(self.first_target, owned=owned)
            if not queue_id:
                text = "unable to forward mail: the queue cannot be reached"
                self.report(target, Outcome(Status.DEFERRED, "4.3.0", text))
                return []
            header = b""
            if "forward" in self.config.prepend_delivered_header:
                header = f"Delivered-To: {quote_address(delivered)}\n".encode(
                    "utf-8", "surrogateescape"
                )
            forwards.append(Forward(queue_id, sender, tuple(recipients), header))
        for forward in forwards:
            self.report(self.first_target, sent(f"forwarded as {forward.queue_id}"))
        return forwards
