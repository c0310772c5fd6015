"""Restriction lists: parsing them, and going through them for a command (SMTPD_ACCESS_README).

With smtpd_delay_reject everything about client, greeting and sender is decided at RCPT TO (or ETRN). The lists
are client, helo, sender, relay, recipient, data, end of data, etrn, in this order. An unknown name is
only found when the list gets there.
"""

from __future__ import annotations

from pyfixcli.access import actions
from pyfixcli.access.address_facts import AddressFacts
from pyfixcli.access.facts import Case, Dns, Subject
from pyfixcli.access.recipient_maps import RecipientMaps
from pyfixcli.access.refusal import Refusals
from pyfixcli.access.restriction import PERMIT, Need, Outcome, Permit, Restriction, Step
from pyfixcli.access.restrictions import RESTRICTIONS, TABLE_RESTRICTIONS
from pyfixcli.access.tables import AccessTables
from pyfixcli.base.errors import ConfigError
from pyfixcli.base.interfaces import interface_addresses
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.complaints import NO_RESULT
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.registry import split_names
from pyfixcli.maps.table import TableFailure
from pyfixcli.rewrite.address_class import own_addresses
from pyfixcli.rewrite.resolve import BAD_ADDRESS, Resolver
from pyfixcli.rewrite.rewrite import LOCAL, REMOTE, Rewriter

GUARDS = frozenset(
    ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit")
)
MAX_DEPTH = 20  # classes and table entries within each other
NULL_RECIPIENT = "MAILER-DAEMON"  # who gets mail for the null address
LOOKUP_FAILURE = (451, "4.3.0", "Temporary lookup failure")

_UNKNOWN = Restriction(actions.unknown_restriction)


