"""Limits of a transport, from its parameters (qmgr(8), postconf(5))."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.qmgr.feedback import Feedback


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """What bounds the deliveries of one transport; times are in seconds, 0 means no limit.

    ``processes`` is the maxproc column of master.cf. ``slot_cost``, ``slot_loan``, ``slot_discount`` (percent) and
    ``minimum_slots`` rule the preemption of large mailings, ``backoff`` is how long a dead destination rests.
    """

    destination_concurrency: int = 20
    destination_recipients: int = 50
    initial_concurrency: int = 5
    processes: int = 100
    positive_feedback: Feedback = Feedback(1.0)
    negative_feedback: Feedback = Feedback(1.0)
    failed_cohorts: int = 1
    destination_rate_delay: float = 0.0
    transport_rate_delay: float = 0.0
    slot_cost: int = 5
    slot_loan: int = 3
    slot_discount: int = 50
    minimum_slots: int = 3
    backoff: float = 300.0
