"""The next hop of mail for other systems. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.config.load import load_config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.resolve import Resolver

BASE = """\
compatibility_level = 3.6
myhostname = mail.example.test
mydestination = $myhostname
relay_domains = example.org
relayhost = [one.example.net]
sender_dependent_relayhost_maps = inline:{{s@example.test=[two.example.net]}, {d@example.test=DUNNO}}
sender_dependent_default_transport_maps = inline:{{t@example.test=discard:no}}
"""


@pytest.mark.parametrize(
    ("more", "sender", "recipient", "expected"),
    [
        ("", "x@example.test", "u@example.com", ("smtp", "[one.example.net]")),
        ("", "x@example.test", "u@example.org", ("relay", "[one.example.net]")),
        ("", "s@example.test", "u@example.org", ("relay", "[two.example.net]")),
        ("", "d@example.test", "u@example.org", ("relay", "[one.example.net]")),
        ("", "t@example.test", "u@example.org", ("relay", "[one.example.net]")),
        ("", "t@example.test", "u@example.com", ("discard", "no")),
        ("relayhost =\n", "x@example.test", "u@example.org", ("relay", "example.org")),
        (
            "relay_transport = smtp:[three]\n",
            "s@example.test",
            "u@example.org",
            ("smtp", "[three]"),
        ),
    ],
)
def test_next_hop_of_mail_for_others(
    tmp_path: Path, more: str, sender: str, recipient: str, expected: tuple[str, str]
) -> None:
    """The transport's own, else the sender's relay host, else relayhost, else the domain; for relay domains too."""
    (tmp_path / "main.cf").write_text(BASE + more)
    resolver = Resolver(
        load_config(str(tmp_path)), BlockingWaiter(), lambda service, text: pytest.fail(text)
    )
    found = drive(resolver.resolve(sender, recipient))
    assert (found.transport, found.nexthop) == expected


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("u@virt.example", ("error", "5.1.1 User unknown in virtual alias table")),
        ("exact@virt.example", ("error", "5.1.1 User unknown in virtual alias table")),
        ("moved@virt.example", ("error", "5.1.6 User has moved to new.example")),
        ("u@other.example", ("discard", "any")),
    ],
)
def test_unknown_virtual_aliases_have_no_transport(
    tmp_path: Path, recipient: str, expected: tuple[str, str]
) -> None:
    """transport_maps does not see them, not even with an entry of their own; relocated_maps does."""
    more = (
        "virtual_alias_domains = virt.example\n"
        "transport_maps = inline:{{exact@virt.example=discard:me}, {virt.example=discard:all}, {*=discard:any}}\n"
        "relocated_maps = inline:{{moved@virt.example=new.example}}\n"
    )
    (tmp_path / "main.cf").write_text(BASE + more)
    resolver = Resolver(
        load_config(str(tmp_path)), BlockingWaiter(), lambda service, text: pytest.fail(text)
    )
    found = drive(resolver.resolve("x@example.test", recipient))
    assert (found.transport, found.nexthop) == expected


@pytest.mark.parametrize(
    ("recipient", "found"),
    [
        ('"q q"@one.test', "quoted"),
        ('"q q+e"@one.test', "quoted"),
        ('"r r"@one.test', "bare"),
        ('"s s+e"@one.test', "bare"),
        ('"t t"@one.test', "domain"),
    ],
)
def test_local_parts_with_quotes(tmp_path: Path, recipient: str, found: str) -> None:
    """transport_maps is asked with the quotes that an address needs, then without."""
    table = (
        '"q q"@one.test error:quoted\nq q@one.test error:worse\n'
        "r\\ r@one.test error:bad\none.test error:domain\n"
    )
    (tmp_path / "t").write_text(table)
    rules = "/^r r@one/ error:bare\n/^s s\\+e@one/ error:bare\n"
    (tmp_path / "re").write_text(rules)
    more = (
        f"recipient_delimiter = +\ntransport_maps = regexp:{tmp_path}/re, texthash:{tmp_path}/t\n"
    )
    (tmp_path / "main.cf").write_text(BASE + more)
    resolver = Resolver(
        load_config(str(tmp_path)), BlockingWaiter(), lambda service, text: pytest.fail(text)
    )
    internal = recipient.replace('"', "")
    result = drive(resolver.resolve("x@example.test", internal))
    assert (result.transport, result.nexthop) == ("error", found)