class Access:
    """The restrictions of one service."""

    def __init__(
        self,
        config: Config,
        log: MailLog,
        service: str,
        rewriter: Rewriter,
        resolver: Resolver,
        waiter: Waiter,
        dns: Dns,
    ) -> None:
        self.config = config
        self.refusals = Refusals(config, log, service)
        self.dns = dns
        self.addresses = AddressFacts(config, rewriter, resolver, waiter)
        self.recipients = RecipientMaps(config, self.addresses, waiter)
        self.tables = AccessTables(config, waiter)
        self.own_addresses = own_addresses(config)
        if "all" in self.own_addresses:
            self.own_addresses |= interface_addresses()
        self.is_delayed = config.smtpd_delay_reject
        self._observer = waiter.observer
        self._networks = MatchList(config, config.mynetworks, "mynetworks", waiter)
        self._flushed = MatchList(config, config.fast_flush_domains, "fast_flush_domains", waiter)
        self._is_guarded = _is_guarded(config)
        self._classes = _class_names(config)
        self._permit_log = split_names(config.smtpd_log_access_permit_actions)
        self._parsed: dict[tuple[str, Subject], tuple[Step, ...]] = {}
        client, helo, sender, relay, recipient = (
            (config.smtpd_client_restrictions, Subject.CLIENT),
            (config.smtpd_helo_restrictions, Subject.HELO),
            (config.smtpd_sender_restrictions, Subject.SENDER),
            (config.smtpd_relay_restrictions, Subject.RECIPIENT),
            (config.smtpd_recipient_restrictions, Subject.RECIPIENT),
        )
        self._client, self._helo, self._sender = client, helo, sender
        self._recipient = (
            (relay, recipient)
            if config.smtpd_relay_before_recipient_restrictions
            else (recipient, relay)
        )

    def check_relaying(self) -> None:
        """ConfigError when nothing would keep strangers from sending mail to strangers."""
        if not self._is_guarded:
            raise ConfigError(
                "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at "
                "least one working instance of: reject_unauth_destination, "
                "defer_unauth_destination, reject, defer, defer_if_permit or check_relay_domains"
            )

    # -- commands ----------------------------------------------------------------------

    async def connect(self, case: Case) -> Reply | None:
        """Whether a client is greeted; None: it is."""
        return None if self.is_delayed else await self._judge(case, self._client)

    async def helo(self, case: Case) -> Reply | None:
        """HELO or EHLO."""
        return None if self.is_delayed else await self._judge(case, self._helo)

    async def mail(self, case: Case) -> Reply | None:
        """MAIL FROM."""
        if "@@" in (case.sender or "") and await self._is_malformed(case.sender or ""):
            return self._bad_syntax(case, "5.1.7", "sender", case.sender or "")
        if not self.is_delayed:
            refusal = await self._judge(case, self._sender)
            if refusal is not None:
                return refusal
            if self.config.smtpd_reject_unlisted_sender:
                return await self._unlisted_sender(case)
        return None

    async def rcpt(self, case: Case) -> Reply | None:
        """RCPT TO; None when the recipient is accepted."""
        case.deferral = None
        recipient = case.recipient or ""
        if "@@" in recipient and await self._is_malformed(recipient):
            return self._bad_syntax(case, "5.1.3", "recipient", recipient)
        try:
            refusal = await self._rcpt(case)
        except TableFailure as error:
            for line in str(error).split("\n"):
                if line:
                    self.refusals.warning(line)
            case.warns = False
            if str(error).endswith(NO_RESULT):
                return self.refusals.broken(case)
            code, dsn, text = LOOKUP_FAILURE
            address = case.sender if case.subject is Subject.SENDER else case.recipient
            return self.refusals.refuse(case, code, dsn, f"<{address}>: {text}")
        if refusal is None and case.deferral is not None:
            self.refusals.note(case, "reject", str(case.deferral))
            return case.deferral
        return refusal

    async def route(self, address: str) -> tuple[str, str] | None:
        """(next hop, transport) of mail for an address; None when it cannot be told."""
        try:
            found = await self.addresses.resolve(address or NULL_RECIPIENT)
        except TableFailure:
            return None
        return None if found.failure else (found.nexthop, found.transport)

    async def _is_malformed(self, address: str) -> bool:
        """Whether nothing is left of an address when our own domains are taken off."""
        return (await self.addresses.resolve(address)).nexthop == BAD_ADDRESS

    def _bad_syntax(self, case: Case, dsn: str, what: str, address: str) -> Reply:
        text = f"Illegal address syntax from {case.client} in {case.verb} command: <{address}>"
        self.refusals.warning(text)
        return Reply(501, dsn, f"Bad {what} address syntax")

    async def _rcpt(self, case: Case) -> Reply | None:
        if self.is_delayed:
            for rules in (self._client, self._helo, self._sender):
                if rules[0]:
                    refusal = await self._judge(case, rules)
                    if refusal is not None:
                        return refusal
            if self.config.smtpd_reject_unlisted_sender:
                refusal = await self._unlisted_sender(case)
                if refusal is not None:
                    return refusal
        for rules in self._recipient:
            if rules[0]:
                refusal = await self._judge(case, rules)
                if refusal is not None:
                    return refusal
        if self.config.smtpd_reject_unlisted_recipient:
            case.subject = Subject.RECIPIENT
            return await self.unlisted(case, case.recipient or "")
        return None

    async def data(self, case: Case) -> Reply | None:
        """DATA or the first BDAT."""
        return await self._judge(case, (self.config.smtpd_data_restrictions, Subject.DATA))

    async def end_of_data(self, case: Case) -> Reply | None:
        """The end of the content."""
        text = self.config.smtpd_end_of_data_restrictions
        return await self._judge(case, (text, Subject.END_OF_DATA))

    async def verify(self, case: Case) -> Reply | None:
        """VRFY of ``case.recipient``: what RCPT TO would be told."""
        return await self.rcpt(case)

    async def etrn(self, case: Case) -> Reply | None:
        """ETRN for the domain in ``case.recipient``."""
        if self.is_delayed:
            for rules in (self._client, self._helo):
                refusal = await self._judge(case, rules)
                if refusal is not None:
                    return refusal
        rules = (self.config.smtpd_etrn_restrictions, Subject.ETRN)
        refusal = await self._judge(case, rules)
        domain = case.recipient or ""
        if refusal is not None or await self._flushed.matches_domain(domain):
            return refusal
        self.refusals.warning(f"reject: ETRN {domain}... from {case.client}")
        return Reply(459, "", f"<{domain}>: service unavailable")

    async def _unlisted_sender(self, case: Case) -> Reply | None:
        case.subject = Subject.SENDER
        return await self.unlisted(case, case.sender or "")

    async def unlisted(self, case: Case, address: str) -> Reply | None:
        """The refusal of an address that our tables do not have, though they should."""
        is_sender = case.subject is Subject.SENDER
        whose = "" if is_sender else case.sender or ""
        found = await self.recipients.problem(address, is_sender, whose)
        if found is None:
            return None
        dsn = "5.1.0" if is_sender and not found.is_routed else found.dsn
        return self.refusals.reject(case, found.code, dsn, found.text)

    async def is_trusted(self, case: Case) -> bool:
        """Whether the client is in mynetworks; asked once a session."""
        if case.is_trusted is None:
            client = case.client
            case.is_trusted = await self._networks.matches_client(client.name, client.address)
        return case.is_trusted

    async def rewrite_context(self, case: Case) -> str:
        """Whether header addresses are completed as local ones (local_header_rewrite_clients)."""
        text = address_maps(self.config.local_header_rewrite_clients)
        outcome = await self.evaluate(case, text, Subject.CLIENT)
        return LOCAL if outcome is PERMIT else REMOTE

    def open_tables(self) -> None:
        """Open all tables that restrictions name: what a text table has is as of the start of the service."""
        config, lists = self.config, [self._client, self._helo, self._sender, *self._recipient]
        lists += [
            (config.smtpd_data_restrictions, Subject.DATA),
            (config.smtpd_end_of_data_restrictions, Subject.END_OF_DATA),
            (config.smtpd_etrn_restrictions, Subject.ETRN),
        ]
        for text, subject in lists:
            for step in self.parse(text, subject):
                if ":" in step.argument:
                    self.tables.prepare(step.argument)

    # -- lists -------------------------------------------------------------------------

    async def _judge(self, case: Case, rules: tuple[str, Subject]) -> Reply | None:
        text, subject = rules
        if not text:
            return None
        case.softening = None
        outcome = await self.evaluate(case, text, subject)
        return None if isinstance(outcome, Permit) else outcome

    async def evaluate(self, case: Case, text: str, subject: Subject) -> Outcome:
        """Go through a list until a restriction decides."""
        steps = self._parsed.get((text, subject))
        if steps is None:
            steps = self._parsed[text, subject] = self.parse(text, subject)
        return await self.run(case, steps, subject)

    async def run(self, case: Case, steps: tuple[Step, ...], subject: Subject) -> Outcome:
        """Go through parsed restrictions."""
        for step in steps:
            outcome = await self._take(case, step, subject)
            if outcome is PERMIT and step.restriction.is_logged:
                self.note_permit(case, step.name)
            if outcome is not None:
                if self._observer is not None:
                    self._observer.note_verdict(step.name, case.name, _verdict(outcome))
                return outcome
        return None

    async def _take(self, case: Case, step: Step, subject: Subject) -> Outcome:
        restriction = step.restriction
        case.subject = restriction.subject or subject
        if restriction.subject is not None and not _is_known(case, restriction.subject):
            return None
        warned, case.warns = case.warns, case.warns or step.warns
        try:
            return await restriction.check(self, case, step.argument)
        finally:
            case.warns = warned

    def note_permit(self, case: Case, name: str, table: str = "") -> None:
        """smtpd_log_access_permit_actions."""
        if not self._permit_log or not _is_listed(name, self._permit_log):
            return
        source = f"from {table}" if table else ""
        text = f"action={name} for {case.subject.value}={case.name} {source}"
        self.refusals.note(case, "permit", text)

    def parse(self, text: str, subject: Subject) -> tuple[Step, ...]:
        """The steps of a list; what is wrong with it is found when it is evaluated."""
        return tuple(_steps(split_names(text), subject, self._classes))

    async def restriction_class(self, case: Case, name: str) -> Outcome:
        """A list that has a name of its own (smtpd_restriction_classes)."""
        if case.depth > MAX_DEPTH:
            return self.refusals.broken(case)
        case.depth += 1
        subject = case.subject
        try:
            return await self.evaluate(case, self.config.text(name), subject)
        finally:
            case.depth -= 1
            case.subject = subject


