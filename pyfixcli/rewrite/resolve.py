"""From a recipient to transport, next hop and recipient, as trivial-rewrite(8) resolves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import is_utf8, needs_quotes, split_address
from pyfixcli.mail.hostname import address_problem, is_hostname, literal_problem
from pyfixcli.mail.tok822 import QUOTED, Token, address_tokens, header_form, internal_form, scan
from pyfixcli.maps.address_lookup import AddressLookup, Found, LookupFailed
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.table import TableFailure
from pyfixcli.rewrite.address_class import AddressClass, Domains
from pyfixcli.rewrite.rewrite import RewriteRules, domain_tokens, rewrite_tokens
from pyfixcli.rewrite.transport_map import INTERVAL, TransportMap

BAD_ADDRESS = "5.1.3 bad address syntax"
MAX_ROUTE = 50


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a recipient goes. ``recipient`` is in internal form.

    With ``transport`` error the ``nexthop`` is the status code and text of the refusal. ``failure`` is
    set, and nothing else counts, when a table could not be read: try again later.
    """

    transport: str
    nexthop: str
    recipient: str
    address_class: AddressClass
    failure: str = ""


def filter_route(content_filter: str, default_nexthop: str, recipient: str) -> Resolved:
    """Where a recipient goes whose message has a content filter, ``transport:destination`` (FILTER_README)."""
    transport, _, nexthop = content_filter.partition(":")
    default = default_nexthop or split_address(recipient)[1] or ""
    return Resolved(transport, nexthop or default, recipient, AddressClass.DEFAULT)


REFUSING = frozenset(("error", "retry"))  # their next hop is a text
UNDELIVERABLE = "Address is undeliverable"


