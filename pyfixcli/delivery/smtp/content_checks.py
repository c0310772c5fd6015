"""What tables say of content that goes out: smtp_header_checks and the like, lmtp_header_checks (header_checks(5)).

Data flow: content -> headers and body text of the message and its parts -> each header and body line past its tables ->
content. Only actions that change text or log it have a meaning here, since others have decided where the message goes.

Diagnostics: what the actions did, warnings about values that make no sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.smtp.generic import GenericMap
from pyfixcli.mail.body_lines import BodyLine, BodyLines
from pyfixcli.mail.content_action import EDITING, Case, Checked, keep
from pyfixcli.mail.mime import Body, Event, Field, MimeParser, MimeRules, Place
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

SHOWN = 60  # characters of a header or line in the log
HEADER, BODY = "header", "body"
NO_LIMIT = 1 << 62  # body_checks_size_limit is for mail that comes in

_VALUE = re.compile(r"(\S*)\s*(.*?)\s*", re.DOTALL)


class ChecksFailure(Exception):
    """A table could not answer: the message cannot go out now. Logged already."""


class OutgoingChecks:
    """The tables of one service. ``prefix`` is smtp or lmtp. True when there are any."""

    def __init__(self, context: AgentContext, prefix: str) -> None:
        config = context.config
        self.context = context
        self.header = _open(config, f"{prefix}_header_checks")
        self.mime_header = _open(config, f"{prefix}_mime_header_checks")
        self.nested_header = _open(config, f"{prefix}_nested_header_checks")
        self.body = _open(config, f"{prefix}_body_checks")
        self._is_any = any((self.header, self.mime_header, self.nested_header, self.body))

    def __bool__(self) -> bool:
        return self._is_any

    def tables_of(self, field: Field) -> MapList:
        """Those for a header."""
        if field.is_mime:
            return self.mime_header
        return self.nested_header if field.place is Place.NESTED else self.header


def _open(config: Config, name: str) -> MapList:
    return MapList(config, config.text(name), name)


class CheckedContent:
    """One message on its way out. ``rules`` say how its parts are found, and whether they are converted.

    ``generic`` has the addresses that go out in the header of the message, after the tables have looked at it.
    """

    def __init__(
        self,
        checks: OutgoingChecks,
        rules: MimeRules,
        queue_id: str,
        generic: GenericMap | None = None,
    ) -> None:
        self._checks = checks
        self._generic = generic
        self._parser = MimeParser(rules)
        self._lines = BodyLines(rules.line_length, NO_LIMIT)
        self._queue_id = queue_id

    async def feed(self, octets: bytes) -> bytes:
        """The next octets with LF line ends; what goes out by then. Raises ChecksFailure, GenericFailure."""
        return await self._pass(self._parser.feed(octets))

    async def finish(self) -> bytes:
        """The rest."""
        out = await self._pass(self._parser.finish())
        return out + await self._pass_lines(self._lines.finish())

    async def _pass(self, events: list[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if isinstance(event, Field):
                out.append(await self._pass_header(event))
            elif isinstance(event, Body) and not self._checks.body:
                out.append(event.octets)
            elif isinstance(event, Body):
                lines = self._lines.feed(event.octets, event.starts)
                out.append(await self._pass_lines(lines))
        return b"".join(out)

    async def _pass_header(self, field: Field) -> bytes:
        """A header that a table replaces has its addresses from there."""
        out = await self._judge(HEADER, self._checks.tables_of(field), field.text, b"\n")
        if (
            not self._generic
            or field.place is not Place.MAIN
            or not out.endswith(field.text + b"\n")
        ):
            return out
        return out[: -len(field.text) - 1] + await self._generic.map_header(field.text) + b"\n"

    async def _pass_lines(self, lines: Iterator[BodyLine]) -> bytes:
        body = self._checks.body
        return b"".join(
            [
                await self._judge(BODY, body, line.text, line.end)
                if line.is_checked
                else line.text + line.end
                for line in lines
            ]
        )

    async def _judge(self, kind: str, tables: MapList, text: bytes, end: bytes) -> bytes:
        """What becomes of a header or a line with its end."""
        value = await self._find(kind, tables, text) if tables else None
        if value is None:
            return text + end
        checked = apply_action(self._case(kind, tables.title, text), value)
        before = f"{checked.before}\n" if checked.before else ""
        kept = b"" if checked.text is None else checked.text + end
        return before.encode("utf-8", "surrogateescape") + kept

    async def _find(self, kind: str, tables: MapList, text: bytes) -> str | None:
        context = self._checks.context
        key = text.decode("utf-8", "surrogateescape")
        try:
            return await tables.find(key, context.waiter)
        except TableFailure as failure:
            what = f"{self._queue_id}: smtp {kind} checks lookup error"
            for warning in (*complaints(str(failure), key), what):
                context.log.warning(context.service, warning)
            raise ChecksFailure from failure

    def _case(self, kind: str, name: str, text: bytes) -> Case:
        context = self._checks.context
        shown = text.decode("utf-8", "surrogateescape")[:SHOWN]

        def note(action: str, detail: str) -> None:
            line = f"{self._queue_id}: {action}: {kind} {shown}"
            context.log.info(context.service, f"{line}: {detail}" if detail else line)

        def warn(warning: str) -> None:
            context.log.warning(context.service, warning)

        return Case(name, kind == HEADER, text, note, warn)


def apply_action(case: Case, value: str) -> Checked:
    """Do what a table's value says."""
    found = _VALUE.fullmatch(value)
    word, detail = found.groups() if found is not None else ("", "")
    action = EDITING.get(word.upper())
    if action is None:
        case.warn(f"unsupported command in {case.name} map: {value}")
        return keep(case, detail)
    return action(case, detail)
