"""The Received: header that this system adds (RFC 5321 section 4.4)."""

from __future__ import annotations

from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, Origin


def format_received(origin: Origin, queue_id: str, myhostname: str, mail_name: str) -> bytes:
    """The field, its lines joined by newlines, none at the end."""
    date = format_date(origin.arrival_time)
    if origin.protocol or origin.link is not None:
        text = _from_client(origin, queue_id, f"by {myhostname} ({mail_name})", date)
    elif origin.received_uid >= 0:
        text = (
            f"Received: by {myhostname} ({mail_name}, "
            f"from userid {origin.received_uid})\n\tid {queue_id}; {date}"
        )
    else:
        text = f"Received: by {myhostname} ({mail_name})\n\tid {queue_id}; {date}"
    return text.encode("utf-8", "surrogateescape")


def _from_client(origin: Origin, queue_id: str, by: str, date: str) -> str:
    link = origin.link or origin
    address = link.client_address
    protocol = "UTF8SMTP" if origin.flags & FLAG_SMTPUTF8 else link.protocol  # RFC 6531
    literal = f"IPv6:{address}" if ":" in address else address
    head = (
        f"Received: from {link.helo or link.client_name} ({link.client_name} [{literal}])\n"
        f"\t{by} with {protocol}"
    )
    if queue_id:  # a filter before the queue gets mail that has none
        head += f" id {queue_id}"
    if len(origin.recipients) == 1:
        return f"{head}\n\tfor <{quote_address(origin.recipients[0].address)}>; {date}"
    return f"{head};\n\t{date}"
