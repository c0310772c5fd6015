"""Aliases: how they are looked up, owners, loops. Expected values come from the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.recipient import NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS
from tests.support.agent_run import OTHER
from tests.support.local_run import DOMAIN, Local, copies

ME = OTHER.pw_name


def test_members_have_outcomes_of_their_own(place: Path) -> None:
    """The recipient has the worst of them."""
    local = Local(place, {"all": f"{ME}, gone, /nonexistent/file"})
    (result,) = local.deliver("all")
    assert result.status is Status.BOUNCED
    assert [(part.address.partition("@")[0], part.dsn) for part in result.parts] == [
        (ME, "2.0.0"),
        ("gone", "5.1.1"),
        ("all", "5.2.0"),
    ]
    assert all(part.original == "all" for part in result.parts)


def test_an_alias_in_its_own_expansion_is_the_user(place: Path) -> None:
    local = Local(place, {ME: f"{ME}, copy@else.test"})
    results = local.deliver(ME)
    assert (local.mail / ME).exists()
    assert copies(results) == [(f"{ME}@{DOMAIN}", ["copy@else.test"])]


@pytest.mark.parametrize(
    ("name", "member"),
    [("team+x", "exact"), ("team+y", "plain"), ("TEAM+X", "exact"), ("team", "plain")],
)
def test_with_the_extension_first(place: Path, name: str, member: str) -> None:
    local = Local(place, {"team": "plain@else.test", "team+x": "exact@else.test"})
    ((_, recipients),) = copies(local.deliver(name))
    assert recipients == [f"{member}@else.test"]


def test_members_that_are_the_same_get_it_once(place: Path) -> None:
    """However they are spelled, and through however many aliases."""
    aliases = {
        "all": f"{ME}, {ME.upper()}, {ME}@localhost, more, more",
        "more": f"{ME}, gone, gone",
    }
    local = Local(place, aliases)
    assert local.said("all") == [f"{ME}: delivered to mailbox", 'gone: unknown user: "gone"']


def test_a_small_duplicate_filter_forgets(place: Path) -> None:
    """What did not fit is delivered again."""
    local = Local(place, {"all": "gone, other, gone"}, duplicate_filter_limit="1")
    assert len(local.said("all")) == 3


@pytest.mark.parametrize(
    ("notify", "copied"),
    [
        (0, 0),
        (NOTIFY_SUCCESS, NOTIFY_NEVER),
        (NOTIFY_SUCCESS | NOTIFY_FAILURE, NOTIFY_FAILURE),
        (NOTIFY_NEVER, NOTIFY_NEVER),
    ],
)
def test_an_owner_is_the_sender_for_the_members(place: Path, notify: int, copied: int) -> None:
    """Each member gets a copy, so that the owner hears of each; their addresses do not show the list's, but NOTIFY holds."""
    aliases = {"list": f"{ME}, gone", "owner-list": "boss"}
    (result,) = Local(place, aliases).deliver("list", notify=notify)
    (forward,) = result.forwards
    assert forward.sender == f"owner-list@{DOMAIN}"
    people = [(person.address, person.original, person.notify) for person in forward.recipients]
    assert people == [(f"{ME}@{DOMAIN}", "", copied), (f"gone@{DOMAIN}", "", copied)]


@pytest.mark.parametrize(
    ("settings", "sender"),
    [
        ({}, f"owner-list@{DOMAIN}"),
        ({"expand_owner_alias": "yes"}, f"boss@{DOMAIN}"),
        ({"owner_request_special": "no"}, "s@else.test"),
    ],
)
def test_which_owner(place: Path, settings: dict[str, str], sender: str) -> None:
    local = Local(place, {"list": "m@else.test", "owner-list": "boss"}, **settings)
    (result,) = local.deliver("list")
    assert [forward.sender for forward in result.forwards] == [sender]


def test_a_table_that_fails_defers(place: Path) -> None:
    """The reference names the table, and the key."""
    local = Local(place, alias_maps="fail:1")
    (result,) = local.deliver("any")
    assert (result.status, result.dsn, result.text) == (
        Status.DEFERRED,
        "4.3.0",
        "alias database unavailable",
    )
    assert local.warnings == ["fail:1: lookup of 'any' failed"]


def test_the_25th_alias_is_a_loop(place: Path) -> None:
    aliases = {f"a{n}": f"a{n + 1}" for n in range(40)}
    local = Local(place, aliases)
    assert local.said("a0") == ["a25: alias database loop for a25"]


def test_included_files_count_for_depth(place: Path) -> None:
    """The 20th alias, when each is in a file of its own."""
    place.chmod(0o711)
    for n in range(40):
        (place / f"f{n}").write_text(f"a{n + 1}\n")
    aliases = {f"a{n}": f":include:{place}/f{n}" for n in range(40)}
    local = Local(place, aliases)
    assert local.said("a0") == ["a20: alias database loop for a20"]


def test_what_was_delivered_before_is_a_loop(place: Path) -> None:
    """A Delivered-To: header names the address."""
    local = Local(place, {"list": ME})
    (result,) = local.deliver("list", content=f"Delivered-To: LIST@{DOMAIN}\n\nx\n".encode())
    assert (result.dsn, result.text) == ("5.4.6", f"mail forwarding loop for list@{DOMAIN}")


@pytest.mark.parametrize("value", [",", "()", "( )"])
def test_an_alias_without_addresses_is_tried_again(place: Path, value: str) -> None:
    """Somebody has to mend the table."""
    local = Local(place, {"all": value})
    (result,) = local.deliver("all")
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.0")
    assert result.text == "alias database unavailable"
    assert local.warnings == ["no recipient in alias lookup result for all"]


@pytest.mark.parametrize(
    ("aliases", "owner"),
    [
        ({"all": '"|exit 1"', "owner-all": "boss"}, f"owner-all@{DOMAIN}"),
        ({"all": "/etc/nosuchdir/x", "owner-all": "boss"}, f"owner-all@{DOMAIN}"),
        ({"all": '"|exit 1"'}, ""),
        ({"all": '"|exit 75"', "owner-all": "boss"}, ""),  # it is tried again
        ({"all": ":include:/nosuch", "owner-all": "boss"}, ""),
        ({"all": "more", "owner-all": "boss", "more": '"|exit 1"'}, ""),
        (
            {"all": "more", "owner-all": "boss", "more": '"|exit 1"', "owner-more": "chief"},
            f"owner-more@{DOMAIN}",
        ),
    ],
)
def test_who_is_told_of_a_failure(place: Path, aliases: dict[str, str], owner: str) -> None:
    """The owner of the alias that has the command or the file; of other failures the sender is."""
    (result,) = Local(place, aliases).deliver("all")
    (outcome,) = result.outcomes
    assert outcome.status is not Status.SENT
    assert outcome.owner == owner
    assert outcome.hides_original == ("owner-all" in aliases)
