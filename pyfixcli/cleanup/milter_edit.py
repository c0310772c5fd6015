"""What milters ask for, done to a copy of the content: headers added, inserted, changed, deleted; the body replaced.

Data flow: content in pieces -> split_content() -> the header as a list, which edit_headers() makes anew, and the body, which goes on as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from pyfixcli.mail.header import SPACE, split_header
from pyfixcli.protocol.milter import (
    AddHeader,
    Change,
    ChangeHeader,
    InsertHeader,
    ReplaceBody,
)

RECEIVED = b"received"
# What is to become of a header that a milter made: the header itself, another one, or None.
Judge = Callable[[bytes], Awaitable[bytes | None]]


def split_content(pieces: Iterable[bytes]) -> tuple[list[bytes], Iterator[bytes]]:
    """(headers, each without its last newline; the body in pieces). Only the header is held."""
    source = iter(pieces)
    held = b""
    headers: list[bytes] = []
    for piece in source:
        held += piece
        *lines, held = held.split(b"\n")
        for number, line in enumerate(lines):
            if not line:
                rest = b"\n".join((*lines[number + 1 :], held))
                return headers, _chain(rest, source)
            if line[:1] in (b" ", b"\t") and headers:
                headers[-1] += b"\n" + line
            elif split_header(line) is None:
                rest = b"\n".join((*lines[number:], held))
                return headers, _chain(rest, source)
            else:
                headers.append(line)
    return headers, _chain(held, source)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def header_name(header: bytes) -> bytes:
    """In small letters."""
    found = split_header(header.partition(b"\n")[0])
    return found[0].lower() if found is not None else b""


def own_received(headers: Sequence[bytes], is_added: bool) -> int:
    """Where the Received: header of this system is, which milters do not hear of; -1 when there is none."""
    if is_added:
        for index, header in enumerate(headers):
            if header_name(header) == RECEIVED:
                return index
    return -1


def told_header(header: bytes, keeps_space: bool) -> tuple[bytes, bytes]:
    """(name, value) as a milter hears them."""
    name, after = split_header(header) or (b"", 0)
    value = header[after:]
    return name, value if keeps_space else value.lstrip(SPACE)


async def edit_headers(
    headers: list[bytes],
    changes: Iterable[Change],
    hidden: int,
    keeps_space: bool,
    judge: Judge,
) -> list[bytes]:
    """The header after these changes. ``hidden`` is the index of the header that changes do not count."""
    edited: list[tuple[bytes, bool]] = [(h, i == hidden) for i, h in enumerate(headers)]
    for change in changes:
        if isinstance(change, AddHeader | InsertHeader | ChangeHeader):
            made = await _make(change, keeps_space, judge)
            if isinstance(change, ChangeHeader):
                _replace(edited, change, made)
            elif made is not None:
                index = change.index if isinstance(change, InsertHeader) else len(edited)
                edited.insert(index, (made, False))
    return [header for header, _ in edited]


async def _make(
    change: AddHeader | InsertHeader | ChangeHeader, keeps_space: bool, judge: Judge
) -> bytes | None:
    """The header that a change asks for; None for one that deletes, or that may not be."""
    if isinstance(change, ChangeHeader) and not change.value:
        return None
    colon = b":" if keeps_space else b": "
    return await judge(change.name + colon + folded(change.value))


def folded(value: bytes) -> bytes:
    """A value as lines of one header: whatever it has in it, no line of it is a header of its own."""
    lines = value.replace(b"\r\n", b"\n").replace(b"\r", b" ").rstrip(b"\n").split(b"\n")
    first, *rest = lines
    kept = (line if line[:1] in (b" ", b"\t") else b"\t" + line for line in rest if line.strip())
    return b"\n".join((first, *kept))


def _replace(edited: list[tuple[bytes, bool]], change: ChangeHeader, made: bytes | None) -> None:
    """The header that is meant, counting those of its name from 1; a new one at the end when there is none."""
    name, number = change.name.lower(), max(1, change.index)
    for position, (header, is_hidden) in enumerate(edited):
        if is_hidden or header_name(header) != name:
            continue
        number -= 1
        if number:
            continue
        if not change.value:
            del edited[position]
        elif made is not None:
            edited[position] = (made, False)
        else:
            del edited[position]
        return
    if made is not None:
        edited.append((made, False))


def new_body(changes: Iterable[Change]) -> bytes | None:
    """The body that a milter wants, with newline line ends; None when it has no wish."""
    pieces = [change.octets for change in changes if isinstance(change, ReplaceBody)]
    if not pieces:
        return None
    body = b"".join(pieces).replace(b"\r\n", b"\n")
    return body if not body or body.endswith(b"\n") else body + b"\n"
