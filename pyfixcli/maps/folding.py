"""Case folding of keys (postconf(5): smtputf8_enable)."""

from __future__ import annotations


def fold_key(key: str) -> str:
    """Lower case, for ASCII and for what is valid UTF-8."""
    return key.lower() if key.isascii() else key.casefold()
