"""The Origin of a submission, made beside everything else when it names very many recipients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.submission import build_origin
from pyfixcli.mail.envelope import Origin

MANY = 2000  # items of an envelope: some 10 ms


async def read_origin(
    items: list[tuple[str, str]], uid: int, now: float, warn: Callable[[str, str], None]
) -> Origin | Refused:
    """As cleanup.submission.build_origin; one user's recipients hold up nobody else."""
    if len(items) <= MANY:
        return build_origin(items, uid, now, warn)
    said: list[tuple[str, str]] = []
    origin = await asyncio.to_thread(
        build_origin, items, uid, now, lambda service, text: said.append((service, text))
    )
    for service, text in said:
        warn(service, text)
    return origin
