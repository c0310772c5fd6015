"""Limits of a transport, from its parameters (qmgr(8), postconf(5))."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """What bounds the deliveries of one transport.

    ``processes`` is the maxproc column of master.cf (0: no limit).
    """

    destination_concurrency: int
    destination_recipients: int
    initial_concurrency: int
    processes: int
