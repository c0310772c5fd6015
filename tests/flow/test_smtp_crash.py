"""Processes die at random moments while mail comes in and goes out over SMTP: none is lost, none doubled without need."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tests.flow.test_crash import EVERYTHING, KILLS, kill_at_random
from tests.support.instance import Instance, free_port, wait_for
from tests.support.load import unexplained_copies
from tests.support.smtp_sink import SmtpLoad, SmtpSink, can_connect

Make = Callable[..., Instance]
BURST = int(os.environ.get("PYFIX_BURST", "400"))

# What a delivery process was told by a server is lost with it.
KEEPING = ("store", "queue", "edge")
LOSING = ("deliver", "zygote")
PATIENCE = 0.5  # seconds in which a reply is committed while nothing else dies
LAG = 0.5  # seconds in which the server comes to read what was sent
RECIPIENT = "x@away.test"


def relaying(make_instance: Make, port: int, more: str = "") -> Instance:
    """An instance that hands everything to this port."""
    instance = make_instance(
        f"default_transport = smtp\nrelayhost = [127.0.0.1]:{port}\nmynetworks = 127.0.0.0/8\n"
        f"minimal_backoff_time = 1s\nqueue_run_delay = 1s\n{more}"
    )
    instance.start()
    return instance


def settle(instance: Instance, load: SmtpLoad, sink: SmtpSink) -> None:
    """Wait until the queue is empty; every accepted message must have arrived."""
    wait_for(instance.is_queue_empty, 120)
    assert load.accepted - {copy.subject for copy in sink.copies} == set()
    check = instance.run("postsuper", "-s")
    assert (check.returncode, check.stderr) == (0, b"")


def test_killed_beside_deliveries_doubles_nothing(make_instance: Make) -> None:
    """Store, scheduler and edge die one at a time: each message arrives exactly once."""
    with SmtpSink() as sink:
        instance = relaying(make_instance, sink.port)
        with SmtpLoad(instance, RECIPIENT) as load:
            kill_at_random(instance, KILLS * 2 // 3, *((role,) for role in KEEPING))
        settle(instance, load, sink)
    assert unexplained_copies(sink.copies, [], 0.0) == []


def test_killed_deliveries_lose_nothing(make_instance: Make) -> None:
    """Twice only what the server had taken when its delivery process died."""
    with SmtpSink() as sink:
        instance = relaying(make_instance, sink.port)
        with SmtpLoad(instance, RECIPIENT) as load:
            ends = kill_at_random(instance, KILLS - KILLS * 2 // 3, *((r,) for r in LOSING))
        settle(instance, load, sink)
    assert unexplained_copies(sink.copies, ends, PATIENCE, LAG) == []


def test_everything_killed_at_once_loses_nothing(make_instance: Make) -> None:
    """Master and all workers die together, again and again, and are started again."""
    with SmtpSink() as sink:
        instance = relaying(make_instance, sink.port)
        with SmtpLoad(instance, RECIPIENT) as load:
            ends = kill_at_random(instance, max(2, KILLS // 4), EVERYTHING)
        settle(instance, load, sink)
    assert unexplained_copies(sink.copies, ends, PATIENCE, LAG) == []


def test_the_scheduler_dies_and_all_reload_beside_slow_deliveries(make_instance: Make) -> None:
    """200 deliveries that wait for the server's reply: whatever happens to the others, none is begun twice."""
    more = (
        "smtp_destination_concurrency_limit = 200\ninitial_destination_concurrency = 200\n"
        "default_process_limit = 250"
    )
    with SmtpSink(delay=3.0) as sink:
        instance = relaying(make_instance, sink.port, more)
        with SmtpLoad(instance, RECIPIENT, most=200) as load:
            pass
        for _ in range(4):
            assert instance.kill("queue")
            wait_for(lambda: "queue" in instance.roles())
            assert instance.run("postfix", "reload").returncode == 0
        settle(instance, load, sink)
    assert sorted(copy.subject for copy in sink.copies) == sorted(load.accepted)


def test_reloads_under_load_double_nothing(make_instance: Make) -> None:
    """A reload every second while mail comes in and goes out."""
    with SmtpSink() as sink:
        instance = relaying(make_instance, sink.port)
        with SmtpLoad(instance, RECIPIENT) as load:
            for _ in range(4):
                end = time.monotonic() + 1
                assert instance.run("postfix", "reload").returncode == 0
                wait_for(lambda end=end: time.monotonic() > end)  # type: ignore[misc]
        settle(instance, load, sink)
    assert load.accepted
    assert sorted(copy.subject for copy in sink.copies) == sorted(load.accepted)


def test_a_burst_for_a_destination_that_is_down_waits_for_it(make_instance: Make) -> None:
    """All is deferred while nobody listens, and delivered once somebody does."""
    port = free_port()
    assert not can_connect(port)
    instance = relaying(make_instance, port)
    with SmtpLoad(instance, RECIPIENT, most=BURST) as load:
        pass
    wait_for(lambda: instance.log_text().count("status=deferred") >= len(load.accepted), 120)
    with SmtpSink(port) as sink:
        instance.run("postqueue", "-f")
        settle(instance, load, sink)
        assert len(sink.copies) == len(load.accepted) >= BURST
