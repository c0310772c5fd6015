"""What cleanup is told about a message of an SMTP session besides its content."""

from __future__ import annotations

from msgspec.structs import replace

from pyfixcli.access.facts import Case
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, Asked, Link, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.protocol.server import SmtpServer


def make_origin(case: Case, engine: SmtpServer, arrival: float, context: str) -> Origin:
    """What cleanup is told about a message besides its content."""
    transaction = engine.state.transaction
    mail = transaction.mail
    assert mail is not None
    client = case.client
    origin = Origin(
        service="smtpd",
        sender=mail.sender,
        recipients=tuple(
            Recipient(rcpt.recipient, "", rcpt.notify, rcpt.orcpt)
            for rcpt in transaction.recipients
        ),
        arrival_time=arrival,
        client_name=client.name,
        client_address=client.address,
        client_port=client.port,
        helo=case.helo,
        protocol=engine.state.protocol,
        rewrite_context=context,
        encoding=mail.body,
        ret=mail.ret,
        envid=mail.envid,
        verp_delimiters=mail.verp_delimiters,
        flags=FLAG_SMTPUTF8 if mail.is_smtputf8 else 0,
        prepended=tuple(value for name, value in case.effects if name == "PREPEND"),
    )
    known = engine.state.forwarded
    if known is None:
        return origin
    return replace(
        origin,
        client_name=known.name,
        client_address=known.address,
        client_port=known.port,
        helo=known.helo,
        protocol=known.protocol,
        link=Link(client.name, client.address, case.helo, engine.state.protocol),
    )


def asked_for(case: Case) -> Asked:
    """What access tables have asked for; of an action that was asked for twice, the last one counts."""
    last = dict(case.effects)
    return Asked(
        "HOLD" in last,
        last.get("FILTER", ""),
        last.get("REDIRECT", ""),
        tuple(value for name, value in case.effects if name == "BCC"),
    )
