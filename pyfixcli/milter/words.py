"""MAIL and RCPT as milters, and before-queue filters, hear them: the address in angle brackets, and the ESMTP parameters of the client."""

from __future__ import annotations

from pyfixcli.mail.address import quote_address
from pyfixcli.mail.recipient import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS
from pyfixcli.protocol.events import Mail, Rcpt
from pyfixcli.protocol.grammar import encode_xtext

BODIES = {"7bit": "7BIT", "8bit": "8BITMIME"}
NOTIFY = (
    (NOTIFY_NEVER, "NEVER"),
    (NOTIFY_SUCCESS, "SUCCESS"),
    (NOTIFY_FAILURE, "FAILURE"),
    (NOTIFY_DELAY, "DELAY"),
)


def path(address: str) -> str:
    """An address in internal form as a path."""
    return f"<{quote_address(address)}>"


def mail_words(mail: Mail) -> tuple[str, ...]:
    """The parameters of MAIL."""
    named = (
        ("SIZE", str(mail.size or "")),
        ("BODY", BODIES.get(mail.body, "")),
        ("RET", mail.ret),
        ("ENVID", encode_xtext(mail.envid)),
        ("AUTH", mail.auth),
    )
    words = [f"{name}={value}" for name, value in named if value]
    return (*words, "SMTPUTF8") if mail.is_smtputf8 else tuple(words)


def rcpt_words(rcpt: Rcpt) -> tuple[str, ...]:
    """The parameters of RCPT."""
    words = []
    if rcpt.notify:
        words.append("NOTIFY=" + ",".join(word for bit, word in NOTIFY if rcpt.notify & bit))
    if rcpt.orcpt:
        kind, _, address = rcpt.orcpt.partition(";")
        words.append(f"ORCPT={kind};{encode_xtext(address)}")
    return tuple(words)
