"""The commands of a transaction as octets: XFORWARD, MAIL, RCPT (RFC 5321, 1870, 6152, 6531, 3461)."""

from __future__ import annotations

from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient
from pyfixcli.mail.envelope import FLAG_SMTPUTF8
from pyfixcli.mail.recipient import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS
from pyfixcli.protocol.grammar import encode_unitext, encode_xtext

RSET = b"RSET\r\n"
DATA = b"DATA\r\n"

NOTIFY_WORDS = (
    (NOTIFY_NEVER, "NEVER"),
    (NOTIFY_SUCCESS, "SUCCESS"),
    (NOTIFY_FAILURE, "FAILURE"),
    (NOTIFY_DELAY, "DELAY"),
)


def mail_command(
    request: DeliveryRequest, offers: dict[str, str], quoted: bool, is_converted: bool
) -> bytes:
    """MAIL FROM with the parameters that the server understands; conversion makes the size unknown."""
    parts = [f"MAIL FROM:<{_written(request.sender, quoted)}>"]
    if "SIZE" in offers and not is_converted:
        parts.append(f"SIZE={request.size}")
    if "8BITMIME" in offers and request.encoding == "8bit":
        parts.append("BODY=8BITMIME")
    if "SMTPUTF8" in offers and request.flags & FLAG_SMTPUTF8:
        parts.append("SMTPUTF8")
    if "DSN" in offers:
        if request.envid:
            parts.append(f"ENVID={encode_xtext(request.envid)}")
        if request.ret:
            parts.append(f"RET={request.ret}")
    return _octets(parts)


def rcpt_command(recipient: RequestRecipient, offers: dict[str, str], quoted: bool) -> bytes:
    """RCPT TO with the parameters that the server understands."""
    parts = [f"RCPT TO:<{_written(recipient.address, quoted)}>"]
    if "DSN" in offers:
        kind, _, address = recipient.orcpt.partition(";")
        if address:
            encode = encode_unitext if kind.lower() == "utf-8" else encode_xtext
            parts.append(f"ORCPT={kind};{encode(address)}")
        if recipient.notify:
            parts.append(f"NOTIFY={notify_words(recipient.notify)}")
    return _octets(parts)


def notify_words(notify: int) -> str:
    """The value of NOTIFY for these bits."""
    return ",".join(word for bit, word in NOTIFY_WORDS if notify & bit)


UNKNOWN = ("", "unknown")


def xforward_commands(request: DeliveryRequest, offered: str) -> list[tuple[bytes, str]]:
    """(command, its name in the log) for what the server wants to know of the client (XFORWARD_README)."""
    wanted = frozenset(offered.upper().split())
    known = {
        "NAME": request.client_name,
        "ADDR": f"IPV6:{request.client_address}"
        if ":" in request.client_address
        else request.client_address,
        "PORT": request.client_port,
    }
    session = {
        "PROTO": request.protocol,
        "HELO": request.helo,
        "IDENT": request.queue_id if request.client_address else "",
        "SOURCE": "REMOTE" if request.rewrite_context == "remote" else "LOCAL",
    }
    commands = []
    for values, name in ((known, "XFORWARD name/address"), (session, "XFORWARD helo/protocol")):
        pairs = [
            f"{key}={encode_xtext(v)}"
            for key, v in values.items()
            if v not in UNKNOWN and key in wanted
        ]
        if pairs:
            commands.append((_octets(["XFORWARD", *pairs]), name))
    return commands


def _written(address: str, quoted: bool) -> str:
    """An address in its external form, or as it is with smtp_quote_rfc821_envelope = no."""
    return quote_address(address) if quoted else address


def _octets(parts: list[str]) -> bytes:
    """A command line; a line break in an address would be a second command, and is never sent."""
    line = " ".join(parts)
    if "\r" in line or "\n" in line:
        raise ValueError("line break in an address")
    return line.encode("utf-8", "surrogateescape") + b"\r\n"
