"""Tables by which mail goes another way for its sender (postconf(5): sender_dependent_relayhost_maps)."""

from __future__ import annotations

from pathlib import Path

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table
from pyfixcli.maps.unavailable import UnavailableTable
from pyfixcli.rewrite.resolve import Resolver

REFUSED = "regular expression substitution is not allowed: skipping this rule"


def test_no_part_of_a_sender_goes_into_where_mail_goes(tmp_path: Path) -> None:
    """Rules that would take it over are skipped with a warning, as in the reference."""
    relays, transports = tmp_path / "relays", tmp_path / "transports"
    relays.write_text("/@(.*)$/ [$1]\n/@other.test$/ [relay.test]\n")
    transports.write_text("/^(.*)@/ $1:\n")
    config = Config(
        "/nowhere",
        {
            "myhostname": "mail.example.test",
            "sender_dependent_relayhost_maps": f"regexp:{relays}",
            "sender_dependent_default_transport_maps": f"regexp:{transports}",
        },
    )
    lines: list[str] = []
    waiter = BlockingWaiter(lambda text, is_error: lines.append(text))
    resolver = Resolver(config, waiter, lambda _service, text: None)
    for _ in range(2):
        found = drive(resolver.resolve("pipe@other.test", "a@else.test"))
        assert (found.transport, found.nexthop) == ("smtp", "[relay.test]")
    assert sorted(lines) == [
        f"regexp map {path}, line 1: {REFUSED}" for path in (relays, transports)
    ]


def test_a_table_that_comes_late_is_guarded_too(tmp_path: Path) -> None:
    """What refuses substitution before it can be opened refuses it from then on."""
    rules = tmp_path / "rules"
    name = f"regexp:{rules}"
    times = iter((0.0, 2.0))

    def reopen() -> Table:
        if not rules.exists():
            raise ConfigError("not there")
        return open_table(name, Config("/nowhere", {}))

    table = UnavailableTable(name, "not there", reopen, lambda: next(times, 4.0))
    table.refuse_substitution()
    rules.write_text("/^(.*)$/ $1\n")
    assert table.get("key") is None
