"""Text sources in large blocks, so that a million entries take about a second.

Data flow: file -> blocks that end where a logical line does -> entries as a table file holds them. A block of plain lines
is split by a few operations on the whole of it; the others go through source.py line by line, with its warnings.
"""

from __future__ import annotations

from pyfixcli.maps.folding import keep_key
from pyfixcli.maps.source import RULES, Rules, read_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    Chunk = list[tuple[bytes, bytes]]  # keys and values, each with its trailing NUL

BLOCK = 1 << 18  # octets that are split at a time
CHUNK = 1 << 18  # entries that are sorted and handed on at a time; more need more memory

BLANKS = b" \t"
# What stays of a block to see its shape: whatever is no ordinary character of a word
PLAIN = bytes(octet for octet in range(256) if octet not in b' \t\n"\\\r\v\f\0')
# What only the line reader understands: comments, empty and continuation lines, quotes, other white space
ODD = (b"\n ", b"\n\t", b"\n#", b"\n\n", b" \n", b"\t\n", b'"', b"\\", b"\r", b"\v", b"\f", b"\0")


def read_chunks(
    stream: BinaryIO, path: str, warnings: list[str], rules: Rules = RULES
) -> Iterator[Chunk]:
    """The entries of a source in its order; what is malformed is warned about and passed over."""
    chunk: Chunk = []
    for before, block in _read_blocks(stream):
        entries = _split_block(block, rules)
        if entries is None:
            entries = encode_pairs(read_pairs(_lines(block), path, warnings, before, rules))
        chunk += entries
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def read_in_step(
    stream: BinaryIO, path: str, warnings: list[str], rules: Rules = RULES
) -> Iterator[Chunk]:
    """As read_chunks; when an entry is handed on, the warnings are those about lines before it."""
    for before, block in _read_blocks(stream):
        entries = _split_block(block, rules)
        if entries is not None:
            yield list(entries)
            continue
        for pair in read_pairs(_lines(block), path, warnings, before, rules):
            yield encode_pairs([pair])


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> Chunk:
    """Entries as a table file holds them."""
    return [
        (
            key.encode("utf-8", "surrogateescape") + b"\0",
            value.encode("utf-8", "surrogateescape") + b"\0",
        )
        for key, value in pairs
    ]


def _read_blocks(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(number of lines before it, block of whole logical lines that ends with a newline)."""
    before, rest = 0, b""
    while data := stream.read(BLOCK):
        rest += data
        end = _last_begin(rest)
        if end:
            yield before, rest[:end]
            before += rest.count(b"\n", 0, end)
            rest = rest[end:]
    if rest:
        yield before, rest if rest.endswith(b"\n") else rest + b"\n"


def _last_begin(text: bytes) -> int:
    """Where the last line begins that surely is the begin of a logical line; 0 if none does."""
    position = len(text)
    while (position := text.rfind(b"\n", 0, position)) >= 0:
        following = text[position + 1 : position + 2]
        if following and following not in b" \t\r\v\f\n#":
            return position + 1
    return 0


def _split_block(block: bytes, rules: Rules) -> Iterable[tuple[bytes, bytes]] | None:
    """The entries of a block of plain lines; None for any other."""
    fold = rules.fold is not keep_key
    if block[:1] in b" \t\n#" or rules.files:
        return None
    if (fold or rules.utf8) and not block.isascii():
        return None
    words = _split_words(block)
    if words is None and not any(mark in block for mark in ODD):
        words = _split_words(_even_out(block)) or _split_texts(block)
    if words is None:
        return None
    if fold and block.lower() != block:
        words[::2] = b" ".join(words[::2]).lower().split(b" ")
    each = iter(words)
    return zip(each, each, strict=True)


def _split_words(block: bytes) -> list[bytes] | None:
    """Keys and values in turn, if each value is one word and the blanks before all of them are the same."""
    shape = block.translate(None, PLAIN)
    unit = shape[: shape.index(b"\n") + 1]
    blanks = unit[:-1]
    lines = len(shape) // len(unit)
    if not blanks or blanks.strip(BLANKS) or shape != unit * lines or block.count(blanks) != lines:
        return None
    if b"#" in block and b"\n#" in block:
        return None
    if b":" in block and b":" + blanks in block:  # as in an alias file
        return None
    text = block.replace(blanks, b"\0 ").replace(b"\n", b"\0 ")
    if b" \0" in text:  # blanks at the begin or end of a line
        return None
    words = text.split(b" ")
    words.pop()
    return words


def _even_out(block: bytes) -> bytes:
    """One space for any number of blanks."""
    block = block.replace(b"\t", b" ")
    while b"  " in block:
        block = block.replace(b"  ", b" ")
    return block


def _split_texts(block: bytes) -> list[bytes] | None:
    """Keys and values in turn, if each line has a value."""
    pairs = [line.split(None, 1) for line in block[:-1].split(b"\n")]
    if set(map(len, pairs)) != {2} or any(pair[0].endswith(b":") for pair in pairs):
        return None
    return [part + b"\0" for pair in pairs for part in pair]


def _lines(block: bytes) -> list[str]:
    return block[:-1].decode("utf-8", "surrogateescape").split("\n")
