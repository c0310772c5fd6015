"""Envelope addresses in internal form, and their external (quoted) form (RFC 5321, RFC 5322)."""

from __future__ import annotations

from typing import NamedTuple

_SPECIALS = frozenset('()<>@,;:\\"[] \t\r\n\x7f' + "".join(map(chr, range(32))))


def split_address(address: str) -> tuple[str, str | None]:
    """(local part, domain) at the last ``@``; the domain is None when there is no ``@``."""
    local, at, domain = address.rpartition("@")
    return (local, domain) if at else (address, None)


def is_utf8(address: str) -> bool:
    """Whether all octets of an address that was decoded with surrogates were UTF-8."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return False
    return True


def needs_quotes(local: str) -> bool:
    """Whether a local part is no dot-string (RFC 5321 section 4.1.2)."""
    if not local or local[0] == "." or local[-1] == "." or ".." in local:
        return True
    if local.isalnum():
        return False
    return not _SPECIALS.isdisjoint(local)


def quote_local(local: str) -> str:
    """A local part as it is written in SMTP and in headers."""
    if not needs_quotes(local):
        return local
    escaped = local.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\\r")
    return f'"{escaped}"'


def quote_address(address: str) -> str:
    """Internal form to external form; the null address stays empty."""
    if not address:
        return ""
    if address[0] == "@" and ":" in address:  # a source route, RFC 5321 appendix C
        route, _, mailbox = address.partition(":")
        return f"{route}:{_quote_mailbox(mailbox)}"
    return _quote_mailbox(address)


def _quote_mailbox(address: str) -> str:
    local, domain = split_address(address)
    return quote_local(local) if domain is None else f"{quote_local(local)}@{domain}"


def unquote_address(address: str) -> str:
    """External form to internal form: quotes and backslashes of the local part go."""
    if '"' not in address and "\\" not in address:
        return address
    out = []
    escaped = quoted = False
    for position, character in enumerate(address):
        if escaped:
            out.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "@" and not quoted:
            return "".join(out) + address[position:]
        else:
            out.append(character)
    return "".join(out)


class Extensions(NamedTuple):
    """How a local part is cut: at the first of ``delimiters`` (postconf(5): recipient_delimiter).

    ``spares_lists``: the names of list owners, owner- and -request, stay whole (owner_request_special).
    """

    delimiters: str
    spares_lists: bool = True

    def split(self, local: str) -> tuple[str, str]:
        """(user, extension without delimiter) of a local part; mailer-daemon and double-bounce stay whole."""
        if not self.delimiters or local.lower() in ("mailer-daemon", "double-bounce"):
            return local, ""
        if self.spares_lists and "-" in self.delimiters:
            folded = local.lower()
            if folded.startswith("owner-") or folded.endswith("-request"):
                return local, ""
        for position in range(1, len(local)):
            if local[position] in self.delimiters:
                return local[:position], local[position + 1 :]
        return local, ""
