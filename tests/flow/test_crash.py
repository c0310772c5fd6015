"""Processes die at random moments under load; no mail is lost, and none doubled without need."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.load import Delivered, SendmailLoad, delivered_copies, now, unexplained_copies
from tests.support.smtp_sink import can_connect

Make = Callable[..., Instance]
KILLS = int(os.environ.get("PYFIX_KILLS", "12"))
SETTINGS = "minimal_backoff_time = 1s\nqueue_run_delay = 1s"

# The results of deliveries outlive these: the delivery process keeps them until they are committed.
KEEPING = ("store", "queue", "edge", "deliver")
# These take results with them: the delivery process, and the zygote whose end is that of its workers.
LOSING = ("local", "zygote")
EVERYTHING = ("master", *KEEPING, *LOSING)
PATIENCE = 0.5  # seconds in which a result is committed while nothing else dies

pytestmark = pytest.mark.timeout(120 + 2 * KILLS)


def revive(instance: Instance) -> None:
    """Start it again once all its processes are gone."""
    wait_for(lambda: instance.run("postfix", "status").returncode == 1)
    wait_for(
        lambda: not can_connect(instance.port)
    )  # workers that were just forked end by themselves
    instance.start()


def kill_at_random(instance: Instance, kills: int, *choices: tuple[str, ...]) -> list[float]:
    """SIGKILL one of the choices of roles, so many times; returns when (seconds)."""
    chance = random.Random()
    ends = []
    for _ in range(kills):
        time.sleep(chance.uniform(0.0, 0.2))  # the random moment is what is tested
        roles = chance.choice(choices)
        wait_for(lambda wanted=roles: set(instance.roles()) >= set(wanted))  # type: ignore[misc]
        ends.append(now())
        assert instance.kill(*roles)
        ends.append(now())
        if "master" in roles:
            revive(instance)
    return ends


def settle(instance: Instance, load: SendmailLoad) -> list[Delivered]:
    """Wait until the queue is empty; every accepted message must have arrived."""
    wait_for(instance.is_queue_empty, 120)
    copies = delivered_copies(instance)
    assert load.accepted - {copy.subject for copy in copies} == set()
    check = instance.run("postsuper", "-s")
    assert (check.returncode, check.stderr) == (0, b"")
    return copies


def test_killed_beside_deliveries_doubles_nothing(make_instance: Make) -> None:
    """Store, scheduler, edge and deliver die one at a time: each message arrives exactly once."""
    instance = make_instance(SETTINGS)
    instance.start()
    with SendmailLoad(instance) as load:
        kill_at_random(instance, KILLS * 2 // 3, *((role,) for role in KEEPING))
    copies = settle(instance, load)
    assert unexplained_copies(copies, [], 0.0) == []


def test_killed_deliveries_lose_nothing(make_instance: Make) -> None:
    """Twice only what had been delivered when its delivery process died."""
    instance = make_instance(SETTINGS)
    instance.start()
    with SendmailLoad(instance) as load:
        ends = kill_at_random(instance, KILLS - KILLS * 2 // 3, *((role,) for role in LOSING))
    copies = settle(instance, load)
    assert unexplained_copies(copies, ends, PATIENCE) == []


def test_everything_killed_at_once_loses_nothing(make_instance: Make) -> None:
    """Master and all workers die together, again and again, and are started again."""
    instance = make_instance(SETTINGS)
    instance.start()
    with SendmailLoad(instance) as load:
        ends = kill_at_random(instance, max(2, KILLS // 4), EVERYTHING)
    copies = settle(instance, load)
    assert unexplained_copies(copies, ends, PATIENCE) == []
