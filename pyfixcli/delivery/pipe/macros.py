"""Macros in the command of a pipe service (pipe(8): argv=).

An argument with a macro about recipients becomes one argument for each of them. An argument stays one even when all in it
is empty, so that the others keep their places. What a message says never becomes a macro itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyfixcli.delivery.pipe.attributes import Attributes
from pyfixcli.mail.address import Extensions, quote_address, split_address
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient

# $$, $name, ${name}, $(name), and a dollar sign that begins none of these
_MACRO = re.compile(
    r"\$(?:(\$)|([A-Za-z0-9_]+)|\{((?:[^{}]|\{[^{}]*\})*)\}|\(([^()]*)\)|(.?))", re.DOTALL
)


class BadMacro(Exception):
    """The service's command cannot be expanded; the text is that of the reference's warning."""


class UnknownMacro(BadMacro):
    """It names a macro that there is not."""


@dataclass(frozen=True, slots=True)
class _View:
    """What macros are made of. ``extensions`` says how users are told from them."""

    request: DeliveryRequest
    flags: frozenset[str]
    null_sender: str
    extensions: Extensions


MessageMacro = Callable[[_View], str]
RecipientMacro = Callable[[_View, RequestRecipient], str]


def _sender(view: _View) -> str:
    sender = view.request.sender or view.null_sender
    return quote_address(sender) if "q" in view.flags else sender


def _nexthop(view: _View) -> str:
    return _fold(view, "h", view.request.nexthop)


# SASL attributes of the client are not part of a request yet: always empty
MESSAGE: Mapping[str, MessageMacro] = {
    "client_address": lambda view: view.request.client_address,
    "client_helo": lambda view: view.request.helo,
    "client_hostname": lambda view: view.request.client_name,
    "client_port": lambda view: view.request.client_port,
    "client_protocol": lambda view: view.request.protocol,
    "nexthop": _nexthop,
    "queue_id": lambda view: view.request.queue_id,
    "sasl_method": lambda view: "",
    "sasl_sender": lambda view: "",
    "sasl_username": lambda view: "",
    "sender": _sender,
    "size": lambda view: str(view.request.size),
}


def _address(view: _View, address: str) -> str:
    """An address as the flags h, q and u want it."""
    local, domain = split_address(address)
    local = _fold(view, "u", local)
    if domain is not None:
        local = f"{local}@{_fold(view, 'h', domain)}"
    return quote_address(local) if "q" in view.flags else local


def _user(view: _View, recipient: RequestRecipient) -> str:
    user, _ = view.extensions.split(_mailbox(view, recipient))
    return user


def _extension(view: _View, recipient: RequestRecipient) -> str:
    _, extension = view.extensions.split(_mailbox(view, recipient))
    return extension


def _mailbox(view: _View, recipient: RequestRecipient) -> str:
    return _fold(view, "u", split_address(recipient.address)[0])


def _domain(view: _View, recipient: RequestRecipient) -> str:
    return _fold(view, "h", split_address(recipient.address)[1] or "")


def _fold(view: _View, flag: str, text: str) -> str:
    return text.lower() if flag in view.flags else text


RECIPIENT: Mapping[str, RecipientMacro] = {
    "domain": _domain,
    "extension": _extension,
    "mailbox": _mailbox,
    "original_recipient": lambda view, to: _address(view, to.original or to.address),
    "recipient": lambda view, to: _address(view, to.address),
    "user": _user,
}


def expand_arguments(
    attributes: Attributes, request: DeliveryRequest, extensions: Extensions
) -> tuple[str, ...]:
    """The command for a request. Raises BadMacro."""
    view = _View(request, attributes.flags, attributes.null_sender, extensions)
    arguments: list[str] = []
    for argument in attributes.argv:
        if _names(argument).isdisjoint(RECIPIENT):
            arguments.append(_expand(view, argument, None))
        else:
            arguments += [_expand(view, argument, each) for each in request.recipients]
    return tuple(arguments)


def _names(argument: str) -> frozenset[str]:
    """The macros that an argument names. Raises BadMacro."""
    names = set()
    for match in _MACRO.finditer(argument):
        name = _name(argument, match)
        if name is None:
            continue
        if name not in RECIPIENT and name not in MESSAGE:
            raise UnknownMacro(f'unknown macro name: "{name}"')
        names.add(name)
    return frozenset(names)


def _name(argument: str, match: re.Match[str]) -> str | None:
    """The macro's name; None for ``$$``. Raises BadMacro for what is no macro."""
    if match[1]:
        return None
    name = match[2] or match[3] or match[4]
    if name:
        return name
    if match[5] in ("{", "("):
        raise BadMacro(f'truncated macro reference: "{argument[match.start() :]}"')
    raise BadMacro(f'empty macro name: "{match[0]}"')


def _expand(view: _View, argument: str, recipient: RequestRecipient | None) -> str:
    def value(match: re.Match[str]) -> str:
        name = _name(argument, match)
        if name is None:
            return "$"
        if name in MESSAGE:
            return MESSAGE[name](view)
        assert recipient is not None
        return RECIPIENT[name](view, recipient)

    return _MACRO.sub(value, argument)
