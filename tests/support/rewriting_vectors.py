"""Vectors of the rewriting topic: forms of addresses, rewriting, resolving, and tables of addresses.

Each file has one case a line. Extensions are written with their delimiter, as the cases have them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.mapping import NotMapped
from pyfixcli.cleanup.masquerade import Masquerade
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.smtp.generic import GenericMap
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.mail.address import (
    Extensions,
    quote_address,
    split_address,
    unquote_address,
)
from pyfixcli.mail.tok822 import (
    ATOM,
    COMMENT,
    LITERAL,
    QUOTED,
    Item,
    Token,
    internal_form,
    parse,
    parse_addresses,
    write_units,
)
from pyfixcli.maps.address_lookup import AddressLookup, Found
from pyfixcli.maps.address_rewrite import add_extension, result_addresses
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from pyfixcli.rewrite.address_class import AddressClass
from pyfixcli.rewrite.resolve import BAD_ADDRESS, Resolved, Resolver
from pyfixcli.rewrite.rewrite import Rewriter
from pyfixcli.rewrite.transport_map import TransportMap

Case = dict[str, Any]
Check = Callable[[Case], "tuple[object, object] | None"]

# what the cases call MYHOSTNAME and MYDOMAIN
NAMES = {"myhostname": "host.domain.test", "mydomain": "domain.test"}
LOCAL = {
    "myhostname": "localhost.localdomain",
    "mydomain": "localdomain",
    "mydestination": "localhost.localdomain",
    "recipient_delimiter": "+",
}


def cases_of(check: Check) -> Callable[[Path], tuple[str, str]]:
    """A check of a whole file from that of a case, which gives (expected, actual) or None to pass it over."""

    def check_file(path: Path) -> tuple[str, str]:
        expected, actual = [], []
        for line in path.read_text().splitlines():
            for name, value in NAMES.items():
                line = line.replace(name.upper(), value)
            found = check(json.loads(line))
            if found is not None:
                expected.append(f"{line}: {found[0]!r}\n")
                actual.append(f"{line}: {found[1]!r}\n")
        return "".join(expected), "".join(actual)

    return check_file


def make_config(settings: dict[str, str]) -> Config:
    """A configuration of these settings only."""
    return Config("/nowhere", settings)


# -- forms -------------------------------------------------------------------------------


def check_quoting(case: Case) -> tuple[object, object]:
    """External form and back."""
    operation, _, text = case["op"].partition(" ")
    done = "quoted" if operation == "quote" else "unquoted"
    given = "" if text == "<>" else text
    if operation == "unquote":
        result = unquote_address(given)
    else:
        result = quote_address(given) or '""'  # as a local part; an address of no characters is <>
    return case["expect"], f"'{given}' {done} '{result}'"


def check_parse(case: Case) -> tuple[object, object]:
    """Addresses of a header as tokens, in internal and in external form."""
    items = parse(case["input"])
    expected = (
        _written(case["tree"]),
        case["external"],
        case["external_folded"],
        case["internal"],
    )
    units = write_units(items)
    shown = " ".join(units), "\n".join(units) + "\n"
    return expected, (_tree(items), *shown, _internal(items))


def _written(tree: str) -> str:
    """A comment is shown without the quote that ends its line."""
    return re.sub(r'(?m)^( comment ".*[^"])$', r'\1"', tree)


def _tree(items: list[Item]) -> str:
    lines: list[str] = []
    for item in items:
        if item.address is None:
            lines.append(f" {_token(_item_token(item))}")
        else:
            lines.append(" address")
            lines += [f"   {_token(token)}" for token in item.address]
    return "\n".join(lines)


def _item_token(item: Item) -> Token:
    text = item.text
    if item.kind == QUOTED:
        text = text[1:-1]
    return Token(item.kind, text)


def _token(token: Token) -> str:
    kinds = {ATOM: "atom", QUOTED: "quoted string", LITERAL: "domain literal", COMMENT: "comment"}
    kinds["group"] = "group"
    text = token.text[1:-1] if token.kind == LITERAL else token.text
    return f'{kinds.get(token.kind, "OP")} "{text}"'


def _internal(items: list[Item]) -> str:
    """The text with all quotes gone."""
    plain = []
    for item in items:
        if item.address is not None:
            plain.append(Item(None, internal_form(item.address), "address"))
        elif item.kind == QUOTED:
            plain.append(Item(None, item.text[1:-1], QUOTED))
        else:
            plain.append(item)
    return " ".join(write_units(plain))


def check_folding(case: Case) -> tuple[object, object]:
    """Case folding of a local part or a domain."""
    local, at, domain = case["address"].rpartition("@")
    if not at:
        local, domain = domain, ""
    if case["fold"] != "host":
        local = fold_key(local)
    if case["fold"] != "user":
        domain = fold_key(domain)
    return case["expect"], local + at + domain


def check_extension(case: Case) -> tuple[object, object]:
    """The extension of an address; a case without one only wants the rest."""
    local, domain = split_address(case["address"])
    user, extension = Extensions(case["delimiter"]).split(local)
    rest = user if domain is None else f"{user}@{domain}"
    found = local[len(user)] + extension if case["extension"] is not None else None
    return (case["stripped"], case["extension"]), (rest, found)


# -- rewriting and resolving -------------------------------------------------------------


def check_rewriting(case: Case) -> tuple[object, object]:
    """What trivial-rewrite makes of an address."""
    rewriter = Rewriter(make_config({**NAMES, "remote_header_rewrite_domain": "INVALID_DOMAIN"}))
    address = unquote_address(case["address"])
    return case["expect"], quote_address(rewriter.rewrite(address, case["context"]))


def check_resolving(case: Case) -> tuple[object, object]:
    """Transport, next hop and recipient of an address.

    Whether an address is routed is asked by access restrictions only, which look for themselves.
    """
    config = make_config({**NAMES, "relayhost": "$mydomain", "append_dot_mydomain": "yes"})
    resolver = Resolver(config, BlockingWaiter(), lambda _service, _text: None)
    found = drive(resolver.resolve("", case["address"]))
    flags = " ".join(f for f in case["expect"]["flags"].split() if f != "FLAG_ROUTED")
    return {**case["expect"], "flags": flags}, _shown(found)


def _shown(found: Resolved) -> dict[str, str]:
    kind = f"CLASS_{'LOCAL' if found.address_class is AddressClass.LOCAL else 'DEFAULT'}"
    recipient = found.recipient
    if found.nexthop == BAD_ADDRESS:
        nothing = {"transport": "CHANNEL NOT UPDATED", "nexthop": "NEXTHOP NOT UPDATED"}
        return {**nothing, "recipient": recipient, "flags": f"FLAG_ERROR {kind}"}
    return {
        "transport": found.transport,
        "nexthop": found.nexthop,
        "recipient": recipient,
        "flags": kind,
    }


# -- tables ------------------------------------------------------------------------------


async def _is_local(domain: str) -> bool:
    return domain == LOCAL["myhostname"]


def check_lookup(case: Case) -> tuple[object, object] | None:
    """The strategy of address tables. Others belong to transport_maps and access tables, or to none of ours.

    A table of ours is looked up in external form first and then in internal form, so that a case in which
    only the internal form counts finds more.
    """
    is_internal_only = case["query_form"] == "internal"
    if case["strategy"] != "default" or (is_internal_only and case["expect"] is None):
        return None
    config = make_config({**LOCAL, "virtual_alias_maps": case["map"]})
    lookup = AddressLookup.of(config, "virtual_alias_maps", _is_local, BlockingWaiter())
    query = case["query"]
    if case["address_form"] == "external":
        query = unquote_address(query)
    found = drive(lookup.find(query))
    if found is None:
        return (case["expect"], case["extension"]), (None, None)
    value = unquote_address(found.value) if case["result_form"] == "internal" else found.value
    return (case["expect"], case["extension"]), (value, found.extension or None)


def check_result(case: Case) -> tuple[object, object]:
    """The addresses of a value, with the extension of the key."""
    extension = case["extension"] or ""
    values = case["addresses"]
    if case["input_form"] == "internal":
        values = [quote_address(value) for value in values]
    found = [
        add_extension(address, extension) for value in values for address in parse_addresses(value)
    ]
    again = [
        address
        for value in values
        for address in result_addresses(Found(value, extension), "x@y.test", str, True)
    ]
    assert found == again
    if case["output_form"] == "external":
        found = [quote_address(address) for address in found]
    return case["expect"], found


def check_transport(case: Case) -> tuple[object, object]:
    """What transport_maps says; an empty next hop is that of the recipient's domain."""
    settings = {
        **LOCAL,
        "transport_maps": case["transport_maps"],
        "parent_domain_matches_subdomains": "",
    }
    found = drive(TransportMap(make_config(settings), BlockingWaiter()).find(case["recipient"]))
    if found is None:
        return case["expect"], None
    transport, nexthop = found
    domain = case["recipient"].rpartition("@")[2]
    return case["expect"], f"{transport or 'DEFAULT'}:{nexthop or domain}"


