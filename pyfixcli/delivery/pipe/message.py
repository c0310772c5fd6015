"""The message as a command gets it (pipe(8): flags= and eol=)."""

from __future__ import annotations

from collections.abc import Iterator

from pyfixcli.delivery.agent import ContentReader
from pyfixcli.delivery.mailbox import format_from_line
from pyfixcli.delivery.pipe.attributes import Attributes
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest


def message_pieces(
    attributes: Attributes,
    request: DeliveryRequest,
    content: ContentReader,
    has_original: bool,
    now: float,
) -> Iterator[bytes]:
    """The envelope and the content, with the line ends and the quoting that were asked for.

    ``has_original``: there is an X-Original-To header when the flags ask for one (enable_original_recipient).
    """
    flags = attributes.flags
    before = b"".join(_envelope(attributes, request, has_original, now))
    if before:
        yield before.replace(b"\n", attributes.eol)
    pieces = _quoted(flags, content) if flags & {".", ">"} else _with_newline(content.chunks())
    for piece in pieces:
        yield piece if attributes.eol == b"\n" else piece.replace(b"\n", attributes.eol)
    if "B" in flags:
        yield attributes.eol


def _envelope(
    attributes: Attributes, request: DeliveryRequest, has_original: bool, now: float
) -> Iterator[bytes]:
    flags, recipient = attributes.flags, request.recipients[0]
    sender = quote_address(request.sender or attributes.null_sender)
    if "F" in flags:
        yield format_from_line(sender or "MAILER-DAEMON", now)
    if "R" in flags:
        yield _header("Return-Path", f"<{sender}>")
    if "O" in flags and has_original:
        yield _header("X-Original-To", quote_address(recipient.original or recipient.address))
    if "D" in flags:
        yield _header("Delivered-To", quote_address(recipient.address))


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}\n".encode("utf-8", "surrogateescape")


def _with_newline(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content, ended by a newline."""
    last = b"\n"
    for chunk in chunks:
        yield chunk
        last = chunk[-1:] or last
    if last != b"\n":
        yield b"\n"


def _quoted(flags: frozenset[str], content: ContentReader) -> Iterator[bytes]:
    """The content with ``.`` before dots and ``>`` before ``From `` at the start of lines."""
    prefixes = []
    if "." in flags:
        prefixes.append((b".", b"."))
    if ">" in flags:
        prefixes.append((b"From ", b">"))
    at_line_start, held = True, b""
    for chunk in _with_newline(content.chunks()):
        text = held + chunk
        held = _open_end(text)
        text = text[: len(text) - len(held)]
        if text:
            yield _quote(text, at_line_start, prefixes)
            at_line_start = text.endswith(b"\n")
    if held:
        yield _quote(held, at_line_start, prefixes)


def _open_end(text: bytes) -> bytes:
    """The end of a chunk that may be the beginning of ``From ``: it is looked at with the next chunk."""
    last = text[text.rfind(b"\n") + 1 :]
    return last if len(last) < len(b"From ") and b"From ".startswith(last) else b""


def _quote(text: bytes, at_line_start: bool, prefixes: list[tuple[bytes, bytes]]) -> bytes:
    for start, mark in prefixes:
        text = text.replace(b"\n" + start, b"\n" + mark + start)
    if at_line_start:
        for start, mark in prefixes:
            if text.startswith(start):
                return mark + text
    return text
