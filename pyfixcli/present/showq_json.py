"""The queue listing of postqueue -j: one JSON object a line."""

from __future__ import annotations

from pyfixcli.mail.address import quote_address
from pyfixcli.queue.listing import ListedMessage

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
    "/": "/",
}


def quote(text: str) -> str:
    """A JSON string; octets that are not UTF-8 become question marks."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = []
    for character in text:
        code = ord(character)
        if character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif code < 32 or code == 127:
            out.append(f"\\u{code:04X}")
        elif 0xD800 <= code < 0xE000:
            out.append("?")
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


def format_json(message: ListedMessage) -> str:
    """One message as a line of JSON."""
    recipients = ", ".join(_recipient(address, why) for address, why in message.recipients)
    forced = "true" if message.forced_expire else "false"
    return (
        f'{{"queue_name": "{message.queue_name}", "queue_id": "{message.queue_id}", '
        f'"arrival_time": {int(message.arrival_time)}, "message_size": {message.message_size}, '
        f'"forced_expire": {forced}, '
        f'"sender": {quote(quote_address(message.sender) or "MAILER-DAEMON")}, '
        f'"recipients": [{recipients}]}}\n'
    )


def _recipient(address: str, reason: str) -> str:
    text = f'{{"address": {quote(quote_address(address))}'
    return f'{text}, "delay_reason": {quote(reason)}}}' if reason else text + "}"
