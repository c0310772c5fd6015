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
