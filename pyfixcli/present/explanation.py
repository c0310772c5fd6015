"""What becomes of an address and why, as text and as JSON (pyfix(1): explain)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyfixcli.mail.address import quote_address

WIDTH = 26  # columns for the name of what decided


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table of a parameter was asked; ``place`` is ``file:line`` of the entry, where that is known."""

    parameter: str
    table: str
    key: str
    value: str | None
    place: str = ""

    def as_json(self) -> dict[str, object]:
        """Its attributes by name."""
        return {
            "event": "lookup",
            "parameter": self.parameter,
            "table": self.table,
            "key": self.key,
            "value": self.value,
            "place": self.place,
        }

    def line(self) -> str:
        """One line of text."""
        value = "not found" if self.value is None else self.value
        where = f" ({self.place})" if self.place else ""
        return _row(self.parameter, f"{self.table}: {self.key} -> {value}{where}")


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a parameter, or a word of it, decided."""

    parameter: str
    text: str

    def as_json(self) -> dict[str, object]:
        """Its attributes by name."""
        return {"event": "setting", "parameter": self.parameter, "text": self.text}

    def line(self) -> str:
        """One line of text."""
        return _row(self.parameter, f"= {self.text}")


@dataclass(frozen=True, slots=True)
class Change:
    """A stage made one or several texts out of one: addresses in external form, or the verdict of a restriction."""

    name: str
    before: str
    after: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Its attributes by name."""
        after = list(self.after)
        return {"event": "step", "name": self.name, "before": self.before, "after": after}

    def line(self) -> str:
        """One line of text."""
        return _row(self.name, f"{self.before} => {', '.join(self.after)}")


@dataclass(frozen=True, slots=True)
class Remark:
    """What the mail system would write into its log about it."""

    text: str

    def as_json(self) -> dict[str, object]:
        """Its attributes by name."""
        return {"event": "remark", "text": self.text}

    def line(self) -> str:
        """One line of text."""
        return _row("log", self.text)


Event = Lookup | Setting | Change | Remark


@dataclass(slots=True)
class Section:
    """A part of the way: what decided there, in order, and what came of it."""

    title: str
    subject: str
    events: list[Event] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Its attributes by name."""
        return {
            "title": self.title,
            "subject": self.subject,
            "events": [event.as_json() for event in self.events],
            "results": self.results,
        }


def _row(name: str, text: str) -> str:
    return f"  {name:<{WIDTH}} {text}"


def shown(address: str) -> str:
    """An address in external form; the null address as ``<>``."""
    return quote_address(address) or "<>"


def format_text(sections: Sequence[Section], has_misses: bool = False) -> str:
    """Sections as text; lookups that found nothing only if they are wanted, what repeats itself once."""
    lines: list[str] = []
    for section in sections:
        lines.append(f"{section.title}: {section.subject}")
        for event in section.events:
            is_miss = isinstance(event, Lookup) and event.value is None
            line = event.line()
            if line != lines[-1] and (has_misses or not is_miss):
                lines.append(line)
        lines += [_row(name, f"== {text}") for name, text in section.results.items()]
    return "\n".join(lines)


def format_json(sections: Sequence[Section], status: int) -> str:
    """Sections as one JSON object; ``status`` is the exit status."""
    found = {"status": status, "sections": [section.as_json() for section in sections]}
    return json.dumps(found, indent=2)
