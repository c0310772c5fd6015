"""What a process that needs a ``proxy:`` table, and the one that has it open, say to each other, each in one frame (frame.py).

A question is flags, the table's name and the key, with NUL between them. An answer is one octet that says what it is, and then
the value, or the reason and the text of a failure with NUL between them.
"""

from __future__ import annotations

from typing import NamedTuple

FOLD = "f"  # the key is folded where the type does so
PLAIN = "p"  # no part of the key goes into a value (Table.refuse_substitution)
FOUND, ABSENT, FAILED = b"+", b"-", b"!"


class BadMessage(Exception):
    """The octets are no question, or no answer."""


class Question(NamedTuple):
    """Which table is asked for what. ``name`` is without ``proxy:``."""

    name: str
    key: str
    fold: bool
    plain: bool


class Answer(NamedTuple):
    """``value`` is None when there is none; with ``failure``, be it an empty text, nothing is known, and ``reason`` is for postmap."""

    value: str | None = None
    failure: str | None = None
    reason: str = ""


def pack_question(question: Question) -> bytes:
    """As it goes on the wire; any octets may be in a key."""
    flags = FOLD * question.fold + PLAIN * question.plain
    return _encode(f"{flags}\0{question.name}\0{question.key}")


def unpack_question(payload: bytes) -> Question:
    """The inverse of pack_question; BadMessage."""
    parts = _decode(payload).split("\0", 2)
    if len(parts) != 3:
        raise BadMessage("a question has three parts")
    flags, name, key = parts
    return Question(name, key, FOLD in flags, PLAIN in flags)


def pack_answer(answer: Answer) -> bytes:
    """As it goes on the wire."""
    if answer.failure is not None:
        return FAILED + _encode(f"{answer.reason}\0{answer.failure}")
    return ABSENT if answer.value is None else FOUND + _encode(answer.value)


def unpack_answer(payload: bytes) -> Answer:
    """The inverse of pack_answer; BadMessage."""
    kind, text = payload[:1], _decode(payload[1:])
    if kind == FOUND:
        return Answer(text)
    if kind == ABSENT:
        return Answer()
    if kind != FAILED:
        raise BadMessage("unknown kind of answer")
    reason, _, failure = text.partition("\0")
    return Answer(None, failure, reason)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decode(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
