"""The envelope sender as sendmail -f gives it."""

from __future__ import annotations

from pyfixcli.mail.tok822 import parse_addresses


def parse_sender(text: str) -> tuple[str, bool]:
    """(sender in internal form, whether the text was a proper address)."""
    if not text.strip():
        return "", True
    found = parse_addresses(text)
    if not found:
        return "", False
    return found[0], len(found) == 1
