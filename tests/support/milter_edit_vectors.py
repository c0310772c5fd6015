"""Vectors of what milters ask for: a message as records, a script of requests, and the records that come of it.

Checked is the content. Recipients and senders, which the scripts change too, are looked at by the flow tests: a case has no configuration that
they could be mapped by.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from pyfixcli.cleanup.checks import ContentChecks, Effects, IncomingCase, apply_action
from pyfixcli.cleanup.milter_edit import edit_headers, new_body, own_received, split_content
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.protocol.milter import AddHeader, Change, ChangeHeader, InsertHeader, ReplaceBody

TABLES = "milter_header_checks"


def check_records(path: Path) -> tuple[str, str]:
    """(expected, actual) content of an ``expected_records.json``."""
    directory = path.parent
    (script,) = directory.glob("*.in*")
    requests = [line.split(None, 1) for line in script.read_text().splitlines() if line.strip()]
    tables = " ".join(words[1] for words in requests if words[0] == "header_checks")
    kind, _, name = tables.partition(":")
    setting = {TABLES: f"{kind}:{directory / name}"} if tables else {}
    before = read_content(directory / "initial_records.json").encode()
    edit = apply_requests(before, list(read_requests(directory, requests)), Config("/", setting))
    return read_content(path), asyncio.run(edit).decode()


def read_content(path: Path) -> str:
    """The lines of the message."""
    lines = [text for kind, text in json.loads(path.read_text()) if kind == "regular_text"]
    return "".join(f"{line}\n" for line in lines)


def read_requests(directory: Path, requests: list[list[str]]) -> Iterator[Change]:
    """What a milter would ask for; the positions of a script to insert at count from 1, those of the protocol from 0."""
    for word, *rest in requests:
        words = (
            rest[0].split(None, 2 if word in ("ins_header", "upd_header") else 1) if rest else []
        )
        octets = [text.encode() for text in words]
        if word == "add_header":
            yield AddHeader(octets[0], octets[1])
        elif word == "ins_header":
            yield InsertHeader(int(words[0]) - 1, octets[1], octets[2])
        elif word == "upd_header":
            yield ChangeHeader(int(words[0]), octets[1], octets[2])
        elif word == "del_header":
            yield ChangeHeader(int(words[0]), octets[1], b"")
        elif word == "replbody":
            yield ReplaceBody((directory / words[0]).read_bytes())


async def apply_requests(content: bytes, changes: list[Change], config: Config) -> bytes:
    """The content afterwards. Each new body of a script stands for the one before it."""
    checks = ContentChecks(config, TABLES, BlockingWaiter())
    effects = Effects()

    async def judge(header: bytes) -> bytes | None:
        value = await checks.find(header) if checks and not effects.ends_checks else None
        if value is None:
            return header
        case = IncomingCase(
            TABLES, True, header, lambda action, detail: None, lambda warning: None, effects
        )
        return apply_action(case, value).text

    headers, old = split_content([content])
    hidden = own_received(headers, is_added=True)
    edited = await edit_headers(headers, changes, hidden, keeps_space=False, judge=judge)
    bodies = [change for change in changes if isinstance(change, ReplaceBody)]
    body = new_body(bodies[-1:])
    if effects.discard or (edited == headers and body is None):
        return content  # what is thrown away need not be changed
    rest = b"".join(old) if body is None else body
    return b"".join(header + b"\n" for header in edited) + b"\n" + rest


ADAPTERS = MappingProxyType({"expected_records.json": check_records})
