"""Generated messages through an installed Postfix and through us, with the same tables; what goes out is compared.

PYFIX_MESSAGES says how many are tried (without it 25, always the same ones). Each is generated on its own; many are submitted to
one instance. Those that differ are tried again together, and those that still do alone; what is left is shown by the number of the
message, beside the scenario that repeats it.
"""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given

from tests.compat.test_scenarios import KIT, missing, product
from tests.support.generated import profile
from tests.support.generated_messages import (
    MESSAGES,
    Message,
    Server,
    read_transcript,
    write_scenario,
)

__all__ = ["product"]  # the fixture

COUNT = int(os.environ.get("PYFIX_MESSAGES", "25"))
IS_FIXED = "PYFIX_MESSAGES" not in os.environ
BATCH = 200
SECONDS = 120  # for one side of a batch

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "-"),
    pytest.mark.timeout(120 + 2 * COUNT),
]


def test_messages(product: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Headers, envelope, content and expansion are the same."""
    folder = tmp_path_factory.mktemp("messages")
    messages = dict(enumerate(_generate(), 1))
    numbers = list(messages)
    shown = []
    for server, first in zip(cycle(Server), range(0, COUNT, BATCH), strict=False):
        chosen = {n: messages[n] for n in numbers[first : first + BATCH]}
        shown += _differences(product, folder, chosen, server)
    assert not shown, "\n".join(shown)


def _generate() -> list[Message]:
    found: list[Message] = []

    @profile(COUNT, IS_FIXED)
    @given(message=MESSAGES)
    def collect(message: Message) -> None:
        found.append(message)

    collect()
    return found


def _differences(
    product: Path, folder: Path, messages: Mapping[int, Message], server: Server
) -> list[str]:
    """What differs three times: in the batch, among the messages that did there, and alone.

    The reference is not always the same, above all with NUL in headers and where SMTPUTF8 is missing.
    """
    first = min(messages)
    suspects = _compare(product, folder / f"from-{first}.scn", messages, server)
    repeated = {number: messages[number] for number in suspects.keys() & messages.keys()}
    if repeated:
        suspects = _compare(product, folder / f"again-from-{first}.scn", repeated, server)
    confirmed = []
    for number, text in suspects.items():
        if number not in messages:
            confirmed.append(f"of no message, from {first}:\n{text}")
            continue
        path = folder / f"message-{number}.scn"
        alone = _compare(product, path, {number: messages[number]}, server)
        confirmed += [f"message {number}, repeated by {path}:\n{shown}" for shown in alone.values()]
    return confirmed


def _compare(
    product: Path, scenario: Path, messages: Mapping[int, Message], server: Server
) -> dict[int, str]:
    """The differences (``-`` Postfix, ``+`` we) by the number of the message."""
    scenario.write_text(write_scenario(messages, server))
    theirs = read_transcript(_run(scenario, "--only", "postfix"))
    ours = read_transcript(_run(scenario, "--only", "product", "--product-bin", product))
    return {
        number: _difference(theirs.get(number, []), ours.get(number, []))
        for number in sorted(theirs.keys() | ours.keys())
        if theirs.get(number) != ours.get(number)
    }


def _run(scenario: Path, *options: str | Path) -> str:
    """The transcript of one side."""
    command = [KIT / "run", *options, "-v", "--timeout", str(SECONDS), scenario]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="surrogateescape")
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def _difference(theirs: list[str], ours: list[str]) -> str:
    before, after = ("\n".join(records).split("\n") for records in (theirs, ours))
    return "\n".join(difflib.unified_diff(before, after, "postfix", "product", lineterm="", n=2))
