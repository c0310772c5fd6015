"""Where the content of the present message is being read: after DATA, or in a BDAT chunk.

Wraps the readers of protocol.data with what they do not know: how much of a chunk is left, and that content
was refused and is only read to its end.
"""

from __future__ import annotations

from pyfixcli.protocol.buffer import InputBuffer
from pyfixcli.protocol.command import Chunk
from pyfixcli.protocol.data import BareNewline, ChunkReader, DotReader
from pyfixcli.protocol.verdict import Verdict

NO_CHUNK = Chunk(0, False)


class Content:
    """The content of one message. ``refusal`` is what to answer at its end, if not its acceptance."""

    __slots__ = ("_chunks", "_dots", "_remaining", "chunk", "is_complete", "refusal")

    def __init__(self) -> None:
        self._dots: DotReader | None = None
        self._chunks: ChunkReader | None = None
        self._remaining = 0
        self.chunk = NO_CHUNK
        self.refusal: Verdict | None = None
        self.is_complete = False  # the final dot was read

    @property
    def size(self) -> int:
        """Octets of content so far, line ends counted as two."""
        reader = self._dots or self._chunks
        return reader.size if reader is not None else 0

    @property
    def has_bare_newline(self) -> bool:
        """Whether a line did not end with CRLF."""
        reader = self._dots or self._chunks
        return reader is not None and reader.has_bare_newline

    @property
    def is_chunked(self) -> bool:
        """Whether a chunk was accepted."""
        return self._chunks is not None

    @property
    def remaining(self) -> int:
        """Octets of the present chunk that have not come."""
        return self._remaining

    def begin_data(self, mode: BareNewline) -> None:
        """354 was sent."""
        self._dots = DotReader(mode)

    def begin_chunks(self, mode: BareNewline) -> None:
        """The first chunk is welcome."""
        self._chunks = ChunkReader(mode)

    def begin_chunk(self, chunk: Chunk) -> None:
        """The octets of a chunk follow."""
        self.chunk, self._remaining = chunk, chunk.count

    def read_dots(self, source: InputBuffer) -> bytes:
        """Content, up to the final dot."""
        assert self._dots is not None
        content, rest = self._dots.feed(source.take())
        if rest:
            source.put_back(rest)
        self.is_complete = rest is not None
        return content

    def read_chunk(self, source: InputBuffer) -> tuple[bytes, bool]:
        """(content, whether the chunk ended). The end comes by itself, after the last content."""
        assert self._chunks is not None
        if self._remaining:
            data = source.take(self._remaining)
            self._remaining -= len(data)
            return self._chunks.feed(data), False
        content = self._chunks.finish() if self.chunk.is_last else b""
        return content, not content

    def drain(self, source: InputBuffer) -> bool:
        """Throw octets of a refused chunk away; whether all of it was read."""
        self._remaining -= len(source.take(self._remaining))
        return not self._remaining
