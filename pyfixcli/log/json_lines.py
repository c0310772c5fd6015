"""The log as JSON: for each text line one object on one line (parameter maillog_json_file).

Keys: ``time`` (RFC 3339 with the local offset), ``host``, ``service``, ``pid``, ``level`` (info, warning, error,
fatal, panic), ``queue_id`` where there is one, then the ``key=value`` attributes that the text begins with, and
``text``, what follows them. Angle brackets of addresses are left out. An attribute never replaces a key that is
there, and what a peer wrote in the free text never becomes one.

Loaded only when the parameter is set.
"""

from __future__ import annotations

import json
import re
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.log.sink import Sink

_LINE = re.compile(
    r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) (?:(.*?)\[(\d+)\]|([^:]*)): (.*)", re.DOTALL
)
_QUEUE_ID = re.compile(
    r"(NOQUEUE|[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,24}): ", re.ASCII
)
_LEVEL = re.compile(r"(warning|error|fatal|panic): ")
_ATTRIBUTE = re.compile(
    r'([a-z][a-z_-]*)=(<(?:"(?:\\.|[^"\\])*"|[^">])*>|[^,\s<(]*)(?:,? |$)', re.ASCII
)
_NUMBERS = {"delay": float, "nrcpt": int, "size": int, "uid": int}
_WITH_BRACKETS = frozenset(("message-id", "resent-message-id"))


def rfc3339(stamp: str, now: float) -> str:
    """``Nov 24 08:21:33``, local and not in the future, as a whole date; the text as it is when it is none."""
    here = time.localtime(now)
    for year in (here.tm_year, here.tm_year - 1):
        try:
            parsed = time.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S")
        except ValueError:
            continue
        moment = time.mktime((*parsed[:8], -1))
        if moment <= now + 86400:
            text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment))
            return f"{text[:-2]}:{text[-2:]}"
    return stamp


def parse_line(line: str, now: float) -> dict[str, object]:
    """The object for a text line; ``now`` (seconds since the epoch) gives the year."""
    found = _LINE.match(line)
    if found is None:
        return {"text": line}
    stamp, host, tag, pid, bare_tag, text = found.groups()
    tag = bare_tag if tag is None else tag
    service = tag.partition("/")[2] or tag
    entry: dict[str, object] = {"time": rfc3339(stamp, now), "host": host, "service": service}
    if pid:
        entry["pid"] = int(pid)
    entry["level"] = "info"
    for name, pattern in (("level", _LEVEL), ("queue_id", _QUEUE_ID), ("level", _LEVEL)):
        if part := pattern.match(text):
            entry[name] = part[1]
            text = text[part.end() :]
    return _add_attributes(entry, text)


def _add_attributes(entry: dict[str, object], text: str) -> dict[str, object]:
    position = 0
    while part := _ATTRIBUTE.match(text, position):
        name, value = part.groups()
        if value.startswith("<") and name not in _WITH_BRACKETS:
            value = value[1:-1]
        entry.setdefault(name, _typed(name, value))
        position = part.end()
    if position < len(text):
        entry.setdefault("text", text[position:])
    return entry


def _typed(name: str, value: str) -> object:
    try:
        return _NUMBERS.get(name, str)(value)
    except ValueError:
        return value


class JsonSink:
    """Writes each line as text and as JSON."""

    def __init__(self, text: Sink, objects: Sink) -> None:
        self._text = text
        self._objects = objects

    def write(self, lines: bytes) -> None:
        """Write lines; the text first."""
        self._text.write(lines)
        now = time.time()
        entries = [
            json.dumps(parse_line(line.decode("utf-8", "replace"), now)).encode() + b"\n"
            for line in lines.split(b"\n")
            if line
        ]
        self._objects.write(b"".join(entries))

    def close(self) -> None:
        """Close both."""
        self._text.close()
        self._objects.close()
