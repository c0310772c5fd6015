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


def test_s18_a_flood_makes_no_more_notices_than_messages(make_instance: Make) -> None:
    """With forged senders and many recipients: one notice each, which ends there, and other mail comes through."""
    instance = make_instance()
    instance.start()
    recipients = [f"{NOBODY}{number}" for number in range(20)]
    for number in range(30):
        assert instance.submit("-f", f"forged{number}@localhost", *recipients) == 0
    assert instance.submit("-f", "<>", instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)
    wait_for(lambda: instance.log_text().count("to=<forged") == 30)
    wait_for(instance.is_queue_empty)
    assert (notices(instance), len(instance.delivered())) == (30, 1)
    assert instance.log_text().count("from=<>, ") == 31


def test_s18_a_delay_is_told_once(make_instance: Make) -> None:
    """However often delivery is tried."""
    instance = make_instance("delay_warning_time = 1s\ndefault_transport = retry:4.3.1 later")
    instance.start()
    assert instance.submit("-f", f"{instance.user}@localhost", "a@else.test", "b@else.test") == 0
    wait_for(lambda: instance.log_text().count("status=deferred") >= 2)
    seen = 2

    def is_tried(times: int) -> bool:
        instance.run("postqueue", "-f")
        return instance.log_text().count("status=deferred") >= times

    wait_for(lambda: is_tried(seen) and len(instance.delivered()) == 1)
    seen = instance.log_text().count("status=deferred")
    wait_for(lambda: is_tried(seen + 6))
    assert notices(instance) == 1
