"""The limits of a transport from the configuration: TRANSPORT_name, else default_name (postconf(5))."""

from __future__ import annotations

from collections.abc import Mapping

from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config
from pyfixcli.qmgr.feedback import Feedback, parse_feedback
from pyfixcli.qmgr.transport_limits import TransportLimits


def read_limits(config: Config, services: Mapping[str, Service], transport: str) -> TransportLimits:
    """What bounds this transport; ConfigError for a value that is none."""

    def number(name: str, default: str = "") -> int:
        return config.number(f"{transport}_{name}", config.number(default or f"default_{name}", 0))

    def seconds(name: str) -> float:
        return config.seconds(f"{transport}_{name}", config.seconds(f"default_{name}", 0.0))

    def text(name: str) -> str:
        return config.text(f"{transport}_{name}") or config.text(f"default_{name}")

    service = services.get(transport)
    maxproc = service.maxproc if service is not None else -1
    return TransportLimits(
        destination_concurrency=number("destination_concurrency_limit"),
        destination_recipients=number("destination_recipient_limit"),
        initial_concurrency=number(
            "initial_destination_concurrency", "initial_destination_concurrency"
        ),
        processes=config.default_process_limit if maxproc < 0 else maxproc,
        positive_feedback=_feedback(text("destination_concurrency_positive_feedback")),
        negative_feedback=_feedback(text("destination_concurrency_negative_feedback")),
        failed_cohorts=float(text("destination_concurrency_failed_cohort_limit") or 1),
        destination_rate_delay=seconds("destination_rate_delay"),
        transport_rate_delay=seconds("transport_rate_delay"),
        slot_cost=number("delivery_slot_cost"),
        slot_loan=number("delivery_slot_loan"),
        slot_discount=number("delivery_slot_discount"),
        minimum_slots=number("minimum_delivery_slots"),
        backoff=config.minimal_backoff_time,
    )


def _feedback(text: str) -> Feedback:
    try:
        return parse_feedback(text)
    except ValueError:
        return Feedback(1.0)
