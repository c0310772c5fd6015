"""Which extensions a client is not offered, by its address."""

from __future__ import annotations

import pytest

from pyfixcli.access.ehlo_discard import Discarded, EhloDiscard
from pyfixcli.access.server_settings import make_settings
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter

STATIC = {"smtpd_discard_ehlo_keywords": "8bitmime"}
MAPS = "smtpd_discard_ehlo_keyword_address_maps"


def find(maps: str, address: str = "192.0.2.10") -> Discarded:
    config = Config("/nowhere", {**STATIC, MAPS: maps})
    return drive(EhloDiscard(config, BlockingWaiter(lambda _text, _is_error: None)).find(address))


@pytest.mark.parametrize(
    ("maps", "words"),
    [
        ("", "8bitmime"),
        ("inline:{{192.0.2.10=dsn, size}}", "dsn, size"),
        ("inline:{{192.0.2=dsn}}", "8bitmime"),
        ("inline:{{192.0.2.11=dsn}}, static:etrn", "etrn"),
    ],
)
def test_the_first_table_with_the_address_counts(maps: str, words: str) -> None:
    """In place of smtpd_discard_ehlo_keywords; networks are no keys."""
    assert find(maps) == Discarded(words)


def test_a_failing_table_is_told_of() -> None:
    """Warnings as the reference logs them; MAIL and RCPT go by smtpd_discard_ehlo_keywords."""
    found = find("inline:{{x=y}}, lmdb:/nowhere/none")
    assert found.words == "8bitmime"
    assert found.trouble[0].startswith("lmdb:/nowhere/none is unavailable. open database ")
    assert found.trouble[1] == 'lmdb:/nowhere/none lookup error for "192.0.2.10"'


def test_an_empty_result_is_a_failure() -> None:
    """It says nothing."""
    assert find("static:{}").trouble == (
        f"{MAPS} lookup of 192.0.2.10 returns an empty string result",
        f"{MAPS} should return NO RESULT in case of NOT FOUND",
    )


def test_settings_go_by_what_was_found() -> None:
    """What is not offered is logged, unless silent-discard is there."""
    config = Config("/nowhere", STATIC)
    settings = make_settings(config, discarded=Discarded("dsn, SIZE foo"))
    assert not settings.offered & {"DSN", "SIZE"}
    assert "8BITMIME" in settings.offered
    assert settings.discard_notice == "discarding EHLO keywords: SIZE DSN"
    assert make_settings(config, discarded=Discarded("silent-discard dsn")).discard_notice == ""
    assert "8BITMIME" not in make_settings(config).offered
