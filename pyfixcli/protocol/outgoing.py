"""Message content as it goes over the wire after DATA (RFC 5321 section 4.5.2). Sans-IO.

Lines end with CRLF and only there: a CR elsewhere becomes a blank, so that no receiver sees the end of the
message, or of a line, where there is none. A dot at the start of a line is doubled; lines longer
than smtp_line_length_limit are continued on the next line, which begins with a blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def wire_content(chunks: Iterable[bytes], line_limit: int) -> Iterator[bytes]:
    """Content with LF line ends -> pieces for the wire, ending with CRLF, without the final dot."""
    held = b""
    for chunk in chunks:
        data = held + chunk
        end = data.rfind(b"\n") + 1
        held = data[end:]
        if line_limit and len(held) > 2 * line_limit:
            cut = len(held) - len(held) % line_limit
            yield _stuff(_fold(data[:end] + held[:cut], line_limit) + b"\n ")
            held = held[cut:]
        elif end:
            yield _stuff(_fold(data[:end], line_limit))
    if held:
        yield _stuff(_fold(held, line_limit) + b"\n")


def _stuff(lines: bytes) -> bytes:
    """Whole lines with CRLF and doubled dots; a last blank that continues a line stays as it is."""
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    if lines.startswith(b"."):
        lines = b"." + lines
    if b"\n." in lines:
        lines = lines.replace(b"\n.", b"\n..")
    return lines.replace(b"\n", b"\r\n")


def _fold(lines: bytes, limit: int) -> bytes:
    if not limit or len(lines) <= limit:
        return lines
    parts = lines.split(b"\n")
    if max(map(len, parts)) <= limit:
        return lines
    return b"\n".join(_fold_line(part, limit) for part in parts)


def _fold_line(line: bytes, limit: int) -> bytes:
    if len(line) <= limit:
        return line
    pieces = [line[:limit]]
    rest = line[limit:]
    while rest:
        pieces.append(b" " + rest[: limit - 1])
        rest = rest[limit - 1 :]
    return b"\n".join(pieces)
