"""Vectors of the queuefile topic: what postcat prints of the records of a queue file.

``OPTIONS.expected`` is the output with these options (``default``: none). What a milter asks for (``milter_edit/``) is
checked by milter_edit_vectors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from pyfixcli.present.postcat_text import (
    EVERYTHING,
    Message,
    Options,
    Record,
    format_time,
    print_message,
)
from tests.support.bounce_vectors import read_records

NAME = "test-queue-file"
DEFAULT = "default"
LABELS = {"C": "message_size", "F": "sender_fullname", "S": "sender"} | {
    "O": "original_recipient",
    "R": "recipient",
}


def check_output(path: Path) -> tuple[str, str]:
    """(expected, actual) of an ``.expected`` file."""
    shown = EVERYTHING if path.stem == DEFAULT else frozenset(path.stem)
    parts: dict[str, list[Record]] = {"": [], "M": [], "X": [], "E": []}
    lines: list[bytes] = []
    part = ""
    with _time_zone("EST5EDT"):
        for kind, octets in read_records((path.parent / NAME).read_bytes()):
            if kind in parts:
                part = kind
            elif kind in "NL":
                lines.append(octets + (b"\n" if kind == "N" else b""))
            elif kind != "p":  # where the next record is, in the file
                parts[part].append(_record(kind, octets.decode()))
    message = Message(NAME, parts[""], lines, parts["X"])
    return path.read_text(), b"".join(print_message(message, Options(shown))).decode()


def _record(kind: str, text: str) -> Record:
    if kind == "T":
        return Record(kind, "message_arrival_time", format_time(int(text.split()[0])))
    name, equals, value = text.partition("=")
    if kind == "A" and equals and name == "create_time":
        return Record(kind, name, format_time(int(value)))
    return Record(kind, LABELS.get(kind, "named_attribute"), text)


@contextmanager
def _time_zone(name: str) -> Iterator[None]:
    """Times are shown as there."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType({"postcat/*.expected": check_output})
