"""Vectors of the maps topic: tables, keys and values through postmap."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.commands_vectors import lines_of, run

Case = dict[str, Any]
NEW = ("debug:",)  # types of tables that 3.7 does not have
EMPTY = ("empty string result is not allowed", "should return NO RESULT")


def check_queries(path: Path) -> tuple[str, str]:
    """(expected, actual) of a file of tables with queries, or of command lines."""
    expected, actual = [], []
    for number, case in enumerate(json.loads(path.read_text())):
        if case.get("table", "").startswith(NEW):
            continue
        wanted, found = _run_line(case) if "argv" in case else _ask(case)
        name = case.get("table") or " ".join(case["argv"])
        expected.append(f"== {number}: {name}\n{wanted}")
        actual.append(f"== {number}: {name}\n{found}")
    return "".join(expected), "".join(actual)


def _place_files(place: Path, case: Case) -> None:
    (place / "main.cf").write_text("")
    (place / "master.cf").write_text("")
    for file, text in case["files"].items():
        (place / file).write_text(text)


def _run_line(case: Case) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as name:
        _place_files(Path(name), case)
        done = run(Path(name), case["argv"][0], case["argv"][1:], None)
    found = sorted(lines_of(done.stdout + done.stderr))
    return "".join(sorted(f"{line}\n" for line in case["expect"])), "".join(found)


def _ask(case: Case) -> tuple[str, str]:
    """What queries should print, with the warnings, and what they print."""
    flags = case["flags"].split()
    keys = "".join(f"{query['key']}\n" for query in case["queries"]) or "key\n"
    with tempfile.TemporaryDirectory() as name:
        _place_files(Path(name), case)
        # The expected values of -F are what is stored: base64.
        done = run(Path(name), "postmap", ["-c", ".", "-q", "-", *flags, case["table"]], keys)
    problems = "".join(
        line for line in lines_of(done.stderr) if not any(text in line for text in EMPTY)
    )
    return _expected(case, flags), f"{problems}{done.stdout}[{done.returncode}]\n"


def _expected(case: Case, flags: list[str]) -> str:
    if case.get("open_error"):
        return f"postmap: fatal: {case['open_error']}\n[1]\n"
    lines = [f"postmap: {line}\n" for line in case.get("warnings", ())]
    found = [query for query in case["queries"] if query["expect"] not in (None, "ERROR")]
    for query in found:
        value = query["expect"]
        if "-F" in flags:
            value = _decode(value)
        lines.append(f"{query['key']}\t{value}\n")
    return f"{''.join(lines)}[{0 if found else 1}]\n"


def _decode(value: str) -> str:
    from base64 import b64decode

    return b64decode(value).decode()


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType({"*.json": check_queries})
