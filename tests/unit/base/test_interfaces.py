"""mynetworks as mynetworks_style gives it; expected values were read off the reference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.base.interfaces import trusted_networks
from pyfixcli.config.snapshot import Config

FULL = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
INTERFACES = {
    "lo": [("AF_INET", "127.0.0.1", "255.0.0.0"), ("AF_INET6", "::1", FULL)],
    "eth0": [
        ("AF_INET", "192.0.2.2", "255.255.255.0"),
        ("AF_INET6", "fd00::2", "ffff:ffff:ffff:ffff::"),
        ("AF_INET6", "fe80::fc:ff:fe00:1%eth0", "ffff:ffff:ffff:ffff::"),
        ("AF_PACKET", "02:fc:00:00:00:01", None),
    ],
}


@pytest.fixture(autouse=True)
def interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interfaces of the machine on which the reference was asked, and the one name that it knows."""
    found: dict[str, list[Any]] = {
        name: [
            SimpleNamespace(family=SimpleNamespace(name=family), address=address, netmask=mask)
            for family, address, mask in entries
        ]
        for name, entries in INTERFACES.items()
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)
    monkeypatch.setattr("pyfixcli.base.interfaces.getaddrinfo", _look_up)


def _look_up(name: str, port: None) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    if name != "localhost":
        raise OSError("Name or service not known")
    return [(2, 1, 6, "", ("127.0.0.1", 0))]


@pytest.mark.parametrize(
    ("words", "protocols", "style", "expected"),
    [
        ("all", "all", "subnet", "127.0.0.0/8 192.0.2.0/24 [::1]/128 [fd00::]/64 [fe80::]/64"),
        ("all", "all", "class", "127.0.0.0/8 192.0.2.0/24 [::1]/128 [fd00::]/64 [fe80::]/64"),
        (
            "all",
            "all",
            "host",
            "127.0.0.1/32 192.0.2.2/32 [::1]/128 [fd00::2]/128 [fe80::fc:ff:fe00:1]/128",
        ),
        ("all", "ipv4", "host", "127.0.0.1/32 192.0.2.2/32"),
        ("all", "ipv6", "host", "[::1]/128 [fd00::2]/128 [fe80::fc:ff:fe00:1]/128"),
        ("loopback-only", "all", "host", "127.0.0.1/32 [::1]/128"),
        ("loopback-only", "all", "subnet", "127.0.0.0/8 [::1]/128"),
        ("127.0.0.1", "all", "host", "127.0.0.1/32"),
        ("127.0.0.1", "all", "class", "127.0.0.0/8"),
        ("localhost", "ipv4", "host", "127.0.0.1/32"),
        ("nosuchhost.invalid", "all", "host", ""),
    ],
)
def test_trusted_networks(words: str, protocols: str, style: str, expected: str) -> None:
    """Interfaces of inet_interfaces and inet_protocols, IPv4 first."""
    assert " ".join(trusted_networks(words, protocols, style)) == expected


def test_class_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first octet decides, not the mask (RFC 791 section 3.2)."""
    entry = SimpleNamespace(
        family=SimpleNamespace(name="AF_INET"), address="172.16.5.6", netmask="255.255.255.0"
    )
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"eth0": [entry]})
    assert trusted_networks("all", "ipv4", "class") == ["172.16.0.0/16"]


def test_unknown_style() -> None:
    """Words are taken as they are written."""
    with pytest.raises(ConfigError, match='unknown mynetworks mask style value "Host" in "Host"'):
        trusted_networks("all", "all", "Host")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "127.0.0.0/8 [::1]/128"),
        ({"compatibility_level": "0"}, "127.0.0.0/8 [::1]/128"),
        ({"inet_protocols": "ipv4"}, "127.0.0.0/8"),
        ({"mynetworks_style": "host", "inet_protocols": "ipv4"}, "127.0.0.1/32 192.0.2.2/32"),
        ({"mynetworks_style": "subnet", "inet_interfaces": "192.0.2.2"}, "192.0.2.0/24"),
        ({"mynetworks_style": "subnet", "mynetworks": "203.0.113.7"}, "203.0.113.7"),
    ],
)
def test_s41_mynetworks_without_a_style_is_loopback(
    settings: dict[str, str], expected: str
) -> None:
    """Only who asks for it trusts neighbours."""
    assert Config("/nonexistent", settings).text("mynetworks") == expected
