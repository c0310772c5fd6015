"""What an alias, an :include: file or a .forward file names: addresses, files, commands, :include: files (aliases(5))."""

from __future__ import annotations

import re
from typing import TextIO

from pyfixcli.delivery.agent import bounced
from pyfixcli.delivery.local.address_file import read_lines
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.command import deliver_command
from pyfixcli.delivery.local.file import deliver_file
from pyfixcli.delivery.local.include import INCLUDE, open_include
from pyfixcli.delivery.local.resolve import deliver_address
from pyfixcli.mail.tok822 import parse_recipients

CONFIGURATION_ERROR = bounced("5.3.5", "mail system configuration error")


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PREFIXED = re.compile(
    rf'(?P<quoted>{_QUOTED})|(?<![^\s,])(?:(?P<prefix>\||:include:)(?P<rest>{_QUOTED})|(?P<bare>:include:[^\s,"]*))',
    re.IGNORECASE,
)


def split_tokens(text: str) -> list[str]:
    """What a text names, in internal form.

    ``:include:/file`` needs no quotes, though its colons mean something in addresses; ``|"command"`` is one word.
    """
    return parse_recipients(_PREFIXED.sub(_join, text))


def _join(found: re.Match[str]) -> str:
    if found["prefix"]:
        return f'"{found["prefix"]}{found["rest"][1:]}'
    return f'"{found["bare"]}"' if found["bare"] else found["quoted"]


async def deliver_text(attempt: Attempt, target: Target, text: str) -> bool:
    """Deliver to everything that a text names; False when it names nothing."""
    tokens = split_tokens(text)
    for token in tokens:
        await deliver_token(attempt, target, token)
    return bool(tokens)


async def deliver_lines(attempt: Attempt, target: Target, stream: TextIO) -> bool:
    """The same for the lines of a file; comments are left out."""
    found = False
    for line in read_lines(stream, attempt.config.line_length_limit):
        if attempt.has_too_many_copies:
            break
        if not line.startswith("#"):
            found |= await deliver_text(attempt, target, line)
    return found


async def deliver_token(attempt: Attempt, target: Target, token: str) -> None:
    """Deliver to one thing that was named."""
    if token.startswith("|"):
        deliver_command(attempt, target, token[1:])
    elif token.startswith("/"):
        await deliver_file(attempt, target, token)
    elif token.startswith("~/"):
        await _deliver_home_file(attempt, target, token)
    elif token.lower().startswith(INCLUDE):
        await deliver_include(attempt, target, token[len(INCLUDE) :].strip())
    else:
        await deliver_address(attempt, target, token)


async def _deliver_home_file(attempt: Attempt, target: Target, token: str) -> None:
    home = target.user.home if target.user else ""
    if not home:
        attempt.warn(f"unknown home directory for: {token}")
        attempt.report(target, CONFIGURATION_ERROR)
        return
    await deliver_file(attempt, target, home + token[1:])


async def deliver_include(attempt: Attempt, target: Target, path: str) -> None:
    """Deliver to what an :include: file names, each such file once."""
    if attempt.seen.is_read_before(f"include {path}"):
        return
    opened = open_include(attempt, target, path)
    if opened is None:
        attempt.report(target, CONFIGURATION_ERROR)
        return
    with opened.stream as lines:
        await deliver_lines(attempt, opened.target, lines)
