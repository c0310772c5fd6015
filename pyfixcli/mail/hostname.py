"""Which names can be hosts: RFC 1123 names and bracketed addresses (RFC 5321 section 4.1.3)."""

from __future__ import annotations

MAX_NAME = 255
MAX_LABEL = 63
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def is_hostname(name: str) -> bool:
    """Letters, digits, hyphens inside labels, underscores; not all-numeric; UTF-8 labels pass."""
    if not name or len(name) > MAX_NAME:
        return False
    if not name.isascii():
        name = "".join("x" if ord(character) > 127 else character for character in name)
    numeric = True
    for label in name.split("."):
        if not label or len(label) > MAX_LABEL or not _LABEL.issuperset(label):
            return False
        if label[0] == "-" or label[-1] == "-":
            return False
        numeric = numeric and label.isdigit()
    return not numeric


def ipv4_problem(text: str) -> str:
    """Why a dotted quad is none, in the reference's words, or empty."""
    octets = text.split(".")
    for octet in octets:
        if octet.isdigit() and octet.isascii() and int(octet) > 255:
            return f"valid_ipv4_hostaddr: invalid octet value: {text[:100]}"
        if not octet.isdigit() or not octet.isascii():
            return f"valid_ipv4_hostaddr: invalid character in address: {text[:100]}"
    if len(octets) != 4:
        return f"valid_ipv4_hostaddr: invalid octet count: {text[:100]}"
    return ""


def is_ipv6(text: str) -> bool:
    """Whether text is an IPv6 address (RFC 4291 section 2.2)."""
    head, double, tail = text.partition("::")
    groups = [g for part in (head, tail) for g in part.split(":") if part]
    if groups and "." in groups[-1]:
        if ipv4_problem(groups[-1]):
            return False
        groups[-1:] = ["0", "0"]
    if any(
        not 1 <= len(g) <= 4 or not all(c in "0123456789abcdefABCDEF" for c in g) for g in groups
    ):
        return False
    return len(groups) < 8 if double else len(groups) == 8


def literal_problem(domain: str) -> str | None:
    """None when ``[address]`` is valid; else a warning to log, or an empty text."""
    inner = domain[1:-1]
    if inner.lower().startswith("ipv6:"):
        return None if is_ipv6(inner[5:]) else ""
    if ":" in inner:
        return None if is_ipv6(inner) else ""
    return ipv4_problem(inner) or None
