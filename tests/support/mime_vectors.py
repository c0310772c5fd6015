"""Vectors of the mime topic: the parts of messages, quoted-printable, and tables for headers and body lines.

``X.ref`` is what the parser finds in ``X.in``; ``X.postmap_headers`` and ``X.postmap_body`` are its keys for
postmap; ``header_body_checks_X.json`` names a message, tables and what goes out, as the mail client has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.smtp.content_checks import CheckedContent, OutgoingChecks
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.message_keys import message_keys
from pyfixcli.mail.mime import Body, Event, Fault, Field, HeaderEnd, MimeParser, MimeRules, Place
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from tests.support.client_run import ListSink

RULES = MimeRules(
    header_size=2000, nesting=20, boundary_length=2000, converts=True, faults=frozenset(Fault)
)
PLACES = {Place.MAIN: "MAIN", Place.PART: "MULT", Place.NESTED: "NEST"}
TRUNCATED = "message header length exceeds safety limit"  # headers are cut silently
NO_TABLES = "(empty"

_OFFSET = re.compile(rb"^(?:\d+ )?((?:BODY [A-Z]|MAIN|MULT|NEST)) \d+\t\|")
_INTERNAL = re.compile(
    rb"(?:mime_state: (?!warning: .*: )|header_body_checks: warning: |HEADER END|BODY END)"
)


def check_parts(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``.ref`` file: headers and lines where they stand, and what is wrong."""
    parser = MimeParser(RULES)
    found: list[bytes] = []
    for line in path.with_suffix(".in").read_bytes().splitlines(keepends=True):
        found += _rows(parser.feed(line))
    found += _rows(parser.finish())
    wanted = [row for row in read_rows(path) if TRUNCATED.encode() not in row]
    return _text(wanted), _text(found)


def read_rows(path: Path) -> list[bytes]:
    """What the file says of headers, lines and faults, without offsets and the parser's inner life."""
    rows = path.read_bytes().removesuffix(b"\n").split(b"\n")
    return [_OFFSET.sub(rb"\1|", row) for row in rows if not _INTERNAL.match(row)]


def _rows(events: Iterable[Event]) -> list[bytes]:
    rows: list[bytes] = []
    for event in events:
        if isinstance(event, Field):
            name = PLACES[event.place].encode()
            rows += (name + b"|" + event.text).split(b"\n")
        elif isinstance(event, Body):
            lines = event.octets.removesuffix(b"\n").split(b"\n") if event.octets else []
            rows += [b"BODY N|" + line for line in lines]
        elif not isinstance(event, HeaderEnd):
            shown = re.sub(rb"[\x80-\xff\n\t]", b"?", event.text)
            rows.append(f"mime_state: warning: {event.fault.value}: ".encode() + shown)
    return rows


def _text(rows: Iterable[bytes]) -> str:
    return b"".join(row + b"\n" for row in rows).decode("utf-8", "backslashreplace")


def check_headers(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``.postmap_headers`` file."""
    return _check_keys(path, b"H", True)


def check_body(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``.postmap_body`` file."""
    return _check_keys(path, b"B", False)


def _check_keys(path: Path, value: bytes, has_headers: bool) -> tuple[str, str]:
    with path.with_suffix(".in").open("rb") as stream:
        keys = list(message_keys(stream, has_headers, not has_headers, MimeRules(separates=True)))
    found = b"".join(key + b"\t" + value + b"\n" for key in keys)
    expected = path.read_bytes()
    return _text(expected.split(b"\n")), _text(found.split(b"\n"))


def check_tables(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``header_body_checks_X.json`` file: the content, and the log."""
    case = json.loads(path.read_text())
    tables = {
        f"smtp_{name}": "" if table.startswith(NO_TABLES) else table
        for name, table in case["tables"].items()
    }
    rows = read_rows(path.parent / case["expected"])
    mark = b"header_body_checks: test-queueID: "
    wanted = [row for row in rows if not row.startswith(mark)]
    log = [row.removeprefix(mark) for row in rows if row.startswith(mark)]
    content = (path.parent / case["message"]).read_bytes()
    out, lines = _pass(tables, content)
    plain = [re.sub(rb"^(?:BODY N|MAIN|MULT|NEST)\|", b"", row) for row in wanted]
    found = [line.partition(": ")[2].replace("\n", "?").encode() for line in lines]
    rest = out.removesuffix(b"\n").split(b"\n")
    return _text([*plain, *map(_shorten, log)]), _text([*rest, *map(_shorten, found)])


def _shorten(line: bytes) -> bytes:
    """Without what follows sixty characters of a header or a line: 3.7 shows no more of them."""
    return b" ".join(line.split(b" ", 2)[:2]) + b" " + line.split(b" ", 2)[2][:60]


def _pass(tables: dict[str, str], content: bytes) -> tuple[bytes, list[str]]:
    config = Config("/nowhere", {"myhostname": "client.test", **tables})
    sink = ListSink()
    log = MailLog(sink, "postfix", "client.test", SystemClock())
    aliases = MapList(config, "", "alias_maps")
    context = AgentContext("smtp", config, log, SystemClock(), BlockingWaiter(), aliases)
    checked = CheckedContent(OutgoingChecks(context, "smtp"), RULES, "test-queueID")
    out = drive(checked.feed(content)) + drive(checked.finish())
    return out, sink.lines


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType(
    {
        "mime_*.ref": check_parts,
        "*.postmap_headers": check_headers,
        "*.postmap_body": check_body,
        "header_body_checks_*.json": check_tables,
    }
)
