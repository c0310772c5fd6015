"""Vectors of the postconf topic: a directory for each case, with files, command lines and what they print."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.instance import BIN

PAST = 1_000_000_000  # a time stamp that is long ago
# Cases that do not hold for us, and why.
NEWER = MappingProxyType(
    {
        "test58": "3.7 names main.cf without its directory where braces are wrong",
        "test71": "3.7 says nothing of comments inside a table that stands in main.cf",
        "test76": "3.7 has no warnings about parameters that will be removed, and no -q",
        "test78": "3.7 has no warnings about parameters that will be removed, and no -q",
        "test91": "-P twice is -P in 3.7, and later shows parameters that the entry does not set",
    }
)
HASHED = ("test35",)  # two warnings of the same kind come in any order


def check_case(path: Path) -> tuple[str, str]:
    """(expected, actual) of all rounds of the case that a case.json is of; both empty where it does not hold."""
    if path.parent.name in NEWER:
        return "", ""
    case = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for file in path.parent.iterdir():
            if file.name not in ("case.json", "expected"):
                shutil.copy(file, place)
        for file in place.iterdir():
            file.write_text(file.read_text().replace("PWD", str(place)))
            os.utime(file, (PAST, PAST))
        rounds = _run_steps(case, place, (path.parent / "expected").read_text())
    if case["line_order_is_hash_order"] or path.parent.name in HASHED:
        rounds = [(_sorted(wanted), _sorted(found)) for wanted, found in rounds]
    title = f"== {path.parent.name}\n"
    return (
        title + "".join(wanted for wanted, _ in rounds),
        title + "".join(found for _, found in rounds),
    )


def _run_steps(case: dict[str, Any], place: Path, text: str) -> list[tuple[str, str]]:
    rounds: list[tuple[str, str]] = []
    captured = ""
    for step in case["steps"]:
        if "run" in step:
            captured += _run(step, place)
        elif "append" in step:
            with open(place / step["append"], "a") as stream:
                stream.write(step["text"])
        else:
            wanted = text if step["with"] == "expected" else ""
            found = captured if step["compare"] == "captured" else _read(place / step["compare"])
            rounds.append((wanted.replace("PWD", str(place)), found))
            captured = ""
    return rounds


def _read(path: Path) -> str:
    return path.read_text()


def _run(step: dict[str, Any], place: Path) -> str:
    """What a command line prints on the streams that are captured."""
    streams = step.get("capture", "").split("+")
    done = subprocess.run(
        [str(BIN / "postconf"), *step["run"]],
        stdout=subprocess.PIPE if "stdout" in streams else subprocess.DEVNULL,
        stderr={1: subprocess.PIPE, 2: subprocess.STDOUT}[len(streams)],
        text=True,
        cwd=place,
        env={"PATH": os.environ["PATH"]},
        timeout=30,
    )
    text = (done.stdout or "") + (done.stderr or "" if streams == ["stderr"] else "")
    lines = text.replace("postconf: ", "./postconf: ").splitlines(keepends=True)
    kept = step.get("filter", "keep ").removeprefix("keep ")
    return "".join(line for line in lines if kept in line)


def _sorted(text: str) -> str:
    return "".join(sorted(text.splitlines(keepends=True)))


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType({"case.json": check_case})
