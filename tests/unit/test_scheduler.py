"""The scheduler: order, windows, fairness, preemption, dead destinations, pauses."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pyfixcli.mail.delivery import RequestRecipient
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.feedback import Divisor, Feedback, parse_feedback
from pyfixcli.qmgr.scheduler import Scheduler
from pyfixcli.qmgr.transport_limits import TransportLimits


def entry(queue_id: str, destination: str, index: int = 0) -> Entry:
    """An entry with one recipient."""
    recipient = RequestRecipient(index, f"r{index}@{destination}")
    return Entry(queue_id, "smtp", destination, destination, (recipient,))


def make(**limits: object) -> Scheduler:
    """A scheduler whose transports have these limits."""
    return Scheduler(lambda name: TransportLimits(**limits))  # type: ignore[arg-type]


def take_all(scheduler: Scheduler, now: float = 0.0) -> list[Entry]:
    """What may go now."""
    taken = []
    while (found := scheduler.take("smtp", now)) is not None:
        taken.append(found)
    return taken


def test_a_new_destination_gets_the_initial_window() -> None:
    """initial_destination_concurrency deliveries at once, no more."""
    scheduler = make(initial_concurrency=5)
    for number in range(9):
        scheduler.add(entry(f"Q{number}", "a"))
    assert len(take_all(scheduler)) == 5


def test_the_window_grows_by_one_with_each_success() -> None:
    """Positive feedback 1: two may follow one that succeeded, up to the limit."""
    scheduler = make(initial_concurrency=2, destination_concurrency=4)
    for number in range(20):
        scheduler.add(entry(f"Q{number}", "a"))
    busy = take_all(scheduler)
    for expected in (3, 4, 4):
        scheduler.finished(busy.pop(0), 0.0)
        busy += take_all(scheduler)
        assert len(busy) == expected


def test_a_cohort_of_failures_makes_a_destination_dead() -> None:
    """What waits comes back untried; after the rest the destination begins anew."""
    scheduler = make(initial_concurrency=1, backoff=300.0)
    for number in range(3):
        scheduler.add(entry(f"Q{number}", "a"))
    (first,) = take_all(scheduler)
    returned = scheduler.finished(first, 10.0, "4.4.1 connection refused")
    assert [e.queue_id for e in returned] == ["Q1", "Q2"]
    assert scheduler.why_dead("smtp", "a", 309.0) == "4.4.1 connection refused"
    assert scheduler.why_dead("smtp", "a", 310.0) == ""
    scheduler.add(entry("Q4", "a"))
    assert len(take_all(scheduler, 310.0)) == 1


def test_a_backlog_is_as_much_as_a_first_round_of_deliveries() -> None:
    """The reference keeps the connections of the first 1 of 6 deliveries with a window of 5, and of 10 of 12 with 2."""
    for initial, number, expected in ((5, 6, 1), (5, 5, 0), (2, 12, 10), (3, 12, 9)):
        scheduler = make(initial_concurrency=initial)
        for each in range(number):
            scheduler.add(entry(f"Q{each}", "a"))
        kept = []
        while (taken := scheduler.take("smtp", 0.0)) is not None:
            kept.append(scheduler.has_backlog(taken))
            scheduler.finished(taken, 0.0)
        assert kept == [True] * expected + [False] * (number - expected)


def test_another_destination_is_not_held_up() -> None:
    """A destination whose window is full lets the others go."""
    scheduler = make(initial_concurrency=1)
    for number in range(5):
        scheduler.add(entry(f"Q{number}", "slow"))
    scheduler.add(entry("Q9", "fast"))
    assert [e.destination for e in take_all(scheduler)] == ["slow", "fast"]


def test_a_rate_delay_spaces_deliveries() -> None:
    """destination_rate_delay: one at a time, and a pause after each."""
    scheduler = make(destination_rate_delay=2.0)
    for number in range(3):
        scheduler.add(entry(f"Q{number}", "a"))
    (first,) = take_all(scheduler, 0.0)
    scheduler.finished(first, 1.0)
    assert take_all(scheduler, 1.5) == []
    assert scheduler.next_time(1.5) == 3.0
    scheduler.tick(3.0)
    assert len(take_all(scheduler, 3.0)) == 1


def test_small_mail_overtakes_a_large_mailing() -> None:
    """With slot cost 5 a single recipient waits for a few deliveries of 1,000, not for all."""
    scheduler = make(processes=1, initial_concurrency=20)
    for number in range(1000):
        scheduler.add(entry("LARGE", f"d{number}", number))
    order = []
    for turn in range(20):
        if turn == 3:
            scheduler.add(entry("SMALL", "other"))
        (taken,) = take_all(scheduler)
        order.append(taken.queue_id)
        scheduler.finished(taken, 0.0)
    assert "SMALL" in order[3:8]
    assert order.count("LARGE") == 19


def test_a_dropped_message_frees_its_turn() -> None:
    """What waited of a deleted message is returned, and others go on."""
    scheduler = make(initial_concurrency=1)
    for queue_id in ("Q1", "Q2", "Q3"):
        scheduler.add(entry(queue_id, "a"))
    (first,) = take_all(scheduler)
    assert [e.queue_id for e in scheduler.drop("Q2", 0.0)] == ["Q2"]
    scheduler.finished(first, 0.0)
    assert [e.queue_id for e in take_all(scheduler)] == ["Q3"]


def test_feedback_forms() -> None:
    """number, number/number, number/concurrency, number/sqrt_concurrency."""
    assert parse_feedback("0.5") == Feedback(0.5)
    assert parse_feedback("1/concurrency") == Feedback(1.0, Divisor.CONCURRENCY)
    assert parse_feedback("1/sqrt_concurrency").amount(4) == 0.5


moves = st.lists(
    st.tuples(
        st.sampled_from(["add", "finish", "fail", "drop", "wait"]),
        st.integers(0, 7),
        st.integers(0, 3),
    ),
    max_size=200,
)


@settings(max_examples=200, deadline=None)
@given(moves, st.integers(1, 5), st.integers(0, 4), st.sampled_from([0.0, 1.5]))
def test_nothing_is_lost_or_doubled_and_limits_hold(
    steps: list[tuple[str, int, int]], initial: int, processes: int, delay: float
) -> None:
    """Whatever happens: each entry comes out once, windows and processes are kept, and all end."""
    limits = {"destination_concurrency": 3, "slot_cost": 2, "minimum_slots": 1, "backoff": 5.0}
    scheduler = make(
        initial_concurrency=initial, processes=processes, destination_rate_delay=delay, **limits
    )
    now, added, out = 0.0, 0, Counter[int]()
    busy: list[Entry] = []

    def take() -> None:
        for taken in take_all(scheduler, now):
            busy.append(taken)
            out[taken.recipients[0].index] += 1
        per_destination = Counter(e.destination for e in busy)
        assert all(count <= (1 if delay else 3) for count in per_destination.values())
        assert not processes or len(busy) <= processes

    def give_back(entries: list[Entry]) -> None:
        for one in entries:
            out[one.recipients[0].index] += 1

    for what, message, site in steps:
        if what == "add" and not scheduler.why_dead("smtp", f"d{site}", now):
            scheduler.add(entry(f"Q{message}", f"d{site}", added))
            added += 1
        elif what in ("finish", "fail") and busy:
            failure = "4.4.1 x" if what == "fail" else ""
            give_back(scheduler.finished(busy.pop(message % len(busy)), now, failure))
        elif what == "drop":
            give_back(scheduler.drop(f"Q{message}", now))
        elif what == "wait":
            now += 1.0
            scheduler.tick(now)
        take()
    for _ in range(1000):
        if not busy and scheduler.next_time(now) == float("inf"):
            break
        while busy:
            give_back(scheduler.finished(busy.pop(), now))
        now += 2.0
        scheduler.tick(now)
        take()
    assert out == Counter(range(added))
