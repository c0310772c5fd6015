"""Which names can be hosts: RFC 1123 names and bracketed addresses (RFC 5321 section 4.1.3)."""

from __future__ import annotations

MAX_NAME = 255
MAX_LABEL = 63
SHOWN = 100  # characters of an address in a warning
_DIGITS = frozenset("0123456789")
_HEX = frozenset("0123456789abcdefABCDEF")
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
    """Why a dotted quad is none, in the words of the reference, or empty."""
    problem = _ipv4_fault(text)
    return f"valid_ipv4_hostaddr: {problem}: {text[:SHOWN]}" if problem else ""


def _ipv4_fault(text: str) -> str:
    octets, value, is_inside = 0, 0, False
    for position, character in enumerate(text):
        if character in _DIGITS:
            octets += not is_inside
            value = value * 10 + int(character) if is_inside else int(character)
            is_inside = True
            if value > 255:
                return "invalid octet value"
        elif character != ".":
            return f"invalid character {ord(character)}(decimal)"
        elif not is_inside or position + 1 == len(text):
            return "misplaced dot"
        else:
            if octets == 1 and not value and text.strip("0."):
                return "bad initial octet value"
            is_inside = False
    return "" if octets == 4 else "invalid octet count"


def ipv6_problem(text: str) -> str:
    """Why an IPv6 address (RFC 4291 section 2.2) is none, in the words of the reference, or empty."""
    place = text.find(".")
    if place >= 0 and 2 <= text.count(":", 0, place) <= 6:
        begin = text.rindex(":", 0, place) + 1
        problem = _ipv6_fault(text[:begin] + "0")
        if not problem or problem == TOO_FEW:
            return ipv4_problem(text[begin:])
    else:
        problem = _ipv6_fault(text)
    return f"valid_ipv6_hostaddr: {problem} address: {text[:SHOWN]}" if problem else ""


TOO_FEW = "too few `:' in IPv6"


def _ipv6_fault(text: str) -> str:
    """What is wrong first, from left to right."""
    colons, double, digits = 0, 0, 0
    for position, character in enumerate(text):
        following = text[position + 1 : position + 2]
        if character in _HEX:
            digits += 1
            if digits > 4:
                return "malformed IPv6"
        elif character == ".":
            return "malformed IPv4-in-IPv6"
        elif character != ":":
            return f"invalid character {ord(character)}(decimal) in IPv6"
        else:
            if not position and following not in ("", ":"):
                return "bad null first field in IPv6"
            colons, digits = colons + 1, 0
            if colons > 7:
                return "too many `:' in IPv6"
            if following == ":":
                if double:
                    return "too many `::' in IPv6"
                double = colons
    if not digits and colons > 1 and double != colons - 1:
        return "bad null last field in IPv6"
    return TOO_FEW if colons < 2 or (colons < 7 and not double) else ""


def address_problem(text: str) -> str:
    """Why text is no IP address, or empty."""
    return ipv6_problem(text) if ":" in text else ipv4_problem(text)


def literal_problem(domain: str) -> str | None:
    """None when ``[IPv4]`` or ``[IPv6:address]`` is valid; else a warning to log."""
    inner = domain[1:-1]
    if inner[:5].lower() == "ipv6:":
        return ipv6_problem(inner[5:]) or None
    return ipv4_problem(inner) or None
