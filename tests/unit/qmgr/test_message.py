"""A message in the active queue: results of recipients that stand for others, and of deliveries passed on."""

from __future__ import annotations

from pyfixcli.mail.delivery import (
    DeliveryResult,
    Pass,
    RequestRecipient,
    Status,
    combine_results,
)
from pyfixcli.mail.envelope import Envelope
from pyfixcli.qmgr.message import Message


def make_message(recipients: int = 1) -> Message:
    """A message with so many recipients, all of them under way."""
    envelope = Envelope(queue_id="Q", sender="s@x", recipients=(), arrival_time=0.0, size=1)
    message = Message("Q", 1, "s@x", 0.0, 0.0, envelope=envelope)
    for index in range(recipients):
        message.recipients[index] = RequestRecipient(index, f"r{index}@x")
        message.outstanding += 1
    return message


def result(status: Status, **fields: object) -> DeliveryResult:
    """A result for the first recipient."""
    given = {"index": 0, "dsn": "2.0.0", "text": "t", **fields}
    return DeliveryResult(queue_id="Q", attempt=1, status=status, **given)  # type: ignore[arg-type]


def passing(*parts: int) -> DeliveryResult:
    """A result that leaves deliveries to another service, and has one that failed."""
    passed = tuple(
        Pass("lmtp", "h", RequestRecipient(0, f"p{part}@x", part=part)) for part in parts
    )
    failed = result(Status.BOUNCED, address="gone@x")
    return result(Status.SENT, parts=(failed,), passed=passed)


def test_a_recipient_has_the_worst_outcome_of_those_it_stands_for() -> None:
    """Deferred is worse than returned: the recipient is tried again."""
    parts = tuple(map(result, (Status.SENT, Status.DEFERRED, Status.BOUNCED)))
    assert combine_results(parts[0], parts).status is Status.DEFERRED
    assert combine_results(parts[0], parts).outcomes == parts


def test_a_returned_part_of_a_deferred_recipient_is_noted() -> None:
    """Its notice goes out at the end of this attempt."""
    message = make_message()
    parts = (result(Status.DEFERRED), result(Status.BOUNCED))
    assert message.take(combine_results(parts[0], parts))
    assert message.deferred and message.bounced and message.is_complete


def test_a_recipient_that_was_passed_on_waits_for_every_part() -> None:
    """Then it has one result with all outcomes."""
    message = make_message()
    assert not message.take(passing(1, 2))
    assert not message.take(result(Status.SENT, part=2))
    assert not message.is_complete
    assert message.take(result(Status.DEFERRED, part=1))
    assert message.is_complete
    assert [part.status for part in message.unwritten[0].parts] == [
        Status.BOUNCED,
        Status.SENT,
        Status.DEFERRED,
    ]


def test_a_part_may_end_before_its_recipient_is_known_to_be_passed_on() -> None:
    """After a restart of the scheduler the results come in any order."""
    message = make_message()
    assert not message.take(result(Status.SENT, part=1))
    assert message.take(passing(1))
    assert message.is_complete


def test_parts_count_once() -> None:
    """A repeated result changes nothing."""
    message = make_message()
    message.take(passing(1, 2))
    assert not message.take(passing(1, 2))
    assert not message.take(result(Status.SENT, part=1))
    assert not message.take(result(Status.SENT, part=1))
    assert message.outstanding == 1


def test_only_awaited_parts_are_delivered() -> None:
    """A part with a result, or of a recipient that was taken back, is not assigned again."""
    message = make_message()
    message.take(passing(1, 2))
    message.take(result(Status.SENT, part=1))
    entry = (RequestRecipient(0, "p1@x", part=1), RequestRecipient(0, "p2@x", part=2))
    assert message.still_awaits(entry) == entry[1:]
    assert message.forget(entry[1])
    assert message.still_awaits(entry) == ()
    assert not message.forget(entry[0])


def test_an_agent_that_passed_on_is_confirmed_when_all_parts_are_in() -> None:
    """Until then only it knows what it found."""
    message = make_message()
    assert message.take_from([passing(1, 2)], ("local", 7)) == 0
    assert message.take_from([result(Status.SENT, part=1)], ("lmtp", 8)) == 0
    assert message.confirmations == []
    assert message.take_from([result(Status.SENT, part=2)], ("lmtp", 9)) == 1
    assert sorted(message.confirmations) == [("lmtp", 8), ("lmtp", 9), ("local", 7)]


def test_copies_wait_for_what_was_passed_on() -> None:
    """They are stored with the final result, and not at all when the recipient is tried again."""
    for status, stored in ((Status.SENT, ["copy"]), (Status.DEFERRED, [])):
        message = make_message()
        message.add_copies(passing(1), ["copy"])
        message.take(passing(1))
        assert message.inserts == []
        assert message.take(result(status, part=1))
        assert message.inserts == stored


def test_copies_of_a_result_that_is_known_are_left_out() -> None:
    """An agent may tell its results twice."""
    message = make_message()
    message.take(result(Status.SENT))
    message.add_copies(result(Status.SENT), ["copy"])
    assert (message.copies, message.inserts) == ({}, [])


def test_an_early_part_is_confirmed_with_the_result_that_it_belongs_to() -> None:
    """Before that it is nowhere but here and with the agent."""
    message = make_message()
    message.take_from([result(Status.SENT, part=1)], ("lmtp", 8))
    assert message.confirmations == []
    message.take_from([passing(1)], ("local", 7))
    assert sorted(message.confirmations) == [("lmtp", 8), ("local", 7)]


def test_an_agent_that_passed_several_on_is_confirmed_when_all_are_in() -> None:
    """Not when the first of its recipients is."""
    message = make_message(2)
    passed = tuple(
        result(
            Status.SENT,
            index=index,
            passed=(Pass("lmtp", "h", RequestRecipient(index, "p@x", part=1)),),
        )
        for index in (0, 1)
    )
    message.take_from(passed, ("local", 7))
    message.take_from([result(Status.SENT, part=1)], ("lmtp", 8))
    assert message.confirmations == [("lmtp", 8)]
    message.take_from([result(Status.SENT, index=1, part=1)], ("lmtp", 9))
    assert sorted(message.confirmations) == [("lmtp", 8), ("lmtp", 9), ("local", 7)]


def test_what_is_not_awaited_any_more_holds_up_no_confirmation() -> None:
    """An administrator took the message back meanwhile."""
    message = make_message()
    message.take_from([passing(1)], ("local", 7))
    assert message.forget(RequestRecipient(0, "p1@x", part=1))
    assert message.confirmations == [("local", 7)]
