"""The unit of scheduling: some recipients of one message for one destination."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.mail.delivery import RequestRecipient


@dataclass(frozen=True, slots=True)
class Entry:
    """Recipients of a message that go by one transport to one next hop together."""

    queue_id: str
    transport: str
    nexthop: str
    destination: str
    recipients: tuple[RequestRecipient, ...]
