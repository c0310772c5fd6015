"""Files that tables are looked up in: opened once, and opened again when they were replaced or changed."""

from __future__ import annotations

import os
import time

SETTLED = 100  # seconds; a source that changed later may be about to be built


class DamagedFile(Exception):
    """A file is not what it should be; the text says why."""


class IndexFile:
    """A file that is read by position."""

    __slots__ = ("_descriptor", "_identity", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self._descriptor = -1
        self._identity = (0, 0, 0)

    def refresh(self) -> bool:
        """Open the file, if it is not open or was changed; whether it is another one now. OSError."""
        try:
            status = os.stat(self.path)
        except OSError:
            self.close()
            raise
        identity = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._descriptor >= 0 and identity == self._identity:
            return False
        self.close()
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self._identity = identity
        self.size = os.fstat(self._descriptor).st_size
        return True

    def read(self, position: int, length: int) -> bytes:
        """Octets of the file; DamagedFile when it has less."""
        if position < 0 or length < 0 or position + length > self.size:
            raise DamagedFile(f"position {position} + {length} lies beyond the end")
        data = os.pread(self._descriptor, length, position)
        if len(data) != length:
            raise DamagedFile(f"it was cut off at {position + len(data)}")
        return data

    def close(self) -> None:
        """Release the file; the next refresh() takes it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def stale_warning(index: str, source: str) -> str:
    """What to say when a source was changed, and not just now, after its index was made; else empty."""
    try:
        made, changed = os.stat(index).st_mtime, os.stat(source).st_mtime
    except OSError:
        return ""
    if changed <= made or changed >= time.time() - SETTLED:
        return ""
    return f"database {index} is older than source file {source}"
