"""Vectors of the lists topic: clients and domains in match lists.

There is no adapter for ``server_acl``, which is about postscreen(8).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure
from pyfixcli.rewrite.address_class import Domains
from tests.support.rewriting_vectors import Case, cases_of

JUNK = "/tmp/junk"  # noqa: S108  (the name in the cases; the file is made elsewhere)
# 3.7 has other words for a remark at the end of a line, and shows all of it
REMARK = (
    "#comment after other text is not allowed: #text ...",
    "comment at end of line is not supported: #text",
)
ANSWERS = {True: "YES", False: "NO"}


def check_client(case: Case) -> tuple[object, object]:
    """Whether a client is in a list, and what is logged."""
    told: list[str] = []
    waiter = BlockingWaiter(
        lambda text, is_error: told.append(f"{'error' if is_error else 'warning'}: {text}")
    )
    with tempfile.TemporaryDirectory() as name:
        junk = str(Path(name) / "junk")
        Path(junk).write_text(case.get(f"file:{JUNK}", ""))
        pattern = case["pattern"].replace(JUNK, junk)
        patterns = MatchList(_config(), pattern, "command line", waiter)
        with patch.dict(os.environ, case.get("environment", {}), clear=True):
            answer = _ask(patterns.matches_client(case["name"], case["addr"]), told)
        told = [text.replace(junk, JUNK) for text in told]
    messages = [text.replace(*REMARK) for text in case["messages"]]
    return (case["expect"], messages), (answer, told)


def check_domain(case: Case) -> tuple[object, object]:
    """Whether mail for a domain is delivered here."""
    told: list[str] = []
    config = _config({"mydestination": case["mydestination"]})
    domains = Domains(config, BlockingWaiter())
    answer = _ask(domains.is_local(case["destination"]), told)
    return (case["expect"], case["messages"]), (answer, told)


def _config(settings: dict[str, str] | None = None) -> Config:
    return Config("/nowhere", {"parent_domain_matches_subdomains": "", **(settings or {})})


def _ask(question: Coroutine[Any, Any, bool], told: list[str]) -> str:
    try:
        return ANSWERS[drive(question)]
    except TableFailure as failure:
        told += [f"warning: {line}" for line in str(failure).split("\n")]
        return "ERROR"


# name -> how to check such a file
ADAPTERS = MappingProxyType(
    {"namadr_list.jsonl": cases_of(check_client), "resolve_local.jsonl": cases_of(check_domain)}
)
