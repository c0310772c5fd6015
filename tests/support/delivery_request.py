"""A request for a delivery in tests of those that hand requests on and look into none."""

from __future__ import annotations

from pyfixcli.mail.delivery import DeliveryRequest

REQUEST = DeliveryRequest(
    queue_id="A",
    attempt=1,
    service="local",
    nexthop="x",
    recipients=(),
    sender="",
    size=1,
    stored=1,
    arrival_time=0.0,
    active_time=0.0,
)
