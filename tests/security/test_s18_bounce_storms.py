"""S18: notices never cause notices without end."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
NOBODY = "nobody-here"


def notices(instance: Instance) -> int:
    """How many were made, of any kind."""
    return instance.log_text().count(" notification: ")


def test_s18_the_null_sender_gets_no_notice(make_instance: Make) -> None:
    """It is logged, and that is all."""
    instance = make_instance()
    instance.start()
    assert instance.submit("-f", "<>", NOBODY) == 0
    wait_for(lambda: "removed" in instance.log_text())
    assert "status=bounced" in instance.log_text()
    assert (notices(instance), instance.delivered()) == (0, [])


def test_s18_a_notice_that_cannot_be_delivered_is_dropped(make_instance: Make) -> None:
    """Unknown recipient, unknown sender: one notice, no notice about it."""
    instance = make_instance()
    instance.start()
    assert instance.submit("-f", "gone-too@localhost", NOBODY) == 0
    wait_for(lambda: instance.log_text().count("status=bounced") == 2)
    wait_for(instance.is_queue_empty)
    assert notices(instance) == 1


def test_s18_double_bounces_end_with_the_postmaster(make_instance: Make) -> None:
    """The postmaster does not exist either: the double bounce is thrown away with a warning."""
    instance = make_instance(
        "notify_classes = bounce, 2bounce\nbounce_notice_recipient = no-postmaster\n"
        "2bounce_notice_recipient = no-postmaster"
    )
    instance.start()
    assert instance.submit("-f", "gone-too@localhost", NOBODY) == 0
    wait_for(lambda: "undeliverable postmaster notification discarded" in instance.log_text())
    wait_for(instance.is_queue_empty)
    assert notices(instance) <= 3


def test_s18_one_notice_for_many_recipients(make_instance: Make) -> None:
    """A thousand unknown recipients are one report."""
    instance = make_instance()
    instance.start()
    recipients = [f"{NOBODY}{number}" for number in range(1000)]
    assert instance.submit("-f", instance.user, *recipients) == 0
    wait_for(lambda: instance.delivered())
    wait_for(instance.is_queue_empty)
    assert len(instance.delivered()) == 1
    assert instance.delivered()[0].count(b"unknown user:") >= 1000
