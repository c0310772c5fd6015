"""Message content on its way in: DATA with its dots, BDAT by octet counts (RFC 5321, RFC 3030).

Both readers take what the network gives, in pieces of any size, and give content with ``\\n`` line
ends. The end of DATA is CRLF.CRLF and nothing else, unless smtpd_forbid_bare_newline is off for this
client; then, as in old releases, lines may end with a bare LF. Work is done on whole blocks; only a
block with irregular line ends is looked at line by line.

See also: postconf(5) smtpd_forbid_bare_newline.
"""

from __future__ import annotations

import enum

MAX_PARTIAL = 8192  # octets of an unfinished line that are held back


class BareNewline(enum.Enum):
    """What a line end without CR means to this client (smtpd_forbid_bare_newline)."""

    ALLOW = "no"  # a line end, also around the final dot
    NORMALIZE = "normalize"  # a line end, but never around the final dot
    REJECT = "reject"  # as NORMALIZE; the message is refused at its end


class DotReader:
    """Reads the content after DATA."""

    __slots__ = ("_carry", "_follows_crlf", "_in_line", "_mode", "has_bare_newline", "size")

    def __init__(self, mode: BareNewline) -> None:
        self._mode = mode
        self._carry = b""
        self._in_line = False  # the start of the present line was passed on already
        self._follows_crlf = True
        self.has_bare_newline = False
        self.size = 0  # octets of content so far, line ends counted as two

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """(content, rest); rest is None until the end was reached, then what follows it."""
        data = self._carry + data
        cut = data.rfind(b"\n") + 1
        block, self._carry = data[:cut], data[cut:]
        content, rest = self._read_block(block) if block else (b"", None)
        if rest is not None:
            rest += self._carry
            self._carry = b""
        elif len(self._carry) > MAX_PARTIAL:
            content += self._flush_partial()
        self.size += len(content) + content.count(b"\n")
        return content, rest

    def _flush_partial(self) -> bytes:
        """A line that is too long to wait for its end; a CR at its end may belong to CRLF."""
        keep = b"\r" if self._carry.endswith(b"\r") else b""
        content = self._carry[: len(self._carry) - len(keep)]
        if not self._in_line and content.startswith(b"."):
            content = content[1:]
        self._carry = keep
        self._in_line = True
        return content

    def _read_block(self, block: bytes) -> tuple[bytes, bytes | None]:
        head = b""
        if self._in_line:
            end = block.find(b"\n") + 1
            head = self._finish_line(block[:end])
            block = block[end:]
        if self._is_regular(block):
            content, rest = _read_regular(block)
        else:
            content, rest = self._read_lines(block)
        return (head + content if head else content), rest

    def _is_regular(self, block: bytes) -> bool:
        """Whether each line ends with CRLF, and so did the one before."""
        if not self._follows_crlf or b"\r\r\n" in block:
            return False
        return block.count(b"\n") == block.count(b"\r\n")

    def _finish_line(self, line: bytes) -> bytes:
        """The rest of a line whose start was passed on."""
        self._in_line = False
        return self._strip_end(line) + b"\n"

    def _strip_end(self, line: bytes) -> bytes:
        """A line without its end; notes what kind of end it was."""
        self._follows_crlf = line.endswith(b"\r\n")
        if not self._follows_crlf:
            self.has_bare_newline = True
        if self._mode is BareNewline.ALLOW:
            return line[:-1].rstrip(b"\r")
        return line[:-2] if self._follows_crlf else line[:-1]

    def _read_lines(self, block: bytes) -> tuple[bytes, bytes | None]:
        """Line by line, for blocks with other line ends than CRLF."""
        out: list[bytes] = []
        position = 0
        while position < len(block):
            end = block.find(b"\n", position) + 1
            followed_crlf = self._follows_crlf
            text = self._strip_end(block[position:end])
            position = end
            if text == b".":
                is_end = followed_crlf and self._follows_crlf
                if is_end or self._mode is BareNewline.ALLOW:
                    return b"".join(out), block[position:]
                continue  # a dot that only looks like the end is left out, as the reference does
            out.append((text[1:] if text.startswith(b".") else text) + b"\n")
        return b"".join(out), None


def _read_regular(block: bytes) -> tuple[bytes, bytes | None]:
    """A block in which all lines end with CRLF, from the start of a line on."""
    rest = None
    if block.startswith(b".\r\n"):
        return b"", block[3:]
    end = block.find(b"\r\n.\r\n")
    if end >= 0:
        block, rest = block[: end + 2], block[end + 5 :]
    if block.startswith(b"."):
        block = block[1:]
    return block.replace(b"\r\n.", b"\r\n").replace(b"\r\n", b"\n"), rest


class ChunkReader:
    """Gives the content of BDAT chunks; the caller counts their octets."""

    __slots__ = ("_holds_cr", "_is_line_start", "_mode", "has_bare_newline", "size")

    def __init__(self, mode: BareNewline) -> None:
        self._mode = mode
        self._holds_cr = False
        self._is_line_start = True
        self.has_bare_newline = False
        self.size = 0  # octets of content so far, line ends counted as two

    def feed(self, data: bytes) -> bytes:
        """The content in a piece of a chunk; a CR at its end waits for the next piece."""
        if self._holds_cr:
            data = b"\r" + data
        self._holds_cr = data.endswith(b"\r")
        if self._holds_cr:
            data = data[:-1]
        if data.count(b"\n") != data.count(b"\r\n"):
            self.has_bare_newline = True
        content = data.replace(b"\r\n", b"\n")
        while self._mode is BareNewline.ALLOW and b"\r\n" in content:
            content = content.replace(b"\r\n", b"\n")
        return self._note(content)

    def finish(self) -> bytes:
        """What is missing at the end of the last chunk: the end of an unfinished line."""
        self._holds_cr = False
        return b"" if self._is_line_start else self._note(b"\n")

    def _note(self, content: bytes) -> bytes:
        if content:
            self._is_line_start = content.endswith(b"\n")
            self.size += len(content) + content.count(b"\n")
        return content
