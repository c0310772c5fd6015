"""Vectors of the addresses topic: names and addresses of hosts.

There is no adapter for ``host_port``: next hops and endpoints have parsers of their own here, which take less, and ``ip_match`` belongs to
DNS block lists, which are not there.
"""

from __future__ import annotations

from types import MappingProxyType

from pyfixcli.mail.hostname import address_problem, is_hostname
from tests.support.rewriting_vectors import Case, cases_of

WILDCARD = "*"  # 3.7 takes it nowhere, later releases as the first label of names that are matched with certificates


def check_name(case: Case) -> tuple[object, object] | None:
    """Whether a text is a host name, and what is wrong with it as an address."""
    text = case["input"]
    if WILDCARD in text:
        return None
    about_names = [w for w in case["warnings"] if w.startswith("warning: valid_hostname: ")]
    about_addresses = [w for w in case["warnings"] if w not in about_names]
    if about_addresses == [
        "warning: valid_hostaddr: empty address"
    ]:  # said of no literal: [] is IPv4
        return None
    problem = address_problem(text)
    found = [f"warning: {problem}"] if problem else []
    return (not about_names, about_addresses), (is_hostname(text), found)


# name -> how to check such a file
ADAPTERS = MappingProxyType({"valid_hostname.jsonl": cases_of(check_name)})
