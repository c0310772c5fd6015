"""Vectors of the addresses topic: names and addresses of hosts, hosts with ports, patterns of addresses."""

from __future__ import annotations

from types import MappingProxyType

from pyfixcli.access.address_pattern import AddressPattern, BadPattern
from pyfixcli.delivery.smtp.host_port import parse_host_port
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


def check_host_port(case: Case) -> tuple[object, object]:
    """What a host with a port means, or why it means nothing."""
    text = case["input"]
    found = parse_host_port(text, case["default_service"])
    if isinstance(found, str):
        return case["expect"], [f"warning: {found} in {text}"]
    return case["expect"], [f"host {found.host} port {found.port}"]


def check_pattern(case: Case) -> tuple[object, object]:
    """Whether a pattern can be read, and which of the addresses after it match."""
    text, *addresses = case["input"].split()
    try:
        pattern = AddressPattern(text)
    except BadPattern as error:
        return case["expect"], [f"Error: {error}"]
    answers = {True: "yes", False: "no"}
    matches = [f"Match {each}: {answers[pattern.matches(each)]}" for each in addresses]
    return case["expect"], [f"Code: {pattern.text}", *matches]


# name -> how to check such a file
ADAPTERS = MappingProxyType(
    {
        "host_port.jsonl": cases_of(check_host_port),
        "ip_match.jsonl": cases_of(check_pattern),
        "valid_hostname.jsonl": cases_of(check_name),
    }
)
