"""What an attempt gathers: parts, copies, deliveries that are left to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyfixcli.delivery.agent import bounced, deferred, sent
from pyfixcli.delivery.local.attempt import PARTS, Seen
from pyfixcli.mail.delivery import RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from pyfixcli.mail.recipient import NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS
from tests.support.local_run import DOMAIN, Local, copies, passes


def test_one_outcome_is_the_result(place: Path) -> None:
    attempt = Local(place).attempt()
    attempt.report(attempt.first_target, sent("delivered"))
    result = attempt.result()
    assert (result.parts, result.text, result.address) == ((), "delivered", f"someone@{DOMAIN}")


def test_several_outcomes_are_parts(place: Path) -> None:
    attempt = Local(place).attempt()
    target = attempt.first_target
    attempt.report(target.towards("a@x"), sent("one"))
    attempt.report(target.towards("b@x"), bounced("5.1.1", "two"))
    result = attempt.result()
    assert (result.status, result.address) == (Status.BOUNCED, "")
    assert [(part.address, part.original) for part in result.parts] == [
        ("a@x", "someone"),
        ("b@x", "someone"),
    ]


def test_copies_are_one_message_for_each_delivered_to(place: Path) -> None:
    """And for each sender."""
    attempt = Local(place).attempt()
    target = replace(attempt.first_target, is_resent=True)
    for address in ("a@x", "b@x", "a@x"):
        attempt.send_on(target.towards(address))
    attempt.send_on(replace(target, delivered="list@x").towards("c@x"))
    result = attempt.result()
    assert copies([result]) == [(f"someone@{DOMAIN}", ["a@x", "b@x"]), ("list@x", ["c@x"])]
    assert [part.text for part in result.parts] == ["forwarded as COPY1", "forwarded as COPY2"]


def test_nothing_is_sent_on_while_something_is_to_be_tried_again(place: Path) -> None:
    """All of the recipient comes back, so the copies would go out twice."""
    attempt = Local(place).attempt()
    attempt.send_on(attempt.first_target.towards("a@x"))
    attempt.report(attempt.first_target, deferred("4.2.0", "later"))
    result = attempt.result()
    assert (result.status, result.forwards) == (Status.DEFERRED, ())


def test_without_a_queue_id_it_is_tried_again(place: Path) -> None:
    local = Local(place)
    local.ids = iter(())
    attempt = local.attempt()
    attempt.send_on(attempt.first_target.towards("a@x"))
    result = attempt.result()
    assert (result.status, result.dsn, result.forwards) == (Status.DEFERRED, "4.3.0", ())


def test_no_delivered_to_where_it_is_not_wished(place: Path) -> None:
    attempt = Local(place, prepend_delivered_header="command, file").attempt()
    attempt.send_on(attempt.first_target.towards("a@x"))
    assert [forward.header for forward in attempt.result().forwards] == [b""]


@pytest.mark.parametrize(
    ("notify", "copied"),
    [
        (0, 0),
        (NOTIFY_SUCCESS, NOTIFY_NEVER),
        (NOTIFY_SUCCESS | NOTIFY_FAILURE, NOTIFY_FAILURE),
        (NOTIFY_NEVER, NOTIFY_NEVER),
    ],
)
def test_success_of_a_copy_is_told_to_nobody(place: Path, notify: int, copied: int) -> None:
    """The sender hears that the address was expanded (RFC 3461 section 5.2.7)."""
    local = Local(place, {"all": "a@else.test"})
    (result,) = local.deliver("all", notify=notify)
    assert [r.notify for forward in result.forwards for r in forward.recipients] == [copied]


def test_parts_that_are_passed_on_have_numbers(place: Path) -> None:
    """Those of a part begin with its own, so that none is used twice."""
    attempt = Local(place).attempt()
    target = attempt.first_target
    for name in ("a", "b"):
        attempt.pass_on(target.towards(f"{name}@x"), "lmtp", "host")
    part = replace(target, recipient=RequestRecipient(0, "c@x", part=2))
    attempt.pass_on(part, "lmtp", "")
    found = [(p.nexthop, p.recipient.address, p.recipient.part) for p in passes([attempt.result()])]
    assert found == [("host", "a@x", 1), ("host", "b@x", 2), (DOMAIN, "c@x", 2 * PARTS + 3)]


@pytest.mark.parametrize("flag", [FLAG_VERIFY_ONLY, FLAG_PROBE])
def test_a_probe_says_what_would_be(place: Path, flag: int) -> None:
    """Nothing is sent on."""
    attempt = Local(place).attempt(flags=flag)
    target = attempt.first_target
    attempt.report(target, sent("delivers"))
    attempt.report(target, bounced("5.1.1", "unknown"))
    attempt.send_on(target.towards("a@x"))
    result = attempt.result()
    assert [part.status for part in result.parts] == [
        Status.DELIVERABLE,
        Status.UNDELIVERABLE,
        Status.DELIVERABLE,
    ]
    assert (result.parts[-1].text, result.forwards) == ("forwards to a@x", ())


def test_seen() -> None:
    """Without regard to case; what does not fit is not remembered."""
    seen = Seen(2)
    assert [seen.is_repeated(key) for key in ("A", "a", "b", "c", "c", "B")] == [
        False, True, False, False, False, True,
    ]  # fmt: skip
