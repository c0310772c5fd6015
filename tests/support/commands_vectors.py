"""Vectors of the commands topic: command lines of postmap and postalias, with what they print.

Each case is run with the commands of the checkout in an empty directory whose main.cf is nearly empty.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.instance import BIN

Case = dict[str, Any]

# -d -i -q -s that contradict: 3.7 has other words for them, and lets -i go with the others
CONFLICT = "specify only one of -d -i -q or -s"


def check_commands(path: Path) -> tuple[str, str]:
    """(expected, actual) of all cases of a file that hold for us."""
    expected, actual = [], []
    for case in json.loads(path.read_text()):
        if CONFLICT in case.get("stderr", ""):
            continue
        wanted, found = run_case(case)
        expected.append(wanted)
        actual.append(found)
    return "".join(expected), "".join(actual)


def run_case(case: Case) -> tuple[str, str]:
    """What a case expects, and what comes of it."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # A hash: table goes by the name of its .db file in the reference, and is an LMDB file here.
        (place / "main.cf").write_text("compatibility_level = 3.7\ndefault_database_type = hash\n")
        (place / "master.cf").write_text("")
        for file, text in case["files"].items():
            (place / file).write_text(text)
        for arguments in case.get("before", ()):
            run(place, case["tool"], arguments, None)
        steps = case.get("steps", [case])
        shown = [_compare(place, case, step) for step in steps]
    return "".join(wanted for wanted, _ in shown), "".join(found for _, found in shown)


def _compare(place: Path, case: Case, step: Case) -> tuple[str, str]:
    done = run(place, case["tool"], step["argv"], step.get("stdin"))
    output, lines = done.stdout, step.get("stdout", "")
    if "stdout_sorted" in step or case.get("any_order"):
        wanted = step.get("stdout_sorted", lines.rstrip("\n").split("\n"))
        lines = "".join(f"{line}\n" for line in sorted(wanted))
        output = "".join(f"{line}\n" for line in sorted(output.rstrip("\n").split("\n")))
    errors = step.get("stderr", "").replace("file_test_map.db", "file_test_map")
    title = f"== {case['id']}: {case['tool']} {' '.join(step['argv'])}\n"
    expected = f"{title}{lines}{errors}[{step.get('exit', 0)}]\n"
    return expected, f"{title}{output}{done.stderr}[{done.returncode}]\n"


def run(
    place: Path, tool: str, arguments: list[str], data: str | None
) -> subprocess.CompletedProcess[str]:
    """One of the commands, in the directory of a case."""
    return subprocess.run(
        [str(BIN / tool), *arguments],
        input=data or "",
        capture_output=True,
        text=True,
        cwd=place,
        env={"PATH": os.environ["PATH"], "MAIL_CONFIG": str(place)},
        timeout=30,
    )


def lines_of(text: str) -> Iterator[str]:
    """Lines, each with its end."""
    for line in text.rstrip("\n").split("\n"):
        if line:
            yield f"{line}\n"


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType({"postmap_postalias.json": check_commands})
