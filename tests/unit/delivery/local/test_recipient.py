"""The order of attempts for a recipient (local(8): DELIVERY METHOD CONTROLS), and probes of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_VERIFY_ONLY
from tests.support.agent_run import OTHER
from tests.support.local_run import DOMAIN, Local, copies, passes

ME = OTHER.pw_name


def test_the_order(place: Path) -> None:
    """Alias, mailbox_transport, user, fallback_transport, luser_relay: each is used when those before are not."""
    settings = {
        "mailbox_transport": "lmtp:box",
        "fallback_transport": "lmtp:fall",
        "luser_relay": "lost@else.test",
    }
    local = Local(place, {"an": "a@else.test"}, **settings)
    assert copies(local.deliver("an")) == [(f"an@{DOMAIN}", ["a@else.test"])]
    for name in (ME, "gone"):
        assert [p.nexthop for p in passes(local.deliver(name))] == ["box"]
    del settings["mailbox_transport"]
    local = Local(place, **settings)
    assert local.said(ME) == [f"{ME}: delivered to mailbox"]
    assert [p.nexthop for p in passes(local.deliver("gone"))] == ["fall"]
    local = Local(place, luser_relay="lost@else.test")
    assert copies(local.deliver("gone")) == [(f"gone@{DOMAIN}", ["lost@else.test"])]
    assert Local(place).said("gone") == ['gone: unknown user: "gone"']


def test_transports_by_table(place: Path) -> None:
    """By the user's name without extension; the parameter is for the others."""
    settings = {
        "mailbox_transport_maps": f"inline:{{ {{ {ME} = lmtp:own }} }}",
        "mailbox_transport": "lmtp:all",
    }
    local = Local(place, **settings)
    found = [p.nexthop for p in passes(local.deliver(f"{ME}+x", "other"))]
    assert found == ["own", "all"]


def test_a_transport_table_that_fails_defers(place: Path) -> None:
    (result,) = Local(place, mailbox_transport_maps="fail:1").deliver(ME)
    assert result.status is Status.DEFERRED


def test_a_transport_that_would_come_back_here(place: Path) -> None:
    (result,) = Local(place, mailbox_transport="local:").deliver(ME)
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.5")


def test_a_backslash_means_the_user(place: Path) -> None:
    """Neither an alias nor a .forward file."""
    place.chmod(0o711)
    (place / "f").write_text("f@else.test\n")
    local = Local(place, {ME: "a@else.test", "to": f"\\\\{ME}"}, forward_path=f"{place}/f")
    assert local.said("to") == [f"{ME}: delivered to mailbox"]


@pytest.mark.parametrize("name", ["postmaster", "mailer-daemon", "MAILER-DAEMON"])
def test_required_aliases_are_missed_in_the_log_only(place: Path, name: str) -> None:
    local = Local(place)
    assert local.said(name) == [f"{name}: discarded"]
    assert local.warnings == [f"required alias not found: {name.lower()}"]


def test_luser_relay_names_one_address(place: Path) -> None:
    """$user and the like are filtered; commands and files are no addresses."""
    local = Local(place, luser_relay="$user-lost@else.test")
    ((_, recipients),) = copies(local.deliver("x;y"))
    assert recipients == ["x_y-lost@else.test"]
    (result,) = Local(place, luser_relay="a@x, b@x").deliver("gone")
    assert (result.status, result.dsn) == (Status.BOUNCED, "5.1.3")


def test_probes(place: Path) -> None:
    """sendmail -bv: each way says what it would do, and does nothing."""
    place.chmod(0o711)
    (place / "members").write_text("m@else.test\n")
    aliases = {
        "cmd": f'"|touch {place}/ran"',
        "file": f"{place}/box",
        "list": f":include:{place}/members",
        "all": f"{ME}, gone",
    }
    local = Local(place, aliases)
    said = local.said("cmd", "file", "list", "all", flags=FLAG_VERIFY_ONLY)
    assert said == [
        f"cmd: delivers to command: touch {place}/ran",
        f"file: delivers to file: {place}/box",
        "m: forwards to m@else.test",
        f"{ME}: delivers to mailbox",
        'gone: unknown user: "gone"',
    ]
    assert sorted(path.name for path in place.iterdir()) == ["mail", "members"]
    assert list(local.mail.iterdir()) == []


def test_each_recipient_of_a_request_gets_the_mail(place: Path) -> None:
    """Though several lead to one mailbox (local_destination_recipient_limit): none of them is a duplicate of another."""
    local = Local(place, {"an": ME}, recipient_delimiter="+")
    results = local.deliver(ME, f"{ME}+x", "an", ME)
    assert [result.text for result in results] == ["delivered to mailbox"] * 4
    assert (local.mail / ME).read_bytes().count(b"\nbody\n") == 4


@pytest.mark.parametrize(
    ("members", "count"),
    [
        (f"{ME}, {ME}+x", 2),
        (f"{ME}+x, {ME}+y, {ME}+x", 2),
        (f"{ME}, {ME}+, {ME}", 2),
        (f"{ME}, {ME}@localhost, {ME.upper()}", 1),
        (f"\\\\{ME}+x, {ME}", 2),
    ],
)
def test_one_mailbox_under_several_names(place: Path, members: str, count: int) -> None:
    """A copy for each local part, whatever the domain: programs that read the mail tell them apart."""
    local = Local(place, {"all": members}, recipient_delimiter="+")
    local.deliver("all")
    assert (local.mail / ME).read_bytes().count(b"\nbody\n") == count


def test_the_null_address_of_an_alias_is_none(place: Path) -> None:
    """An alias of nothing else cannot be expanded; empty quotes are an address."""
    local = Local(place, {"null": "<>", "some": f"<>, {ME}", "quotes": '""'})
    (result,) = local.deliver("null")
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.0")
    assert local.said("some") == [f"{ME}: delivered to mailbox"]
    (result,) = local.deliver("quotes")
    assert result.status is Status.SENT


def test_who_is_named_twice_is_looked_for_once(place: Path) -> None:
    """A user that is not there, and one whose mail goes to a transport."""
    local = Local(place, {"all": "gone, gone@localhost"})
    assert local.said("all") == ['gone: unknown user: "gone"']
    local = Local(place, {"all": f"{ME}, {ME}@localhost"}, mailbox_transport="lmtp:box")
    assert [p.nexthop for p in passes(local.deliver("all"))] == ["box"]