class Resolver:
    """Resolves addresses of one view of the configuration."""

    def __init__(self, config: Config, waiter: Waiter, warn: Callable[[str, str], None]) -> None:
        self._config = config
        self._warn = warn
        self.domains = Domains(config, waiter)
        self._transports = TransportMap(config, waiter)
        self._waiter = waiter
        self._told: dict[str, float] = {}
        self._sender_relays = (
            self._senders("sender_dependent_relayhost_maps"),
            config.empty_address_relayhost_maps_lookup_key,
        )
        self._sender_transports = (
            self._senders("sender_dependent_default_transport_maps"),
            config.empty_address_default_transport_maps_lookup_key,
        )
        self._relocated = AddressLookup.of(config, "relocated_maps", self.domains.is_own, waiter)
        self._rules = RewriteRules(
            origin=config.myorigin,
            domain=config.mydomain,
            append_at_myorigin=False,
            append_dot_mydomain=config.append_dot_mydomain,
            swap_bangpath=config.swap_bangpath,
            allow_percent_hack=config.allow_percent_hack,
        )

        self._marks = frozenset(
            mark
            for mark, is_used in (
                ("!", config.swap_bangpath),
                ("%", config.allow_percent_hack),
            )
            if is_used
        )

    @property
    def asks_sender(self) -> bool:
        """Whether it may matter who sends."""
        return bool(self._sender_relays[0] or self._sender_transports[0])

    def _senders(self, name: str) -> AddressLookup:
        """Whoever chooses a sender's address must not choose where mail goes: nothing of it goes into a value."""
        return AddressLookup.of(self._config, name, _has_no_users, self._waiter, is_guarded=True)

    async def resolve(self, sender: str, recipient: str) -> Resolved:
        """Resolve a rewritten address; ``sender`` matters for the sender-dependent maps."""
        try:
            return await self._resolve(sender, recipient)
        except TableFailure as error:
            for line in str(error).split("\n"):
                self._warn("trivial-rewrite", line)
            failed = Resolved("", "", recipient, AddressClass.DEFAULT)
            return replace(failed, failure="4.3.0 address resolver failure")

    def _use(self, parameter: str, value: str) -> str:
        """The value of a parameter that decides; an observer is told of it."""
        if value and self._waiter.observer is not None:
            self._waiter.observer.note_setting(parameter, value)
        return value

    async def _resolve(self, sender: str, recipient: str) -> Resolved:
        if not recipient:
            name = self._use("empty_address_recipient", self._config.empty_address_recipient)
            recipient = f"{name}@{self._config.myorigin}"
        name, domain, local = await self._strip_local(recipient)
        if local:
            name = name or "MAILER-DAEMON"
            address = f"{name}@{domain}"
        else:
            address = name
        if not self._is_valid(address, domain):
            return Resolved("error", BAD_ADDRESS, address, AddressClass.DEFAULT)
        found = await self._route(sender, address, domain, local)
        return await self._override(found, domain)

    async def _strip_local(self, recipient: str) -> tuple[str, str, bool]:
        """Take our own domains off the end; (what is left, its domain, whether it is local)."""
        text, saved = recipient, self._config.myhostname
        for _ in range(MAX_ROUTE):
            local, at, domain = text.rpartition("@")
            if not at:
                if self._marks.isdisjoint(text):
                    return text, saved, True
                text = self._readdress(text)
                continue
            domain = domain[:-1] if domain.endswith(".") and len(domain) > 1 else domain
            if self._config.resolve_numeric_domain and domain and not address_problem(domain):
                domain = f"[{domain}]"
                text = f"{local}@{domain}"
            if domain and not await self.domains.is_local(domain):
                return text, domain, False
            if not domain and self._config.resolve_null_domain:
                domain = self._config.myhostname
            if self._is_opaque(local):
                return local, domain, True
            saved, text = domain, self._complete(local)
        return text, "", True

    def _readdress(self, text: str) -> str:
        """``host!user`` or ``user%host`` as an address; only the first form separates words by blanks."""
        tokens = rewrite_tokens(scan(text), self._rules)
        has_bang = self._rules.swap_bangpath and "!" in text
        return header_form(tokens) if has_bang else internal_form(tokens)

    def _is_opaque(self, local: str) -> bool:
        """Whether operators in a local part mean nothing, since it was quoted (resolve_dequoted_address)."""
        return not self._config.resolve_dequoted_address and needs_quotes(local)

    def _complete(self, text: str) -> str:
        """What stood before a domain of ours: an address again, or a local part."""
        local, at, domain = text.rpartition("@")
        if not at:
            return text
        if not is_hostname(domain):
            return header_form(address_tokens(text))
        tokens = [Token(QUOTED, local), Token("@", "@"), *domain_tokens(domain)]
        if local.startswith("@"):  # a source route
            tokens = scan(text)
        return header_form(rewrite_tokens(tokens, self._rules))

    def _is_valid(self, address: str, domain: str) -> bool:
        if address.startswith("-") and not self._config.allow_min_user:
            return False
        if domain.startswith("["):
            problem = literal_problem(domain)
            if problem:
                self._warn("trivial-rewrite", problem)
            if self._config.resolve_numeric_domain and not address_problem(domain[1:-1]):
                return True  # IPv6 without its tag, as it came
            return problem is None and domain.endswith("]")
        if not address.isascii() and not self._is_valid_utf8(address, domain):
            return False
        return is_hostname(domain)

    def _is_valid_utf8(self, address: str, domain: str) -> bool:
        """With SMTPUTF8 all of it must be UTF-8; without, the domain must be ASCII."""
        return is_utf8(address) if self._config.smtputf8_enable else domain.isascii()

    async def _route(self, sender: str, address: str, domain: str, local: bool) -> Resolved:
        config = self._config
        kind = AddressClass.LOCAL if local else await self.domains.classify(domain)
        await self._warn_of_overlap(domain, kind)
        if local:
            spec = self._use("local_transport", config.local_transport)
            return self._by(spec, config.myhostname, address, kind)
        if kind is AddressClass.VIRTUAL_ALIAS:
            text = "5.1.1 User unknown"
            if config.show_user_unknown_table_name:
                text += " in virtual alias table"
            return Resolved("error", text, address, kind)
        if kind is AddressClass.VIRTUAL_MAILBOX:
            spec = self._use("virtual_transport", config.virtual_transport)
            return self._by(spec, domain, address, kind)
        if kind is AddressClass.RELAY:
            spec = self._use("relay_transport", config.relay_transport)
        else:
            spec = await self._by_sender(self._sender_transports, sender)
            spec = spec or self._use("default_transport", config.default_transport)
        return await self._send_away(self._by(spec, "", address, kind), sender, domain)

    async def _warn_of_overlap(self, domain: str, kind: AddressClass) -> None:
        found = await self.domains.overlap(domain, kind)
        if found is not None:
            one, other = found
            text = f"do not list domain {domain} in BOTH {one} and {other}"
            self._warn("trivial-rewrite", text)

    async def _send_away(self, found: Resolved, sender: str, domain: str) -> Resolved:
        """The next hop of the transport itself comes first, then a relay host, then the domain."""
        if found.nexthop:
            return found
        relay = await self._by_sender(self._sender_relays, sender)
        relay = relay or self._use("relayhost", self._config.relayhost)
        return replace(found, nexthop=relay or domain)

    async def _by_sender(self, table: tuple[AddressLookup, str], sender: str) -> str:
        """The value for a sender, by address or ``@domain``; empty when there is none, or DUNNO."""
        lookup, null_key = table
        if not lookup:
            return ""
        found = await self._find(lookup, sender or null_key)
        return "" if found is None or found.value == "DUNNO" else found.value

    def _by(self, spec: str, nexthop: str, address: str, kind: AddressClass) -> Resolved:
        """``transport:nexthop``; an empty next hop means the one that the class gives."""
        transport, _, explicit = spec.partition(":")
        return Resolved(transport, explicit or nexthop, address, kind)

    async def _override(self, found: Resolved, domain: str) -> Resolved:
        """relocated_maps and transport_maps have the last word, but unknown virtual aliases have no transport."""
        if self._relocated:
            moved = await self._find(self._relocated, found.recipient)
            if moved is not None:
                nexthop = f"5.1.6 User has moved to {moved.value}"
                return replace(found, transport="error", nexthop=nexthop)
        if found.address_class is AddressClass.VIRTUAL_ALIAS:
            return found
        entry = await self._transports.find(found.recipient)
        if entry is None:
            return found
        transport, nexthop = entry
        if transport:
            default = UNDELIVERABLE if transport in REFUSING else domain
            return replace(found, transport=transport, nexthop=nexthop or default)
        return replace(found, nexthop=nexthop or found.nexthop)

    async def _find(self, lookup: AddressLookup, address: str) -> Found | None:
        """What tables say of an address. Raises TableFailure; that a table fails is said once in a while."""
        try:
            return await lookup.find(address)
        except LookupFailed as failed:
            lines = list(failed.warnings)
            if time.monotonic() - self._told.get(lookup.title, -INTERVAL) >= INTERVAL:
                self._told[lookup.title] = time.monotonic()
                lines.append(f"{lookup.title} lookup failure")
            raise TableFailure("\n".join(lines)) from failed


async def _has_no_users(domain: str) -> bool:
    """Senders are looked up with their domain only."""
    return False
