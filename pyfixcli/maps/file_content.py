"""Values that are the content of files, in base64 (postmap(1): -F)."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

from pyfixcli.base.errors import ConfigError

SPACE = " \t\r\n\v\f,"


def encode_files(value: str) -> str:
    """The content of the files that a value names, joined with a newline, in base64.

    OSError when one cannot be read; its ``filename`` is the name.
    """
    contents = []
    for name in value.translate(dict.fromkeys(map(ord, SPACE), " ")).split():
        with open(name, "rb") as file:
            contents.append(file.read())
    return b2a_base64(b"\n".join(contents)).rstrip(b"\n").decode()


def encode_named(value: str) -> str:
    """As encode_files; ConfigError when a file cannot be read."""
    try:
        return encode_files(value)
    except OSError as error:
        raise ConfigError(open_problem(error)) from error


def decode_value(value: str) -> bytes | None:
    """The content that a value stands for; None when it is not base64."""
    if len(value) % 4:
        return None
    try:
        return a2b_base64(value, strict_mode=True)
    except (Error, ValueError):
        return None


def open_problem(error: OSError) -> str:
    """Which file could not be read, and why."""
    return f"open {error.filename}: {error.strerror}"
