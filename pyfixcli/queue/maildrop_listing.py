"""Messages in the maildrop directory as a listing shows them."""

from __future__ import annotations

from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.queue import maildrop
from pyfixcli.queue.listing import ListedMessage


def list_maildrop(directory: str) -> list[ListedMessage]:
    """The complete files; what is malformed is for pickup to deal with."""
    listed = []
    for name in maildrop.scan(directory):
        try:
            entry = maildrop.Entry(directory, name)
        except (maildrop.MaildropError, OSError):  # OSError: it was taken since, say
            continue
        try:
            listed.append(_listed(entry))
        except maildrop.MaildropError:
            continue
        finally:
            entry.close()
    return listed


def _listed(entry: maildrop.Entry) -> ListedMessage:
    values = dict(entry.items)
    recipients = tuple(
        (address, "")
        for name, value in entry.items
        if name == "recipient"
        for address in parse_addresses(value) or [value]
    )
    sender = values.get("sender", "")
    size = _record_size(entry, sender, values.get("full_name", ""), recipients)
    found = parse_addresses(sender)
    return ListedMessage(
        "maildrop", entry.name, entry.time, size, False, found[0] if found else "", recipients
    )


def _record_size(
    entry: maildrop.Entry, sender: str, full_name: str, recipients: tuple[tuple[str, str], ...]
) -> int:
    """The size of the file as Postfix's postdrop would have written it, which listings show."""
    fixed = 19 + 23 + 2 + 2 + 2  # time, rewrite context, start, end of content, end
    named = sum(len(address) + 2 for address, _ in recipients)
    lines = len_lines = 0
    last = b"\n"
    for chunk in entry.chunks():
        lines += chunk.count(b"\n")
        len_lines += len(chunk) - chunk.count(b"\n")
        last = chunk or last
    lines += not last.endswith(b"\n")
    name = len(full_name) + 2 if full_name else 0
    return fixed + name + len(sender) + 2 + named + len_lines + 2 * lines
