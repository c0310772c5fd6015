"""Records on disk and on the wire between processes: versioned msgpack with a CRC-32.

A stored record is one octet of version, four octets of CRC-32 (over the key it belongs to
and the payload), then the payload. A record that does not verify raises CorruptRecord; the
caller decides what becomes of the message.

Text may hold octets that are not UTF-8 (as lone surrogates); msgpack cannot say that, so such a
record is written in a second form, marked by the version octet, with each octet as one character.
"""

from __future__ import annotations

import zlib
from typing import Any, TypeVar

import msgspec

PLAIN = 1
ESCAPED = 2
HEADER = 5

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode


class CorruptRecord(Exception):
    """The octets are not a record of ours, or not the one that this key had."""


def _map_text(value: Any, convert: Any) -> Any:
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, list | tuple):
        return [_map_text(item, convert) for item in value]
    return value


def _escape(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _unescape(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def pack(value: Any) -> bytes:
    """A version octet and the payload of a Struct (array_like), without checksum."""
    try:
        return b"\x01" + _encode(value)
    except UnicodeEncodeError:
        return b"\x02" + _encode(_map_text(msgspec.to_builtins(value), _escape))


def unpack(data: bytes | memoryview, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """The inverse of pack(); CorruptRecord when the octets do not decode to the type."""
    if not data:
        raise CorruptRecord("no record version")
    return _decode(data[0], data[1:], decoder)


def _decode(version: int, body: bytes | memoryview, decoder: msgspec.msgpack.Decoder[T]) -> T:
    try:
        if version == PLAIN:
            return decoder.decode(body)
        if version == ESCAPED:
            plain = _map_text(msgspec.msgpack.decode(body), _unescape)
            return msgspec.convert(plain, decoder.type)
    except (msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise CorruptRecord(str(error)) from error
    raise CorruptRecord(f"unknown record version {version}")


def seal(key: bytes, payload: bytes) -> bytes:
    """Put version and checksum before a payload that is stored under ``key``."""
    version, body = payload[:1], payload[1:]
    crc = zlib.crc32(body, zlib.crc32(key))
    return b"%b%b%b" % (version, crc.to_bytes(4, "big"), body)


def unseal(key: bytes, record: bytes) -> bytes:
    """The payload (version octet first) of a sealed record; CorruptRecord if it is damaged."""
    return record[:1] + _checked_body(key, record)


def _checked_body(key: bytes, record: bytes) -> bytes:
    if len(record) < HEADER or record[0] not in (PLAIN, ESCAPED):
        raise CorruptRecord("no record header")
    body = record[HEADER:]
    if zlib.crc32(body, zlib.crc32(key)) != int.from_bytes(record[1:HEADER], "big"):
        raise CorruptRecord("checksum mismatch")
    return body


def encode_record(key: bytes, value: Any) -> bytes:
    """A Struct as it is stored under ``key``."""
    return seal(key, pack(value))


def decode_record(key: bytes, record: bytes, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """A Struct from what is stored under ``key``; CorruptRecord if it is damaged."""
    return _decode(record[0] if record else 0, _checked_body(key, record), decoder)


def seal_content(key: bytes, content: bytes) -> bytes:
    """Message content as it is stored under ``key``."""
    return seal(key, b"\x01" + content)


def unseal_content(key: bytes, record: bytes) -> bytes:
    """Message content from what is stored; CorruptRecord if it is damaged."""
    return _checked_body(key, record)
