"""Vectors of the unicode topic: folding of keys, and domains in ASCII.

Domains in their U-label form have no user here, so only ``->ascii`` of a domain as it was given is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyfixcli.mail.idna_domain import ascii_domain
from pyfixcli.maps.folding import fold_key

Case = dict[str, Any]
TO_ASCII = '" ->ascii "'


def check_folding(path: Path) -> tuple[str, str]:
    """(expected, actual) of texts in lower case."""
    cases = list(_cases(path))
    return _text(_key(case["expect_hex"]) for case in cases), _text(
        fold_key(_key(case["input_hex"])) for case in cases
    )


def check_comparing(path: Path) -> tuple[str, str]:
    """(expected, actual) of the order of two texts, once folded."""
    cases = list(_cases(path))
    return _text(case["expect"] for case in cases), _text(_order(case) for case in cases)


def check_domains(path: Path) -> tuple[str, str]:
    """(expected, actual) of domains in ASCII; what is wrong with one is not compared."""
    expected, actual = [], []
    for case in _cases(path):
        given = case["input"]
        (line,) = (row for row in case["unconditional"] if row.startswith(f'"{given}{TO_ASCII}'))
        expected.append(f"{given} {line.partition(TO_ASCII)[2][:-1]}")
        actual.append(f"{given} {ascii_domain(given) or '(error)'}")
    return _text(expected), _text(actual)


def _order(case: Case) -> str:
    length = case["len"]
    first, second = (fold_key(_key(case[name])[:length]) for name in ("a_hex", "b_hex"))
    return "==" if first == second else "<" if first < second else ">"


def _key(octets: str) -> str:
    return bytes.fromhex(octets).decode("utf-8", "surrogateescape")


def _cases(path: Path) -> Iterator[Case]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


def _text(rows: Iterator[str] | list[str]) -> str:
    text = "".join(f"{row}\n" for row in rows)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


# pattern of names -> how to check such a file
ADAPTERS: MappingProxyType[str, Callable[[Path], tuple[str, str]]] = MappingProxyType(
    {
        "casefold.jsonl": check_folding,
        "casecompare.jsonl": check_comparing,
        "idna_domain.jsonl": check_domains,
    }
)
