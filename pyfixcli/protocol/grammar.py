"""SMTP grammar: words of a command, paths, xtext, DSN parameters (RFC 5321, RFC 3461, RFC 6533).

Paths are read as leniently as the reference reads them; with strict_rfc821_envelopes only
``<path>`` without comments passes. What comes out is in internal form and never has
NUL or a line break in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pyfixcli.mail.hostname import address_problem, is_hostname, literal_problem
from pyfixcli.mail.recipient import (
    NOTIFY_DELAY,
    NOTIFY_FAILURE,
    NOTIFY_NEVER,
    NOTIFY_SUCCESS,
)
from pyfixcli.mail.tok822 import ATOM, COMMENT, LITERAL, QUOTED, Token, internal_form, scan

MAX_ENVID = 100  # octets of the encoded form, RFC 3461 section 4.4
MAX_ORCPT = 500  # RFC 3461 section 4.2
FORBIDDEN = frozenset("\0\r\n\x85\u2028\u2029")
_HEX = frozenset("0123456789ABCDEF")
_BLANK = " \t\r\v\f"


# -- words -------------------------------------------------------------------------------


def decode_line(octets: bytes, *, is_utf8: bool) -> str | None:
    """A command line as text; None when it should be UTF-8 and is not (smtputf8_enable)."""
    if octets.isascii():
        return octets.decode("ascii")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None if is_utf8 else octets.decode("utf-8", "surrogateescape")


def split_verb(text: str) -> tuple[str, str]:
    """(verb, the rest) of a command line; what is behind a NUL does not belong to the verb."""
    text = text.strip(_BLANK)
    for position, character in enumerate(text):
        if character in _BLANK or character == "\0":
            argument = text[position:] if character == "\0" else text[position + 1 :]
            return text[:position], argument.strip(_BLANK)
    return text, ""


def split_words(text: str) -> list[str]:
    """The words of a command line: blanks separate, but not inside ``<...>`` and ``"..."``."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        simple = text.split()
        if "<" not in text or (text.count("<") == 1 and ">" in simple[0]):
            return simple
    words: list[str] = []
    position, end = 0, len(text)
    while position < end:
        if text[position] in _BLANK:
            position += 1
            continue
        stop = _word_end(text, position)
        words.append(text[position:stop])
        position = stop
    return words


def _word_end(text: str, position: int) -> int:
    quoted = angled = False
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character == "<":
            angled = True
        elif not quoted and character == ">":
            angled = False
        elif not quoted and not angled and character in _BLANK:
            return position
        position += 1
    return min(position, len(text))


# -- paths -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BadPath:
    """A path that is none. ``is_logged`` says whether it gets a warning in the log."""

    is_logged: bool = True


class Domains(NamedTuple):
    """What may stand in place of a host name or an address literal.

    ``utf8`` is a domain that is not ASCII (SMTPUTF8 was asked for), ``null`` nothing at all (resolve_null_domain),
    ``numeric`` an address without brackets (resolve_numeric_domain).
    """

    utf8: bool = False
    null: bool = False
    numeric: bool = False


def parse_path(word: str, *, is_strict: bool, domains: Domains) -> str | BadPath:
    """The address in a path, in internal form, empty for ``<>`` (RFC 5321 section 4.1.2)."""
    if not FORBIDDEN.isdisjoint(word):
        return BadPath(is_logged=False)
    if not word.startswith("<"):
        # A lone > at the end does no harm.
        return BadPath() if is_strict else _parse_address(word.rstrip(">"), False, domains)
    end = _closing(word)
    if end < 0:
        return BadPath(is_logged=False)
    inner, after = word[1:end], word[end + 1 :]
    if after and (is_strict or (inner and after != ">")):
        return BadPath()
    return _parse_address(inner, is_strict, domains) if inner else ""


def written_address(word: str) -> str:
    """The address in a path that was accepted, as it was written: with its quotes and its source route."""
    return word[1 : _closing(word)] if word.startswith("<") else word.rstrip(">")


def _closing(word: str) -> int:
    """Where the ``>`` is that closes the first ``<``, or -1."""
    if '"' not in word and "\\" not in word:
        return word.find(">", 1)
    quoted = False
    position = 1
    while position < len(word):
        character = word[position]
        if character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return position
        position += 1
    return -1


def _parse_address(text: str, is_strict: bool, domains: Domains) -> str | BadPath:
    if text.isascii() and text.replace("@", "").replace(".", "").isalnum():
        simple = _parse_simple(text)
        if simple is not None:
            return simple
    tokens = scan(_without_route(text))
    if is_strict and any(token.kind == COMMENT for token in tokens):
        return BadPath()
    tokens = [token for token in tokens if token.kind != COMMENT]
    if not _is_well_formed(tokens, is_strict):
        return BadPath()
    place = max((i for i, token in enumerate(tokens) if token.kind == "@"), default=-1)
    address = internal_form(tokens)
    domain = internal_form(tokens[place + 1 :]) if place >= 0 else ""
    local = internal_form(tokens[:place]) if place >= 0 else address
    if place >= 0 or not _ROUTES.isdisjoint(local):
        domain = domain or _implied_domain(local)
        if not _is_domain(domain, domains):
            return BadPath()
    return address


_ROUTES = frozenset("@!%")


def _implied_domain(local: str) -> str:
    """Where a local part at no domain at all leads: ``user@site``, ``site!user`` or ``user%site``."""
    if "@" in local:
        return local.rpartition("@")[2]
    if "!" in local:
        return local.partition("!")[0]
    return local.rpartition("%")[2] if "%" in local else ""


