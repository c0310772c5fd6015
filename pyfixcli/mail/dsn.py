"""Enhanced status codes (RFC 3463) in texts of tables, transports and servers."""

from __future__ import annotations


def split_dsn(text: str, default: str) -> tuple[str, str]:
    """An enhanced status code at the start of a text, and what follows it; ``default`` when there is none."""
    dsn, _, rest = text.partition(" ")
    parts = dsn.split(".")
    if len(parts) == 3 and parts[0] in ("2", "4", "5") and all(map(str.isdigit, parts[1:])):
        return dsn, rest.strip()
    return default, text
