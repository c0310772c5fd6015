"""Runs the core's coroutines without a loop: for commands, local delivery and tests.

The coroutines await only what was injected; with immediate or blocking injected objects they
never suspend.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; RuntimeError if it waits for something."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("a coroutine waits although its driver cannot")
