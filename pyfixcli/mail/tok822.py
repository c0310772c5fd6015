"""Header addresses as tokens: scanning, grouping, and writing them again (RFC 5322 section 3.4).

A parsed header is a flat list of Items in order: texts that are copied (phrases, comments,
group names, commas), and addresses, which are lists of Tokens that rewriting may replace.
The forms are lenient, as the reference's are: an unterminated quoted string ends with the
text, words without a comma between them are addresses of their own.
"""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.mail.address import quote_address

ATOM = "a"
QUOTED = "q"
LITERAL = "l"
COMMENT = "c"

_OPERATORS = frozenset('<>@,;:."!%')
_JOINING = frozenset("@.!%:")
_SPACE = frozenset(" \t\r\n")
_ENDS_ATOM = frozenset('()<>@,;:\\".[]!% \t\r\n')
BLANKS = {ord(character): " " for character in "\t\r\n"}
_CLOSED = {"(": ")", "[": "]", '"': '"'}


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


def scan(text: str) -> list[Token]:
    """Cut text into tokens; white space only separates."""
    tokens: list[Token] = []
    position, end = 0, len(text)
    while position < end:
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
    return len(text), text[start:] + ")" * depth


def _delimited(text: str, start: int, closer: str) -> tuple[int, str]:
    out: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == closer:
            return position + 1, "".join(out)
        if character == "\\" and position + 1 < len(text):
            position += 1
            character = text[position]
        if character != "\n":
            out.append(character)
        position += 1
    return len(text), "".join(out)


def _atom(text: str, start: int) -> tuple[int, Token]:
    """An atom; with a backslash in it, it is a quoted string."""
    out: list[str] = []
    position, kind = start, ATOM
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
            if position < len(text):
                kind = QUOTED
                out.append(text[position])
                position += 1
            continue
        if character in _ENDS_ATOM and (position > start or character not in ")]"):
            break
        out.append(character)
        position += 1
    return max(position, start + 1), Token(kind, "".join(out))


def parse(text: str) -> list[Item]:
    """The items of an address header's value."""
    return _Parser(scan(text)).run()


class _Parser:
    """Groups tokens into addresses and the text around them."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._items: list[Item] = []

    def run(self) -> list[Item]:
        segment: list[Token] = []
        depth = 0
        last_end = max((i for i, token in enumerate(self._tokens) if token.kind == ";"), default=-1)
        for place, token in enumerate(self._tokens):
            if token.kind == "<":
                depth = 1
            elif token.kind == ">":
                depth = 0
            begins_group = token.kind == ":" and place < last_end and not depth
            if token.kind in (",", ";") or (begins_group and _is_name(segment)):
                self._segment(segment, token.kind)
                segment = []
                depth = 0
            else:
                segment.append(token)
        self._segment(segment, "")
        return self._items

    def _text(self, token: Token) -> None:
        self._items.append(Item(None, write_token(token), token.kind))

    def _segment(self, tokens: list[Token], ended_by: str) -> None:
        """Tokens up to a comma, semicolon, or colon of a group."""
        if ended_by == ":":
            for token in tokens:
                self._text(token)
        else:
            self._mailboxes(tokens)
        if ended_by:
            self._items.append(Item(None, ended_by, ended_by))

    def _mailboxes(self, tokens: list[Token]) -> None:
        while tokens:
            opened = next((i for i, token in enumerate(tokens) if token.kind == "<"), None)
            if opened is None:
                self._bare(tokens)
                return
            closed = next((i for i in range(opened, len(tokens)) if tokens[i].kind == ">"), None)
            if closed is None:
                self._bare(_absorb(tokens, opened))
                return
            phrase = 1 + max((i for i in range(opened) if tokens[i].kind == ":"), default=-1)
            if phrase:
                self._bare(tokens[:phrase])  # a colon is no part of a phrase
            self._separate()
            for token in tokens[phrase:opened]:
                self._text(token)
            self._items.append(Item(None, "<", "<"))
            self._route(tokens[opened + 1 : closed])
            self._items.append(Item(None, ">", ">"))
            tokens = tokens[closed + 1 :]
            while tokens and tokens[0].kind == COMMENT and _only_comments(tokens):
                self._text(tokens.pop(0))

    def _separate(self) -> None:
        """A comma between addresses that had none."""
        if self._items and self._items[-1].kind not in (",", ":"):
            self._items.append(Item(None, ",", ","))

    def _route(self, tokens: list[Token]) -> None:
        """The inside of ``<...>``; comments go after the address."""
        address = [token for token in tokens if token.kind != COMMENT]
        self._items.append(Item(address, "", "address"))
        for token in tokens:
            if token.kind == COMMENT:
                self._text(token)

    def _bare(self, tokens: list[Token]) -> None:
        """Addresses without angle brackets; a word after a word begins another one."""
        parts: list[tuple[Address, list[Token]]] = []
        address: Address = []
        held: list[Token] = []
        trailing: list[Token] = []
        for token in tokens:
            if token.kind == COMMENT:
                trailing.append(token)
                continue
            if address and not _continues(address[-1], token):
                parts.append((address, held))
                address, held = [], []
            held += trailing
            trailing = []
            address.append(token)
        parts.append((address, held + trailing))
        for number, (words, remarks) in enumerate(parts):
            if number or (words and self._items):
                self._separate()
            if words:
                self._items.append(Item(words, "", "address"))
            for remark in remarks:
                self._text(remark)


def _is_name(segment: list[Token]) -> bool:
    """Whether these tokens can be the name of a group (no route such as ``@a:``)."""
    return all(token.kind in (ATOM, QUOTED, COMMENT, ".") for token in segment)


def _only_comments(tokens: list[Token]) -> bool:
    return tokens[0].kind == COMMENT and all(t.kind == COMMENT for t in tokens)


def _absorb(tokens: list[Token], opened: int) -> list[Token]:
    """A ``<`` that is never closed is a part of the word after it."""
    word = "<"
    rest = tokens[opened + 1 :]
    if rest and rest[0].kind in (ATOM, QUOTED):
        word += rest.pop(0).text
    return [*tokens[:opened], Token(QUOTED, word), *rest]


def _continues(last: Token, token: Token) -> bool:
    return not _JOINING.isdisjoint((last.kind, token.kind))


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


def spaced_form(address: Address) -> str:
    """The address without quotes, with a blank between words that stand side by side."""
    parts: list[str] = []
    previous = ""
    for token in address:
        if previous in _WORDS and token.kind in _WORDS:
            parts.append(" ")
        parts.append(token.text)
        previous = token.kind
    return "".join(parts)


def external_form(address: Address) -> str:
    """The address with its local part quoted where it must be."""
    return quote_address(internal_form(address))


def parse_addresses(text: str) -> list[str]:
    """The addresses in a text (a header value, a command line argument), in internal form.

    White space in a quoted string is a blank.
    """
    found = [internal_form(item.address) for item in parse(text) if item.address is not None]
    return [address.translate(BLANKS) for address in found]


def address_tokens(address: str) -> Address:
    """An internal-form address as tokens, for rewriting."""
    return [token for token in scan(quote_address(address)) if token.kind != COMMENT]


_NO_SPACE_BEFORE = frozenset((",", ";", ":", ">"))
_WORDS = frozenset((ATOM, QUOTED, LITERAL, COMMENT, "address"))


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
    if kind in _NO_SPACE_BEFORE:
        return False
    if previous in (":", ";"):
        return True
    return previous in _WORDS and (kind in _WORDS or kind == "<")
