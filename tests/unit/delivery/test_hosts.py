"""Which next hops are this mail system itself; expected outcomes come from the reference."""

from __future__ import annotations

import asyncio

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.smtp.hosts import HostFinder, MyAddresses, Servers
from pyfixcli.delivery.smtp.nexthop import Nexthop, parse_nexthop
from pyfixcli.delivery.smtp.peer import HostProblem
from pyfixcli.delivery.smtp.settings import read_settings

ADDRESSES = {"mail.test": ("127.0.0.1",), "localhost": ("127.0.0.1",), "far.test": ("192.0.2.1",)}
EXCHANGES = {"mx.test": ((10, "mail.test"),), "backup.test": ((10, "far.test"), (20, "mail.test"))}
ME = MyAddresses(frozenset(("mail.test",)), frozenset(("127.0.0.1", "203.0.113.1")))


class Names:
    """DNS with these few names."""

    async def mail_exchanges(self, domain: str) -> tuple[tuple[int, str], ...] | None | str:
        return EXCHANGES.get(domain)

    async def addresses(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        return ADDRESSES[host]


def find(text: str, is_lmtp: bool = False) -> Servers:
    config = Config("/nowhere", {"inet_protocols": "ipv4"})
    settings = read_settings(config, is_lmtp)
    finder = HostFinder(config, settings, Names(), ME, pytest.fail)  # type: ignore[arg-type]
    nexthop = parse_nexthop(text, "24" if is_lmtp else "smtp", is_lmtp)
    assert isinstance(nexthop, Nexthop)
    return asyncio.run(finder.find(nexthop))


@pytest.mark.parametrize(
    ("nexthop", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[127.0.0.1]", "127.0.0.1"),
        ("[127.0.0.1]:25", "127.0.0.1"),
        ("[127.0.0.1]:smtp", "127.0.0.1"),
        ("[localhost]", "localhost"),
        ("[mail.test]", "mail.test"),
        ("[203.0.113.1]", "203.0.113.1"),
        ("mx.test", "mx.test"),
    ],
)
def test_mail_to_ourselves_loops(nexthop: str, host: str) -> None:
    servers = find(nexthop)
    assert servers.has_me
    assert servers.problem is not None
    assert servers.problem.text == f"mail for {host} loops back to myself"


@pytest.mark.parametrize(
    "nexthop",
    [
        "127.0.0.1:10025",
        "localhost:10025",
        "[localhost]:10025",
        "mail.test:10025",
        "mx.test:10025",
    ],
)
def test_content_filter_on_another_port_is_not_ourselves(nexthop: str) -> None:
    (endpoint,) = find(nexthop).endpoints
    assert (endpoint.address, endpoint.port) == ("127.0.0.1", 10025)


def test_lmtp_server_is_never_ourselves() -> None:
    (endpoint,) = find("inet:127.0.0.1:25", is_lmtp=True).endpoints
    assert (endpoint.address, endpoint.port) == ("127.0.0.1", 25)


def test_exchangers_from_ourselves_on_are_left_out_on_port_25_only() -> None:
    assert [endpoint.name for endpoint in find("backup.test").endpoints] == ["far.test"]
    hosts = [endpoint.name for endpoint in find("backup.test:10025").endpoints]
    assert hosts == ["far.test", "mail.test"]
