"""Rewriting an address to its canonical ``user@domain`` form, as trivial-rewrite(8) does."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.tok822 import (
    ATOM,
    QUOTED,
    Address,
    Token,
    address_tokens,
    header_form,
    join_atoms,
    read_again,
    strip_route,
)

LOCAL = "local"
REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class RewriteRules:
    """The parameters that rewriting uses; ``origin`` and ``domain`` complete addresses.

    ``origin`` stands for myorigin, or for remote_header_rewrite_domain in the remote context.
    """

    origin: str
    domain: str
    append_at_myorigin: bool
    append_dot_mydomain: bool
    swap_bangpath: bool
    allow_percent_hack: bool


class Rewriter:
    """Rewrites addresses of one view of the configuration."""

    def __init__(self, config: Config) -> None:
        self._local = RewriteRules(
            origin=config.myorigin,
            domain=config.mydomain,
            append_at_myorigin=config.append_at_myorigin,
            append_dot_mydomain=config.append_dot_mydomain,
            swap_bangpath=config.swap_bangpath,
            allow_percent_hack=config.allow_percent_hack,
        )
        remote = config.remote_header_rewrite_domain
        self.rewrites_remote_headers = bool(remote)
        self._remote = RewriteRules(
            origin=remote,
            domain=remote,
            append_at_myorigin=bool(remote) and config.append_at_myorigin,
            append_dot_mydomain=bool(remote) and config.append_dot_mydomain,
            swap_bangpath=config.swap_bangpath,
            allow_percent_hack=config.allow_percent_hack,
        )
        self._known: dict[tuple[str, str], str] = {}

    def rewrite(self, address: str, context: str) -> str:
        """An internal-form address completed and normalised; the null address stays null.

        In an envelope ``@`` is a bad address; in a header it is a null one.
        """
        if not address:
            return ""
        key = (context, address)
        known = self._known.get(key)
        if known is None:
            rules = self._local if context == LOCAL else self._remote
            known = header_form(rewrite_tokens(address_tokens(address), rules))
            if len(self._known) > 1000:
                self._known.clear()
            self._known[key] = known
        return known

    def rewrite_tokens(self, address: Address, context: str) -> Address:
        """The same for an address that was parsed out of a header, and to go back there."""
        rules = self._local if context == LOCAL else self._remote
        return read_again(rewrite_tokens(join_atoms(address), rules))


def rewrite_tokens(tokens: Address, rules: RewriteRules) -> Address:
    """Apply the rules in order: route, bang path, percent, origin, domain, trailing dot."""
    if _is_null(tokens):
        return [Token(QUOTED, "")] if tokens else tokens
    route, tokens = tokens, strip_route(tokens)
    if not tokens:
        return route
    if not _has(tokens, "@") and rules.swap_bangpath and _has(tokens, "!"):
        tokens = _swap_bang(tokens)
    if not _has(tokens, "@") and rules.allow_percent_hack and _has(tokens, "%"):
        tokens = _swap_percent(tokens)
    if not _has(tokens, "@") and rules.append_at_myorigin:
        tokens = [*tokens, Token("@", "@"), *domain_tokens(rules.origin)]
    if rules.append_dot_mydomain and _lacks_dot(tokens):
        tokens = [*tokens, Token(".", "."), *domain_tokens(rules.domain)]
    if len(tokens) > 2 and tokens[-1].kind == "." and tokens[-2].kind == ATOM:
        tokens = tokens[:-1]
    return tokens


def _is_null(tokens: Address) -> bool:
    """Whether there is nothing, or a bare ``@``: the null address. An empty local part before it makes it a bad one."""
    return [token.kind for token in tokens] == ["@"] or not any(token.text for token in tokens)


def _has(tokens: Address, kind: str) -> bool:
    return any(token.kind == kind for token in tokens)


def _place(tokens: Address, kind: str) -> int:
    return next(place for place, token in enumerate(tokens) if token.kind == kind)


def _swap_bang(tokens: Address) -> Address:
    """``site!user`` to ``user@site``."""
    bang = _place(tokens, "!")
    return [*tokens[bang + 1 :], Token("@", "@"), *tokens[:bang]]


def _swap_percent(tokens: Address) -> Address:
    """``user%domain`` to ``user@domain``, at the last percent sign."""
    last = len(tokens) - 1 - _place(tokens[::-1], "%")
    return [*tokens[:last], Token("@", "@"), *tokens[last + 1 :]]


def _lacks_dot(tokens: Address) -> bool:
    """Whether there is a domain of one word."""
    at = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i].kind == "@"), None)
    if at is None or at == len(tokens) - 1:
        return False
    domain = tokens[at + 1 :]
    return len(domain) == 1 and domain[0].kind == ATOM


def domain_tokens(domain: str) -> Address:
    """A domain as tokens."""
    return [token for token in address_tokens("x@" + domain)[2:]]
