"""Values that are the content of files, in base64 (postmap(1): -F)."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

from pyfixcli.base.errors import ConfigError

SPACE = " \t\r\n,"
SHOWN = 30  # octets of a value that a warning shows


def encode_files(value: str) -> str:
    """The content of the files that a value names, joined with a newline, in base64.

    ConfigError when it names none, or one that cannot be read.
    """
    names = value.translate(dict.fromkeys(map(ord, SPACE), " ")).split(" ")
    contents = [_read(name) for name in names if name]
    if not contents:
        raise ConfigError(f"empty pathname list: >>{value}<<'")
    return b2a_base64(b"\n".join(contents)).rstrip(b"\n").decode()


def decode_value(value: str) -> bytes | None:
    """The content that a value stands for, up to the first null; None when it is not base64."""
    if len(value) % 4:
        return None
    try:
        return a2b_base64(value, strict_mode=True).partition(b"\0")[0]
    except (Error, ValueError):
        return None


def start_of(value: str) -> str:
    """As much of a value as a warning shows."""
    return value.encode("utf-8", "surrogateescape")[:SHOWN].decode("utf-8", "surrogateescape")


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        step = "read" if isinstance(error, IsADirectoryError) else "open"
        raise ConfigError(f"{step} {name}: {error.strerror}") from error