def check_masquerade(case: Case) -> tuple[object, object]:
    """masquerade_domains; a table that fails leaves the message out."""
    names = ("masquerade_domains", "masquerade_exceptions")
    stage = Masquerade(make_config({name: case[name] for name in names}), BlockingWaiter())
    wanted = case["expect"] if not case["error_flags"] else "not accepted"
    try:
        return wanted, drive(stage.apply(case["address"], lambda _text: None))
    except NotMapped:
        return wanted, "not accepted"


def check_generic(path: Path) -> tuple[str, str]:
    """smtp_generic_maps with the table beside the file; an address that is not in it stays."""
    settings = {
        **LOCAL,
        "myorigin": "localdomain",
        "append_dot_mydomain": "no",  # myorigin has no dot
        "smtp_generic_maps": f"texthash:{path.with_suffix('.map')}",
        "propagate_unmatched_extensions": "generic",
    }
    generic = _generic_map(make_config(settings))

    def check(case: Case) -> tuple[object, object]:
        query, is_external = case["query"], case["form"] == "external"
        found = drive(generic.map_address(unquote_address(query) if is_external else query))
        wanted = query if case["expect"] is None else case["expect"]
        return wanted, quote_address(found) if is_external else found

    return cases_of(check)(path)


def _generic_map(config: Config) -> GenericMap:
    clock = SystemClock()
    log = MailLog(NullSink(), "postfix", "mail", clock)
    aliases = MapList(config, "", "alias_maps")
    return GenericMap(AgentContext("smtp", config, log, clock, BlockingWaiter(), aliases), "smtp")


# name -> how to check such a file
ADAPTERS = MappingProxyType(
    {
        "addr_crunch.jsonl": cases_of(check_result),
        "addr_find.jsonl": cases_of(check_lookup),
        "generic.jsonl": check_generic,
        "fold_addr.jsonl": cases_of(check_folding),
        "masquerade.jsonl": cases_of(check_masquerade),
        "quote822.jsonl": cases_of(check_quoting),
        "resolve.jsonl": cases_of(check_resolving),
        "rewrite.jsonl": cases_of(check_rewriting),
        "rfc822_parse.jsonl": cases_of(check_parse),
        "strip_addr.jsonl": cases_of(check_extension),
        "transport.jsonl": cases_of(check_transport),
    }
)
