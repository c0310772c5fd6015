"""The limits of a transport from the configuration: TRANSPORT_name, else default_name (postconf(5))."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config
from pyfixcli.qmgr.feedback import Feedback, parse_feedback
from pyfixcli.qmgr.transport_limits import TransportLimits


def read_limits(
    config: Config, services: Mapping[str, Service], transport: str, warn: Callable[[str], None]
) -> TransportLimits:
    """What bounds this transport; ConfigError for a number that is none, ``warn`` for such a feedback."""

    def number(name: str, default: str = "") -> int:
        return config.number(f"{transport}_{name}", config.number(default or f"default_{name}", 0))

    def seconds(name: str) -> float:
        return config.seconds(f"{transport}_{name}", config.seconds(f"default_{name}", 0.0))

    def feedback(name: str) -> Feedback:
        text = config.text(f"{transport}_{name}") or config.text(f"default_{name}")
        try:
            return parse_feedback(text)
        except ValueError as error:
            warn(f"parameter {transport}_{name} or default_{name}: {error}")
            return Feedback(1.0)

    service = services.get(transport)
    maxproc = service.maxproc if service is not None else -1
    return TransportLimits(
        destination_concurrency=number("destination_concurrency_limit"),
        destination_recipients=number("destination_recipient_limit"),
        initial_concurrency=number(
            "initial_destination_concurrency", "initial_destination_concurrency"
        ),
        processes=config.default_process_limit if maxproc < 0 else maxproc,
        positive_feedback=feedback("destination_concurrency_positive_feedback"),
        negative_feedback=feedback("destination_concurrency_negative_feedback"),
        failed_cohorts=number("destination_concurrency_failed_cohort_limit"),
        destination_rate_delay=seconds("destination_rate_delay"),
        transport_rate_delay=seconds("transport_rate_delay"),
        slot_cost=number("delivery_slot_cost"),
        slot_loan=number("delivery_slot_loan"),
        slot_discount=number("delivery_slot_discount"),
        minimum_slots=number("minimum_delivery_slots"),
        backoff=config.minimal_backoff_time,
    )
