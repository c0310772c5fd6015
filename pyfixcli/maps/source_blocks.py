"""Text sources in large blocks, so that a million entries take about a second.

Data flow: file -> blocks that end where a logical line does -> entries as a table file holds them. A block of plain lines
is split by a few operations on the whole of it; the others go through source.py line by line, with its warnings.
"""

from __future__ import annotations

from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.source import read_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    Chunk = list[tuple[bytes, bytes]]  # keys and values, each with its trailing NUL

BLOCK = 1 << 20  # octets that are split at a time
CHUNK = 1 << 20  # entries that are handed on at a time

# What only the line reader understands: comments, empty and continuation lines, quotes, other white space
ODD = (b"\n ", b"\n\t", b"\n#", b"\n\n", b" \n", b"\t\n", b'"', b"\\", b"\r", b"\v", b"\f", b"\0")
ODD_BEGIN = b" \t\n#"
ALIAS = b": "  # a key that ends in a colon, as in an alias file
NO_SHAPE = bytes(octet for octet in range(256) if octet not in b" \n")


def read_chunks(stream: BinaryIO, path: str, fold: bool, warnings: list[str]) -> Iterator[Chunk]:
    """The entries of a source in its order; what is malformed is warned about and passed over."""
    keys: list[bytes] = []
    values: list[bytes] = []
    for before, block in _read_blocks(stream):
        split = _split_block(block, fold) or _split_lines(block, before, path, fold, warnings)
        keys += split[0]
        values += split[1]
        if len(keys) >= CHUNK:
            yield list(zip(keys, values, strict=True))
            keys, values = [], []
    if keys:
        yield list(zip(keys, values, strict=True))


def read_in_step(stream: BinaryIO, path: str, fold: bool, warnings: list[str]) -> Iterator[Chunk]:
    """As read_chunks; when an entry is handed on, the warnings are those about lines before it."""
    for before, block in _read_blocks(stream):
        split = _split_block(block, fold)
        if split is not None:
            yield list(zip(*split, strict=True))
            continue
        for pair in read_pairs(_lines(block), path, warnings, before):
            yield encode_pairs([pair], fold)


def encode_pairs(pairs: Iterable[tuple[str, str]], fold: bool) -> Chunk:
    """Entries as a table file holds them."""
    return [
        (
            (fold_key(key) if fold else key).encode("utf-8", "surrogateescape") + b"\0",
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


def _split_block(block: bytes, fold: bool) -> tuple[list[bytes], list[bytes]] | None:
    """Keys and values of a block of plain lines; None for any other."""
    if block[:1] in ODD_BEGIN or any(mark in block for mark in ODD):
        return None
    if fold and not block.isascii():
        return None
    found = _split_words(block) or _split_texts(block)
    if found is not None and fold and block.lower() != block:
        return b" ".join(found[0]).lower().split(b" "), found[1]
    return found


def _split_words(block: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """If each value is one word."""
    if b"\t" in block:
        block = block.replace(b"\t", b" ")
    while b"  " in block:
        block = block.replace(b"  ", b" ")
    if block.translate(None, NO_SHAPE) != b" \n" * block.count(b"\n") or ALIAS in block:
        return None
    words = block.replace(b" ", b"\0 ").replace(b"\n", b"\0\n").split()
    return words[::2], words[1::2]


def _split_texts(block: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """If each line has a value."""
    pairs = [line.split(None, 1) for line in block[:-1].split(b"\n")]
    if set(map(len, pairs)) != {2} or any(pair[0].endswith(b":") for pair in pairs):
        return None
    return [pair[0] + b"\0" for pair in pairs], [pair[1] + b"\0" for pair in pairs]


def _split_lines(
    block: bytes, before: int, path: str, fold: bool, warnings: list[str]
) -> tuple[list[bytes], list[bytes]]:
    entries = encode_pairs(read_pairs(_lines(block), path, warnings, before), fold)
    return [key for key, _ in entries], [value for _, value in entries]


def _lines(block: bytes) -> list[str]:
    return block[:-1].decode("utf-8", "surrogateescape").split("\n")