def _is_guarded(config: Config) -> bool:
    """Whether a restriction keeps this from being an open relay."""
    text = f"{config.smtpd_relay_restrictions} {config.smtpd_recipient_restrictions}"
    return not GUARDS.isdisjoint(name.lower() for name in split_names(text))


def _class_names(config: Config) -> frozenset[str]:
    return frozenset(split_names(config.smtpd_restriction_classes))


def _is_listed(name: str, patterns: list[str]) -> bool:
    return any(pattern in (name, "static:all") for pattern in patterns)


def _verdict(outcome: Reply | Permit) -> str:
    return outcome.value if isinstance(outcome, Permit) else str(outcome)


def _is_known(case: Case, subject: Subject) -> bool:
    if subject is Subject.HELO:
        return bool(case.helo)
    if subject is Subject.SENDER:
        return case.sender is not None
    return subject is not Subject.RECIPIENT or case.recipient is not None


async def _class(access: Access, case: Case, name: str) -> Outcome:
    return await access.restriction_class(case, name)


_CLASS = Restriction(_class, is_logged=False)


def _steps(words: list[str], subject: Subject, classes: frozenset[str]) -> list[Step]:
    steps: list[Step] = []
    warns = False
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        name = word.lower()
        if name == "warn_if_reject":
            warns = True
            continue
        step = _step(word, name, subject, classes)
        if step.restriction.need is not Need.NOTHING and not step.argument:
            argument = words[place] if place < len(words) else ""
            place += 1
            step = Step(step.name, step.restriction, _unwrap(argument), warns)
        steps.append(Step(step.name, step.restriction, step.argument, warns))
        warns = False
    return steps


def _unwrap(argument: str) -> str:
    """An argument without the braces around it."""
    return argument[1:-1].strip() if argument.startswith("{") else argument


def _step(word: str, name: str, subject: Subject, classes: frozenset[str]) -> Step:
    found = RESTRICTIONS.get(name)
    if found is not None:
        return Step(name, found)
    if word in classes:
        return Step(word, _CLASS, word)
    if ":" in word and subject in TABLE_RESTRICTIONS:
        return Step(word, TABLE_RESTRICTIONS[subject], word)
    return Step(word, _UNKNOWN, word)


def address_maps(text: str) -> str:
    """local_header_rewrite_clients with ``type:table`` alone written as the check that it stands for."""
    words = split_names(text)
    return " ".join(
        word if ":" not in word or before.startswith("check_") else f"check_address_map {word}"
        for before, word in zip(["", *words], words, strict=False)
    )
