"""Variable envelope return paths: a sender address that names the recipient (VERP).

``owner@example.test`` with delimiters ``+=`` and recipient ``a@away.test`` becomes
``owner+a=away.test@example.test``, so that a bounce tells whom it is about.

See also: postconf(5) default_verp_delimiters, verp_delimiter_filter, disable_verp_bounces.
"""

from __future__ import annotations

from pyfixcli.mail.address import split_address


def verp_sender(sender: str, recipient: str, delimiters: str) -> str:
    """The sender that names ``recipient``, all in internal form.

    ``recipient`` is the address before aliases were expanded; ``delimiters`` are two
    characters, checked before. The null sender stays as it is.
    """
    local, domain = split_address(sender)
    if not sender:
        return sender
    before, between = delimiters[0], delimiters[1]
    whom, site = split_address(recipient)
    named = local + before + whom + (between + site if site is not None else "")
    return named if domain is None else f"{named}@{domain}"


def is_valid_delimiters(delimiters: str, allowed: str) -> bool:
    """Whether these are two characters of verp_delimiter_filter (``allowed``)."""
    return len(delimiters) == 2 and all(character in allowed for character in delimiters)
