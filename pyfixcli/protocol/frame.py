"""Frames between the processes of an instance: four octets of length, then the payload."""

from __future__ import annotations

MAX_FRAME = 64 * 1024 * 1024


class BadFrame(Exception):
    """The peer announced more octets than it may send; hang up."""


def frame(payload: bytes) -> bytes:
    """A payload as it goes on the wire."""
    return len(payload).to_bytes(4, "big") + payload


class FrameBuffer:
    """Cuts frames out of a stream of octets."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def receive(self, data: bytes) -> list[bytes]:
        """Take octets; the payloads of all frames that are complete now. May raise BadFrame."""
        buffer = self._buffer
        buffer += data
        frames = []
        start, end = 0, len(buffer)
        while end - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if length > self._limit:
                raise BadFrame(f"frame of {length} octets")
            if end - start < 4 + length:
                break
            frames.append(bytes(buffer[start + 4 : start + 4 + length]))
            start += 4 + length
        if start:
            del buffer[:start]
        return frames
