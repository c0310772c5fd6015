"""Whether the pages of an environment can be trusted: looked at before LMDB maps them.

LMDB answers most damage with an error, but some (a cut-off file, a page of the wrong kind) with a signal that ends
the process. So the store looks first, without LMDB: at all pages of a small environment, and of any when a
process was ended by such a signal. What it finds it notes in a file that keeps every other process from mapping the
environment.

Data flow: master notes a crash -> the store ends itself and starts anew -> look() -> the note of the damage.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct

from pyfixcli.base.errors import PyfixError

CRASHED = "crashed"  # made by master: a process that had the environment mapped got one of SIGNALS
DAMAGED = "damaged"  # made by look(): what is wrong
SIGNALS = frozenset((signal.SIGBUS, signal.SIGSEGV, signal.SIGABRT))
SMALL = 64 << 20  # octets that are looked through at every start: a second
ADVICE = "stop the mail system and run: pyfix salvage"


def note_crash(directory: str) -> None:
    """Ask for a look at the next start of the store; nothing happens without an environment."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        os.close(os.open(os.path.join(directory, CRASHED), flags, 0o600))


def was_noted(directory: str) -> bool:
    """Whether a process crashed since the last look."""
    return os.path.lexists(os.path.join(directory, CRASHED))


def refuse_damaged(directory: str) -> None:
    """PyfixError when damage was noted."""
    try:
        with open(os.path.join(directory, DAMAGED), encoding="utf-8", errors="replace") as stream:
            raise PyfixError(f"queue {directory} is damaged ({stream.read().strip()}): {ADVICE}")
    except FileNotFoundError:
        return
    except OSError as error:
        text = f"queue {directory} is damaged, and {DAMAGED} is unreadable: {error.strerror}"
        raise PyfixError(text) from error


def look(directory: str) -> None:
    """Look at an environment that nobody writes; PyfixError when it is damaged, noted for everybody, or cannot be read.

    No process that has the environment open may call this: closing the file drops its locks.
    """
    try:
        found = _find_damage(directory)
    except OSError as error:  # it belongs to somebody else
        path = error.filename or directory
        raise PyfixError(f"open queue file {path}: {error.strerror}") from error
    note = os.path.join(directory, DAMAGED)
    if found:
        with open(note, "w", encoding="utf-8") as stream:
            stream.write(found + "\n")
        refuse_damaged(directory)
    for name in (DAMAGED, CRASHED):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, name))


def _find_damage(directory: str) -> str:
    path = os.path.join(directory, "data.mdb")
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        return ""
    noted = was_noted(directory) or os.path.exists(os.path.join(directory, DAMAGED))
    if not size or not (noted or size <= SMALL or is_cut_off(path, size)):
        return ""
    return _verify(path)


def is_cut_off(path: str, size: int) -> bool:
    """Whether the file is shorter than its newest meta page says, or has none."""
    with open(path, "rb") as stream:
        head = stream.read(2 * 65536)
    try:
        page = struct.unpack_from("<I", head, 40)[0]  # the first database's pad is the page size
        metas = [struct.unpack_from("<QQ", head, start + 136) for start in (0, page)]
    except struct.error:
        return True
    last = max(metas, key=lambda meta: meta[1])[0]
    return bool((last + 1) * page > size)


def _verify(path: str) -> str:
    """The first thing that is wrong with the pages; pages that only take room are no damage."""
    from lmdb.verify import VerifyError, verify

    try:
        problems = [text for text in verify(path, subdir=False) if "leak" not in text]  # type: ignore[no-untyped-call]
    except VerifyError as error:
        return str(error)
    return problems[0] if problems else ""
