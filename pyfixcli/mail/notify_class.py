"""The classes of trouble that the postmaster may want to hear of (postconf(5) notify_classes)."""

from __future__ import annotations

import enum


class NotifyClass(enum.IntFlag):
    """What went wrong; the words of notify_classes in capitals."""

    NONE = 0
    BOUNCE = 1
    DOUBLE_BOUNCE = 2  # 2bounce
    DATA = 4
    DELAY = 8
    POLICY = 16
    PROTOCOL = 32
    RESOURCE = 64
    SOFTWARE = 128


_WORDS = {
    "bounce": NotifyClass.BOUNCE,
    "2bounce": NotifyClass.DOUBLE_BOUNCE,
    "data": NotifyClass.DATA,
    "delay": NotifyClass.DELAY,
    "policy": NotifyClass.POLICY,
    "protocol": NotifyClass.PROTOCOL,
    "resource": NotifyClass.RESOURCE,
    "software": NotifyClass.SOFTWARE,
}
# Those that a transcript of an SMTP session is sent for.
OF_SESSIONS = (
    NotifyClass.BOUNCE
    | NotifyClass.DATA
    | NotifyClass.POLICY
    | NotifyClass.PROTOCOL
    | NotifyClass.RESOURCE
    | NotifyClass.SOFTWARE
)


def find_notify_classes(text: str) -> tuple[NotifyClass, str]:
    """The classes in a value of notify_classes, and what is wrong with it: the first unknown word, or nothing."""
    classes, problem = NotifyClass.NONE, ""
    for word in text.replace(",", " ").split():
        found = _WORDS.get(word.lower())
        if found is None:
            problem = problem or f'unknown notify_classes value "{word}" in "{text}"'
        else:
            classes |= found
    return classes, problem


def parse_notify_classes(text: str) -> NotifyClass:
    """The classes in a value of notify_classes; ValueError, with what is wrong, for an unknown word."""
    classes, problem = find_notify_classes(text)
    if problem:
        raise ValueError(problem)
    return classes
