"""Vectors of the bounce topic: notices from a queue file and a bounce log, and template files.

``X-no-thread.ref`` and ``X-with-thread.ref`` are notices about ``msgfile-X`` with the results in ``logfile-X``;
``templates_FORMAT.expected`` is what ``postconf -t`` shows with that header_from_format, and
``templates_duplicated.cf`` a template file that gives the standard one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pyfixcli.bounce import template as templates
from pyfixcli.bounce.notice import Kind, Notice, compose
from pyfixcli.bounce.report import ReportedRecipient
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.envelope import Envelope

NOW = 1726092537.0
SETTINGS = {"mail_name": "Postfix", "smtputf8_enable": "no"}
TEMPLATES = "templates_standard.expected"
FORMATS = {"standard", "obsolete"}


def check_notice(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``.ref`` file."""
    name, _, threading = path.stem.rpartition("-message-id-")
    stem = f"{name}-message-id"
    message = dict[str, list[bytes]]()
    for kind, data in read_records((path.parent / f"msgfile-{stem}").read_bytes()):
        message.setdefault(kind, []).append(data)
    content = b"".join(line + b"\n" for line in message["N"])
    results = _read_log(path.parent / f"logfile-{stem}")
    return normalize(path.read_text()), normalize(
        make_notice(message, content, results, threading == "with-thread")
    )


def make_notice(
    message: dict[str, list[bytes]], content: bytes, results: dict[str, str], is_threaded: bool
) -> str:
    """The notice about a message, without the explanation."""
    config = Config("/nowhere", {**SETTINGS, "myhostname": "mail.example"})
    known = [a.decode() for a in message["A"] if a.startswith(b"message_id=")]
    envelope = Envelope(
        queue_id="msgid",
        sender=message["S"][0].decode(),
        recipients=(),
        arrival_time=float(message["T"][0].split()[0]),
        size=len(content),
        envid="TEST-ENVID",
        message_id=known[0].partition("=")[2] if known else "",
    )
    recipient = ReportedRecipient(
        address=results["recipient"],
        original=results["original_recipient"],
        orcpt=f"rfc822;{results['original_recipient']}",
        action="failed",
        dsn=results["status"],
        text=results["reason"],
        remote_mta=results["mta_mname"],
        diagnostic_type=results["diag_type"],
        diagnostic=results["diag_text"],
    )
    notice = Notice(
        kind=Kind.BOUNCE,
        sender="",
        recipient="test-recipient",
        log_text="",
        template=replace(templates.BUILT_IN[templates.FAILURE], text=""),
        encoding="7bit",
        thread=envelope.message_id if is_threaded else "",
    )
    return b"".join(compose(notice, envelope, (recipient,), [content], config, NOW)).decode()


def normalize(text: str) -> str:
    """What differs between releases or runs is made the same.

    Since 3.8 there is a blank after ``rfc822;``; cleanup adds no Date: in the vectors; our mail client knows its
    servers by DNS names only, so the type of the remote MTA is always dns.
    """
    text = re.sub(r"\A(Date: .*\n)", "", text)
    text = re.sub(r"msgid\.[^/]+/", "msgid.EPOCH/", text)
    text = re.sub(r"(?m)^Arrival-Date: .*$", "Arrival-Date: DATE", text)
    text = re.sub(r"(?m)^(Original-Recipient: \S+;) ", r"\1", text)
    return re.sub(r"(?m)^Remote-MTA: \S+; ", "Remote-MTA: dns; ", text).rstrip("\n")


def read_records(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(type, content) of each record of a queue file in Postfix's format."""
    position = 0
    while position < len(data):
        kind = chr(data[position])
        length = shift = 0
        while True:
            position += 1
            octet = data[position]
            length |= (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                break
        position += 1
        yield kind, data[position : position + length]
        position += length


def _read_log(path: Path) -> dict[str, str]:
    found = {}
    for line in path.read_text().splitlines():
        name, equals, value = line.partition(" = ")
        if equals:
            found[name] = value
    return found


def check_templates(path: Path) -> tuple[str, str]:
    """(expected, actual) of a ``templates_FORMAT.expected`` file."""
    name = path.stem.removeprefix("templates_")
    settings = {**SETTINGS, "myhostname": "example.com", "header_from_format": name}
    shown = templates.format_templates(
        templates.Templates(templates.BUILT_IN), Config("/nowhere", settings)
    )
    return path.read_text(), shown


def check_template_file(path: Path) -> tuple[str, str]:
    """(expected, actual) of a template file that gives the standard templates."""
    config = Config("/nowhere", {**SETTINGS, "myhostname": "example.com"})
    shown = templates.format_templates(templates.read_templates(str(path)), config)
    return (path.parent / TEMPLATES).read_text(), shown


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType(
    {
        "*-thread.ref": check_notice,
        "templates_*.expected": check_templates,
        "templates_*.cf": check_template_file,
    }
)
