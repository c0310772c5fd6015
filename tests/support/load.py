"""A load of `sendmail` calls beside a test, and what became of each message."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tests.support.instance import Instance

SUBJECT = re.compile(rb"^Subject: (m\d+)$", re.MULTILINE)
QUEUE_ID = re.compile(rb"\bid ([0-9A-F]{8,});")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered copy: its number, its queue id, and the time of its file (seconds)."""

    subject: str
    queue_id: str
    time: float


class Load:
    """Threads that bring messages until the block ends; ``accepted`` are the subjects of those that were taken."""

    def __init__(self, instance: Instance, threads: int) -> None:
        self._instance = instance
        self._lock = threading.Lock()
        self._number = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.accepted: set[str] = set()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        """What a thread does until it is to stop."""
        raise NotImplementedError

    def _next(self) -> str:
        """A subject of its own for the next message."""
        with self._lock:
            self._number += 1
            return f"m{self._number:05d}"


class SendmailLoad(Load):
    """Calls sendmail, for the instance's user or ``recipient``; what exits with 0 is accepted."""

    def __init__(self, instance: Instance, threads: int = 2, recipient: str = "") -> None:
        super().__init__(instance, threads)
        self.refused: set[str] = set()
        self._recipient = recipient or instance.user

    def _run(self) -> None:
        while not self._stop.is_set():
            subject = self._next()
            status = self._instance.submit(
                self._recipient, text=f"Subject: {subject}\n\nbody of {subject}\n"
            )
            with self._lock:
                (self.refused if status else self.accepted).add(subject)


def delivered_copies(
    instance: Instance, is_wanted: Callable[[bytes], bool] = bool
) -> list[Delivered]:
    """Every copy in the user's Maildir whose content ``is_wanted``, oldest first."""
    copies = []
    new = instance.mail / instance.user / "new"
    for path in new.iterdir() if new.exists() else ():
        content = path.read_bytes()
        subject, queue_id = SUBJECT.search(content), QUEUE_ID.search(content)
        if subject is None or queue_id is None or not is_wanted(content):
            continue
        copies.append(Delivered(subject[1].decode(), queue_id[1].decode(), path.stat().st_mtime))
    return sorted(copies, key=lambda copy: copy.time)


def unexplained_copies(
    copies: list[Delivered], ends: list[float], patience: float, lag: float = 0.05
) -> list[tuple[Delivered, Delivered]]:
    """Second copies that no death of a delivery process explains.

    A second copy is right only when the delivery of the first had ended and its result was lost before it was
    committed: a delivery process died (``ends``, in seconds) within ``patience`` after the first. What was sent may be
    noted up to ``lag`` later, when the process is dead.
    """
    first: dict[str, Delivered] = {}
    wrong = []
    for copy in copies:
        before = first.get(copy.subject)
        first[copy.subject] = copy
        if before is None:
            continue
        lost = any(before.time - lag <= end <= before.time + patience for end in ends)
        if not lost or before.queue_id != copy.queue_id:
            wrong.append((before, copy))
    return wrong


def now() -> float:
    """Seconds since the epoch, as file times count them."""
    return time.time()
