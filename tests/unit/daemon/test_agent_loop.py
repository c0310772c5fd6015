"""What a local delivery process says of a delivery."""

from __future__ import annotations

from pyfixcli.daemon.agent_frames import Finished
from pyfixcli.daemon.agent_loop import shorten
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, Forward, Status

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


def test_outcomes_that_fit_into_no_frame_are_one_for_the_recipient() -> None:
    """No copy goes out, and the recipient is not tried again."""
    copy = Forward("B", "", (), b"")
    sent = DeliveryResult(
        queue_id="A",
        attempt=1,
        index=3,
        part=2,
        status=Status.SENT,
        dsn="2.0.0",
        text="",
        forwards=(copy,),
    )
    (result,) = shorten(Finished(7, REQUEST, (sent,))).results
    assert (result.index, result.part, result.status, result.dsn) == (3, 2, Status.BOUNCED, "5.5.3")
    assert result.forwards == ()
