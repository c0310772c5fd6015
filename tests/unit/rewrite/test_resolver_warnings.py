"""What resolving an address warns of. Texts were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.resolve import Resolver

SETTINGS = {
    "myhostname": "mail.example.test",
    "mydestination": "mail.example.test, lv.test, lm.test, lr.test",
    "virtual_alias_domains": "lv.test, vm.test, vr.test",
    "virtual_mailbox_domains": "lm.test, vm.test, mr.test",
    "relay_domains": "lr.test, vr.test, mr.test",
}


def make(lines: list[str], **settings: str) -> Resolver:
    """A resolver whose warnings go to ``lines``."""
    config = Config("/nowhere", {**SETTINGS, **settings})
    return Resolver(config, BlockingWaiter(), lambda _service, text: lines.append(text))


@pytest.mark.parametrize(
    ("domain", "lists"),
    [
        ("lv.test", "mydestination and virtual_alias_domains"),
        ("lm.test", "mydestination and virtual_mailbox_domains"),
        ("lr.test", ""),
        ("vm.test", "virtual_alias_domains and virtual_mailbox_domains"),
        ("vr.test", "virtual_alias_domains and relay_domains"),
        ("MR.test", "virtual_mailbox_domains and relay_domains"),
        ("other.test", ""),
    ],
)
def test_domains_of_two_classes(domain: str, lists: str) -> None:
    """Each domain has one class; relay_domains may have those of this system."""
    lines: list[str] = []
    drive(make(lines).resolve("", f"a@{domain}"))
    assert lines == ([f"do not list domain {domain} in BOTH {lists}"] if lists else [])


def test_a_list_that_fails() -> None:
    """For local domains it does not matter."""
    lines: list[str] = []
    resolver = make(lines, virtual_alias_domains="fail:x")
    assert drive(resolver.resolve("", "a@mail.example.test")).transport == "local"
    assert lines == []
    assert drive(resolver.resolve("", "a@far.test")).failure == "4.3.0 address resolver failure"
    assert lines == [
        "virtual_alias_domains: fail:x: table lookup problem",
        "virtual_alias_domains lookup failure",
    ]


def test_transport_maps_that_fail() -> None:
    """That the table fails is said once; which address it was, each time."""
    lines: list[str] = []
    resolver = make(lines, transport_maps="fail:x")
    for _ in range(2):
        assert drive(resolver.resolve("", "a@far.test")).failure
    about_address = 'fail:x lookup error for "a@far.test"'
    assert lines == [
        'fail:x lookup error for "*"',
        about_address,
        "transport_maps lookup failure",
        about_address,
    ]
