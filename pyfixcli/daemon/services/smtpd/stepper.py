"""Runs a coroutine at once as far as it gets, and as a task only from where it really waits.

Most steps of a session wait for nothing, and a task for each of them would cost more than they do.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any


def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run ``coroutine``; None when it ended, else the task that runs the rest of it."""
    if sys.version_info >= (3, 12):  # where time limits want a task from the first step on
        return _start_task(coroutine)
    try:
        waited_for = coroutine.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_rest(coroutine, waited_for))


def _start_task(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    loop = asyncio.get_running_loop()
    task: asyncio.Task[None] = asyncio.Task(coroutine, loop=loop, eager_start=True)  # type: ignore[call-arg]
    if not task.done():
        return task
    task.result()
    return None


async def _rest(coroutine: Coroutine[Any, Any, None], waited_for: Any) -> None:
    await _resume(coroutine, waited_for)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, None], waited_for: Any) -> Generator[Any, Any, None]:
    """Wait for what the coroutine waits for, on its behalf."""
    while True:
        try:
            sent = yield waited_for
        except BaseException as error:
            step = _throw(coroutine, error)
        else:
            step = _send(coroutine, sent)
        if step is None:
            return
        waited_for = step[0]


def _send(coroutine: Coroutine[Any, Any, None], value: Any) -> tuple[Any] | None:
    try:
        return (coroutine.send(value),)
    except StopIteration:
        return None


def _throw(coroutine: Coroutine[Any, Any, None], error: BaseException) -> tuple[Any] | None:
    try:
        return (coroutine.throw(error),)
    except StopIteration:
        return None
