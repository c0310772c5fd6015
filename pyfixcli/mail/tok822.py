"""Header addresses as tokens: scanning, grouping, and writing them again (RFC 5322 section 3.4).

A parsed header is a flat list of Items in order: texts that are copied (phrases, comments,
group names, commas), and addresses, which are lists of Tokens that rewriting may replace.
The forms are lenient, as the reference's are: an unterminated quoted string ends with the
text, words without a comma between them are addresses of their own. Like the reference, the parser goes from the end to the
start, so that ``>`` and ``;`` begin what ``<`` and ``:`` end.
"""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.mail.address import quote_address

ATOM = "a"
QUOTED = "q"
LITERAL = "l"
COMMENT = "c"

_OPERATORS = frozenset("<>@,;:.!%)]")
_SEPARATORS = frozenset(",;")
_ENDS_PHRASE = frozenset(",;:>")
_ENDS_NAME = frozenset(
    ","
)  # of a group; a ``;`` and what is before it are taken for a part of the name
_ADDRESS_WORDS = frozenset((ATOM, QUOTED, LITERAL))
_WORDS = _ADDRESS_WORDS | {COMMENT, "address"}
_PLAIN = frozenset("@.-_+=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_SPACE = frozenset(" \t\r\n")
_CONTROLS = frozenset(map(chr, (*range(1, 32), 127)))
_ENDS_ATOM = frozenset('()<>@,;:\\".[]!% \t\r\n')
BLANKS = {ord(character): " " for character in "\t\r\n"}


class Token(NamedTuple):
    """ATOM, QUOTED (unescaped), LITERAL or COMMENT (with brackets), or an operator itself."""

    kind: str
    text: str


Address = list[Token]


class Item(NamedTuple):
    """A piece of a header: an address, or None with a text that is copied."""

    address: Address | None
    text: str
    kind: str


def scan(text: str, limit: int = 0) -> list[Token]:
    """Cut text into tokens; white space only separates, and in a quoted string or a literal it is a blank.

    What comes after ``limit`` tokens is left out; 0 is no limit.
    """
    tokens: list[Token] = []
    position, end = 0, len(text)
    most = limit or end
    while position < end and len(tokens) < most:
        character = text[position]
        if character in _SPACE:
            position += 1
        elif character == "(":
            position, word = _comment(text, position)
            tokens.append(Token(COMMENT, word))
        elif character == "[":
            position, word = _delimited(text, position, "]")
            tokens.append(Token(LITERAL, f"[{word}]"))
        elif character == '"':
            position, word = _delimited(text, position, '"')
            tokens.append(Token(QUOTED, word))
        elif character in _OPERATORS:
            tokens.append(Token(character, character))
            position += 1
        else:
            position, token = _atom(text, position)
            tokens.append(token)
    return tokens


def _comment(text: str, start: int) -> tuple[int, str]:
    depth, position = 0, start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if not depth:
                return position + 1, text[start : position + 1]
        position += 1
    return len(text), text[start:]


def _delimited(text: str, start: int, closer: str) -> tuple[int, str]:
    out: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == closer:
            return position + 1, "".join(out)
        if character == "\\":
            position += 1
            character = text[position : position + 1]
        out.append(" " if character in _SPACE else character)
        position += 1
    return len(text), "".join(out)


def _atom(text: str, start: int) -> tuple[int, Token]:
    """An atom; with a backslash or a control character in it, it is a quoted string. Quoted white space is a blank."""
    out: list[str] = []
    position, kind = start, ATOM
    while position < len(text):
        character = text[position]
        if character == "\\":
            if position + 1 < len(text):  # at the end of the text it quotes nothing
                kind = QUOTED
                quoted = text[position + 1]
                out.append(" " if quoted in _SPACE else quoted)
            position += 2
            continue
        if character in _ENDS_ATOM:
            break
        out.append(character)
        position += 1
    word = "".join(out)
    if not word.isprintable() and not _CONTROLS.isdisjoint(word):
        kind = QUOTED
    return position, Token(kind, word)


def parse(text: str, limit: int = 0) -> list[Item]:
    """The items of an address header's value, as far as ``limit`` tokens go."""
    return _Parser(scan(text, limit)).run()


class _Parser:
    """Groups tokens into addresses and the text around them, the last ones first."""

    def __init__(self, tokens: list[Token]) -> None:
        self._rest = tokens
        self._items: list[Item] = []
        self._in_group = (
            False  # a ``;`` was seen, so that any colon before it ends the name of a group
        )

    def run(self) -> list[Item]:
        while self._rest:
            token = self._rest[-1]
            if token.kind == ">":
                self._route()
            elif token.kind == ":" and self._in_group:
                self._group_name()
            elif token.kind in _SEPARATORS:
                self._in_group |= token.kind == ";"
                self._text()
            elif token.kind == COMMENT:
                self._text()
            else:
                self._bare()
        return self._items[::-1]

    def _text(self) -> None:
        """Take a token as it is."""
        token = self._rest.pop()
        self._items.append(Item(None, write_token(token), token.kind))

    def _texts_until(self, ends: frozenset[str]) -> None:
        while self._rest and self._rest[-1].kind not in ends:
            self._text()

    def _group_name(self) -> None:
        self._rest.pop()
        self._items.append(Item(None, ":", "group"))
        self._texts_until(_ENDS_NAME)

    def _route(self) -> None:
        """``phrase <address>``; without ``<`` all that is before belongs to the address."""
        self._text()
        address: Address = []
        while self._rest and self._rest[-1].kind != "<":
            if self._rest[-1].kind == COMMENT:
                self._text()
            else:
                address.append(self._rest.pop())
        if address or self._rest:
            self._items.append(Item(address[::-1], "", "address"))
        if self._rest:
            self._text()
            self._phrase()

    def _phrase(self) -> None:
        self._texts_until(_ENDS_PHRASE)
        if self._rest and self._rest[-1].kind == ":":
            if self._in_group:
                self._group_name()
            else:
                self._text()

    def _bare(self) -> None:
        """An address without angle brackets; comments go after it. A word before a word belongs to another one."""
        address: Address = [self._rest.pop()]
        while self._rest and self._is_joined(self._rest[-1].kind, address[-1].kind):
            if self._rest[-1].kind == COMMENT:
                self._text()
            else:
                address.append(self._rest.pop())
        self._items.append(Item(address[::-1], "", "address"))
        if self._rest and self._rest[-1].kind not in (",", ":"):
            self._items.append(Item(None, ",", ","))

    def _is_joined(self, kind: str, following: str) -> bool:
        """Whether a token belongs to the address after it."""
        if kind in _SEPARATORS or kind == ">" or (kind == ":" and self._in_group):
            return False
        return not (kind in _ADDRESS_WORDS and following in _ADDRESS_WORDS)


def strip_route(tokens: Address) -> Address:
    """``@a,@b:user@site`` without its source route (RFC 5321 appendix C)."""
    if tokens and tokens[0].kind == "@":
        for place, token in enumerate(tokens):
            if token.kind == ":":
                return tokens[place + 1 :]
    return tokens


def write_token(token: Token) -> str:
    """The token as it stands in a text."""
    if token.kind == QUOTED:
        escaped = token.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return token.text


def internal_form(address: Address) -> str:
    """The address without quotes."""
    return "".join(token.text for token in address)


def header_form(address: Address) -> str:
    """The address without quotes as it is in a header.

    There is a blank before ``<`` and after ``,``, which are none of its own, and between words.
    """
    parts: list[str] = []
    previous = ""
    for token in address:
        if previous and _is_apart(previous, token.kind):
            parts.append(" ")
        parts.append(token.text)
        previous = token.kind
    return "".join(parts)


def _is_apart(previous: str, kind: str) -> bool:
    if previous == "," or kind == "<":
        return True
    return previous in _WORDS and kind in _WORDS


def external_form(address: Address) -> str:
    """The address in a header, its local part quoted where it must be. An empty local part is a pair of quotes."""
    return quote_address(header_form(address)) or ('""' if address else "")


def parse_addresses(text: str) -> list[str]:
    """The addresses in a text (a header value, a command line argument), in internal form."""
    return [internal_form(item.address) for item in parse(text) if item.address is not None]


def parse_recipients(text: str) -> list[str]:
    """The same of those who get mail: ``<>`` is nobody, while ``""`` is the null address."""
    return [internal_form(item.address) for item in parse(text) if item.address]


def read_again(address: Address) -> Address:
    """An address as it is read out of its header form: blanks of a domain go, comments appear."""
    text = header_form(address)
    return address if _PLAIN.issuperset(text) else address_tokens(text)


def join_atoms(address: Address) -> Address:
    """Atoms that stand side by side are one, since nothing is between them where the address is written."""
    joined: Address = []
    for token in address:
        if token.kind == ATOM and joined and joined[-1].kind == ATOM:
            token = Token(ATOM, joined.pop().text + token.text)
        joined.append(token)
    return joined


def address_tokens(address: str) -> Address:
    """An internal-form address as tokens, for rewriting."""
    return scan(quote_address(address))


def write_units(items: list[Item]) -> list[str]:
    """The header value again, cut after each comma, for folding."""
    units: list[str] = []
    current = ""
    previous = ""
    for item in items:
        text = item.text if item.address is None else external_form(item.address)
        if current and _needs_space(previous, item.kind):
            current += " "
        current += text
        previous = item.kind
        if item.kind == ",":
            units.append(current)
            current, previous = "", ""
    units.append(current)
    return units


def _needs_space(previous: str, kind: str) -> bool:
    if kind == "<" or previous == "group":
        return True
    return previous in _WORDS and kind in _WORDS