def _parse_simple(text: str) -> str | None:
    """The common case: letters, digits and dots at a host name; None for all others."""
    local, at, domain = text.partition("@")
    if at and local and is_hostname(domain):
        return text
    return None


def _without_route(text: str) -> str:
    """``@a,@b:user@site`` without its source route (RFC 5321 appendix C)."""
    if text.startswith("@"):
        route, colon, rest = text.partition(":")
        if colon and '"' not in route:
            return rest
    return text


_WORDS = frozenset((ATOM, QUOTED, LITERAL))
_NEVER = frozenset("<>,;")


def _is_well_formed(tokens: list[Token], is_strict: bool) -> bool:
    """No separators, no two words side by side. What ``a@@b`` means is the resolver's business."""
    previous = ""
    for token in tokens:
        if token.kind in _NEVER or (token.kind in _WORDS and previous in _WORDS):
            return False
        if is_strict and token.kind == "@" and previous == "@":
            return False
        previous = token.kind
    return bool(tokens)


def _is_domain(domain: str, domains: Domains) -> bool:
    """Whether this may stand after ``@``; one dot at its end is tolerated."""
    if domain.startswith("["):
        return domain.endswith("]") and literal_problem(domain) is None
    if not domain:
        return domains.null
    name = domain.removesuffix(".")
    if domains.numeric and not address_problem(name):
        return True
    return (domains.utf8 or name.isascii()) and is_hostname(name)


# -- xtext -------------------------------------------------------------------------------


def decode_xtext(text: str) -> str | None:
    """xtext (RFC 3461 section 4) decoded, or None when it is none.

    What it stands for must be printable ASCII or UTF-8: no NUL and no line breaks, encoded or not.
    """
    if "+" not in text:
        return text if _is_harmless(text) else None
    out = bytearray()
    parts = text.split("+")
    out += parts[0].encode("utf-8", "surrogateescape")
    for part in parts[1:]:
        if len(part) < 2 or part[0] not in _HEX or part[1] not in _HEX:
            return None
        out.append(int(part[:2], 16))
        out += part[2:].encode("utf-8", "surrogateescape")
    try:
        decoded = out.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return decoded if _is_harmless(decoded) else None


def _is_harmless(text: str) -> bool:
    """No control characters; these have no place in ENVID and ORCPT (RFC 3461)."""
    return text.isprintable()


def encode_xtext(text: str) -> str:
    """xtext: what is not printable ASCII, ``+`` and ``=`` as ``+XX`` of its UTF-8 octets."""
    out = []
    for octet in text.encode("utf-8", "surrogateescape"):
        plain = 33 <= octet <= 126 and octet not in (0x2B, 0x3D)
        out.append(chr(octet) if plain else f"+{octet:02X}")
    return "".join(out)


# -- DSN parameters (RFC 3461) -----------------------------------------------------------

_NOTIFY = {
    "NEVER": NOTIFY_NEVER,
    "SUCCESS": NOTIFY_SUCCESS,
    "FAILURE": NOTIFY_FAILURE,
    "DELAY": NOTIFY_DELAY,
}


def parse_notify(value: str) -> int | str:
    """The bits of a NOTIFY value; the word that is not known, else, or an empty text."""
    bits = 0
    for word in value.split(","):
        bit = _NOTIFY.get(word.upper())
        if bit is None:
            return word
        bits |= bit
    if bits & NOTIFY_NEVER and bits != NOTIFY_NEVER:
        return ""
    return bits


def parse_envid(value: str) -> str | None:
    """An ENVID value decoded, or None."""
    if not value or len(value) > MAX_ENVID:
        return None
    return decode_xtext(value)


def parse_orcpt(value: str) -> str | None:
    """An ORCPT value as ``type;address`` with the address decoded, or None."""
    kind, semicolon, address = value.partition(";")
    if not semicolon or not kind or len(value) > MAX_ORCPT or not _is_atom(kind):
        return None
    if kind.lower() == "utf-8":
        decoded = _decode_unitext(address)
    else:
        decoded = decode_xtext(address)
    return None if decoded is None else f"{kind};{decoded}"


def _is_atom(text: str) -> bool:
    return text.isascii() and text.replace("-", "a").replace("_", "a").isalnum()


def _decode_unitext(text: str) -> str | None:
    r"""utf-8-addr-xtext and utf-8-addr-unitext: ``\x{F6}`` (RFC 6533 section 3); a ``+`` is one."""
    head, *rest = text.split("\\x{")
    out = [head]
    for part in rest:
        digits, brace, after = part.partition("}")
        if not brace or not digits or len(digits) > 6 or not _HEX.issuperset(digits.upper()):
            return None
        point = int(digits, 16)
        if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
            return None
        out += [chr(point), after]
    decoded = "".join(out)
    return decoded if _is_harmless(decoded) else None


def encode_unitext(text: str) -> str:
    r"""utf-8-addr-xtext: what is not printable ASCII, ``+``, ``=`` and ``\`` as ``\x{XX}``, by characters."""
    return "".join(
        c if "!" <= c <= "~" and c not in "+=\\" else f"\\x{{{ord(c):02X}}}" for c in text
    )


def parse_size(value: str) -> int | None:
    """The number of a SIZE value or of BDAT, or None. Absurd ones are cut to 19 digits."""
    if not value.isascii() or not value.isdigit():
        return None
    return int(value) if len(value) < 20 else 10**19
