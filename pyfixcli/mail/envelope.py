"""The envelope of a message: what the queue knows about it besides its content."""

from __future__ import annotations

import msgspec

from pyfixcli.mail.recipient import Recipient

# Envelope.flags
FLAG_HOLD = 1  # was asked to go to the hold queue
FLAG_EXPIRED = 2  # postsuper -e or -f: return it at the next attempt
FLAG_VERIFY_ONLY = 4  # sendmail -bv: report, do not deliver
FLAG_TRACE = 8  # sendmail -v: report deliveries to the sender
FLAG_PROBE = 16  # an address verification probe; only the daemon makes these
FLAG_SMTPUTF8 = 32  # who is not ASCII needs SMTPUTF8 on every hop (RFC 6531)
FLAG_NOTICE = 64  # made by the bounce service; a failure of it is a double bounce
FLAG_WARNED = 128  # the delay warning was sent
FLAG_LOGGED = 256  # its delivery log has entries from the start: aliases that were expanded
FLAG_UTF8_HEADER = 512  # with FLAG_SMTPUTF8: a header needs it, too


class Envelope(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Everything that is stored about a message except its content.

    Times are seconds since the epoch. ``size`` is the content size in octets as Postfix
    counts it (``size=`` in the log), ``stored`` the real number of octets of content.
    ``content_file`` names the file beneath the queue directory, empty when the content lies in the
    environment. ``recipients`` is the first piece; ``pieces`` counts further ones that
    the store keeps apart. ``client_*``, ``helo`` and ``protocol`` are as in Received: and XFORWARD.
    """

    queue_id: str
    sender: str
    recipients: tuple[Recipient, ...]
    arrival_time: float
    size: int
    stored: int = 0
    pieces: int = 0
    total_recipients: int = 0
    flags: int = 0
    content_file: str = ""
    full_name: str = ""
    uid: int = -1
    client_name: str = ""
    client_address: str = ""
    client_port: str = ""
    helo: str = ""
    protocol: str = ""
    rewrite_context: str = "local"
    encoding: str = ""  # 7bit, 8bit or empty (BODY=, sendmail -B)
    ret: str = ""  # DSN RET: FULL, HDRS or empty
    envid: str = ""  # DSN ENVID, decoded
    verp_delimiters: str = ""
    warn_time: float = 0.0  # when the delay warning is due; 0 = never
    message_id: str = ""
    content_filter: str = ""  # transport:destination for all recipients (FILTER)
    refusal: str = ""  # code and text: all recipients are returned with it (REJECT of local mail)
    redirect: str = ""  # the address that all of it goes to, for its first recipient (REDIRECT)


class Link(msgspec.Struct, frozen=True):
    """Who handed a message over, where the client of the message is another one (XFORWARD)."""

    client_name: str
    client_address: str
    helo: str
    protocol: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a message came in: what cleanup gets besides the content.

    ``service`` is who took it (pickup, smtpd, bounce). Addresses are in internal form.
    With ``extract_recipients`` they come from the header as well (sendmail -t).
    ``received_uid`` is the submitter's, or -1 for network mail. ``original_id`` is set when the message was
    requeued (``orig_id=``). ``copied``: automatic copies are made (always_bcc); ``checked``: content is looked
    at (header_checks); neither is done for mail that the mail system makes. ``prepended`` are headers that go before all others (PREPEND in
    access tables).
    """

    service: str
    sender: str
    recipients: tuple[Recipient, ...]
    arrival_time: float
    extract_recipients: bool = False
    full_name: str = ""
    received_uid: int = -1
    client_name: str = ""
    client_address: str = ""
    client_port: str = ""
    helo: str = ""
    protocol: str = ""  # SMTP, ESMTP, ...; empty for local submission
    rewrite_context: str = "local"  # or "remote"
    encoding: str = ""
    ret: str = ""
    envid: str = ""
    verp_delimiters: str = ""
    flags: int = 0
    notify: int = 0  # for recipients that come from the header
    original_id: str = ""
    add_received: bool = True
    copied: bool = True
    checked: bool = True
    prepended: tuple[str, ...] = ()
    link: Link | None = None


class Asked(msgspec.Struct, frozen=True):
    """What access tables have asked for a whole message by its end (access(5): HOLD, FILTER, REDIRECT, BCC)."""

    hold: bool = False
    content_filter: str = ""  # transport:destination
    redirect: str = ""
    blind_copies: tuple[str, ...] = ()
