"""Envelope addresses in internal form, and their external (quoted) form (RFC 5321, RFC 5322)."""

from __future__ import annotations

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


def split_extension(local: str, delimiters: str) -> tuple[str, str]:
    """(user, extension without delimiter) of a local part (postconf(5): recipient_delimiter).

    The names that must not be split (mailer-daemon, double-bounce, owner- and -request lists with
    ``-``) stay whole.
    """
    if not delimiters or local.lower() in ("mailer-daemon", "double-bounce"):
        return local, ""
    if "-" in delimiters:
        folded = local.lower()
        if folded.startswith("owner-") or folded.endswith("-request"):
            return local, ""
    for position in range(1, len(local)):
        if local[position] in delimiters:
            return local[:position], local[position + 1 :]
    return local, ""
