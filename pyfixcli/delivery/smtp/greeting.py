"""The start of a session: greeting, EHLO, HELO or LHLO, and what the server then offers (RFC 5321 section 3.2).

A greeting of nothing but 2, 0, blanks and asterisks comes from a firewall that changes SMTP; smtp_pix_workarounds say
what is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyfixcli.delivery.agent import bounced, deferred
from pyfixcli.delivery.smtp.answer import Answered, SessionFailure, unwelcome
from pyfixcli.delivery.smtp.conversation import Conversation
from pyfixcli.delivery.smtp.nexthop import SMTP_PORT
from pyfixcli.mail.delivery import DeliveryRequest
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure
from pyfixcli.protocol.server_reply import ServerReply

GREETING = "receiving the initial server greeting"
# What smtp_discard_ehlo_keywords may name, in the order in which the log lists them.
KEYWORDS = (
    "8BITMIME",
    "AUTH",
    "ETRN",
    "PIPELINING",
    "SIZE",
    "VERP",
    "VRFY",
    "XCLIENT",
    "XFORWARD",
    "STARTTLS",
    "ENHANCEDSTATUSCODES",
    "DSN",
    "SMTPUTF8",
    "CHUNKING",
)
DISABLE_ESMTP = "disable_esmtp"
DELAY_DOTCRLF = "delay_dotcrlf"
WORKAROUNDS = (DISABLE_ESMTP, DELAY_DOTCRLF)


@dataclass(slots=True)
class Welcome:
    """``offers`` are EHLO keywords in capitals with their parameters, ``workarounds`` those in force."""

    offers: dict[str, str] = field(default_factory=dict)
    workarounds: tuple[str, ...] = ()


async def greet(conversation: Conversation, request: DeliveryRequest) -> Welcome:
    """Take the greeting and introduce ourselves; SessionFailure when the server does not want us."""
    settings = conversation.settings
    reply = await conversation.reply(GREETING, settings.helo_timeout)
    if reply.kind != 2:
        conversation.blame(reply)
        answered = unwelcome(conversation.endpoint, reply, settings.skip_5xx_greeting)
        raise _refusal(conversation, answered)
    _look_for_self(conversation, reply)
    welcome = Welcome()
    if not reply.text[3:].strip("20 *\t"):
        welcome.workarounds = await _workarounds(conversation, request)
    if settings.is_lmtp:
        await _say_lhlo(conversation, request, welcome)
    else:
        await _say_ehlo_or_helo(conversation, request, welcome, "ESMTP" in reply.text.upper())
    return welcome


def _refusal(conversation: Conversation, answered: Answered) -> SessionFailure:
    conversation.quit()
    return SessionFailure(answered)


def _look_for_self(conversation: Conversation, greeting: ServerReply) -> None:
    myhostname = conversation.client.context.config.myhostname
    if _is_self(conversation, greeting.lines[-1][4:]):
        where = f"host {conversation.endpoint.relay}"
        conversation.warn(f"{where} greeted me with my own hostname {myhostname}")


def _is_self(conversation: Conversation, text: str) -> bool:
    """Whether a server names itself as we do.

    On another port than that of SMTP it is a service that mail is meant to go through, such as one behind a content filter.
    """
    words = text.split(None, 1)
    if conversation.settings.is_lmtp or conversation.endpoint.port != SMTP_PORT or not words:
        return False
    return words[0].lower() == conversation.client.context.config.myhostname.lower()


async def _say_lhlo(conversation: Conversation, request: DeliveryRequest, welcome: Welcome) -> None:
    reply = await _hello(conversation, "LHLO")
    if reply.kind != 2:
        conversation.blame(reply)
        raise _refusal(conversation, unwelcome(conversation.endpoint, reply, False))
    await _take_offers(conversation, request, reply, welcome)


async def _say_ehlo_or_helo(
    conversation: Conversation, request: DeliveryRequest, welcome: Welcome, says_esmtp: bool
) -> None:
    settings = conversation.settings
    wants = not settings.never_send_ehlo and (settings.always_send_ehlo or says_esmtp)
    if wants and DISABLE_ESMTP not in welcome.workarounds:
        reply = await _hello(conversation, "EHLO")
        if reply.kind == 2:
            await _take_offers(conversation, request, reply, welcome)
            return
        if reply.code == 421:
            raise _refusal(conversation, unwelcome(conversation.endpoint, reply, False))
    reply = await _hello(conversation, "HELO")
    if reply.kind != 2:
        conversation.blame(reply)
        raise _refusal(conversation, unwelcome(conversation.endpoint, reply, False))


async def _hello(conversation: Conversation, verb: str) -> ServerReply:
    settings = conversation.settings
    command = f"{verb} {settings.helo_name}\r\n".encode("utf-8", "surrogateescape")
    return await conversation.ask(
        command, f"performing the {verb} handshake", settings.helo_timeout
    )


async def _take_offers(
    conversation: Conversation, request: DeliveryRequest, reply: ServerReply, welcome: Welcome
) -> None:
    conversation.is_esmtp = True
    first, *lines = (line[4:] for line in reply.lines)
    myhostname = conversation.client.context.config.myhostname
    if _is_self(conversation, first):
        where = f"host {conversation.endpoint.relay}"
        conversation.warn(f"{where} replied to HELO/EHLO with my own hostname {myhostname}")
        outcome = bounced("5.4.6", f"mail for {request.nexthop} loops back to myself")
        raise _refusal(conversation, Answered(outcome))
    offers = dict(map(_offer, lines))
    for keyword in await _discarded(conversation):
        offers.pop(keyword, None)
    size = offers.get("SIZE", "")
    if size and not size.isdecimal():
        conversation.warn(f'bad EHLO SIZE limit "{size}" from {conversation.endpoint.relay}')
    conversation.pipelines = "PIPELINING" in offers
    welcome.offers = offers


def _offer(line: str) -> tuple[str, str]:
    words = line.split(None, 1)
    return (words[0].upper() if words else "", words[1].strip() if len(words) > 1 else "")


async def _discarded(conversation: Conversation) -> tuple[str, ...]:
    """Keywords to be passed over: those for the server's address, else those for all."""
    settings, client = conversation.settings, conversation.client
    text = settings.discard_ehlo_keywords
    if client.tables.discard_keywords:
        found = await _find(conversation, client.tables.discard_keywords)
        text = text if found is None else found
    words = {word.upper() for word in text.replace(",", " ").split()}
    keywords = tuple(keyword for keyword in KEYWORDS if keyword in words)
    if keywords and "SILENT-DISCARD" not in words:
        conversation.info(f"discarding EHLO keywords: {' '.join(keywords)}")
    return keywords


async def _find(conversation: Conversation, maps: MapList) -> str | None:
    """What a table says about the server's address."""
    try:
        return await maps.find(conversation.endpoint.address, conversation.client.context.waiter)
    except TableFailure as error:
        conversation.warn(str(error))
        text = f"local data error while talking to {conversation.endpoint}"
        raise _refusal(conversation, Answered(deferred("4.3.0", text))) from None


async def _workarounds(conversation: Conversation, request: DeliveryRequest) -> tuple[str, ...]:
    """What is done about a firewall in the way; the delay before the final dot only for older mail."""
    settings, client = conversation.settings, conversation.client
    text = settings.pix_workarounds
    if client.tables.pix_workarounds:
        found = await _find(conversation, client.tables.pix_workarounds)
        text = text if found is None else found
    words = text.replace(",", " ").lower().split()
    wanted = tuple(word for word in WORKAROUNDS if word in words)
    if not wanted:
        return ()
    age = client.context.clock.now() - request.arrival_time
    if age < settings.pix_workaround_threshold_time:
        wanted = tuple(word for word in wanted if word != DELAY_DOTCRLF)
    shown = f"{' '.join(wanted)} for {conversation.endpoint.relay}"
    conversation.info(f"{conversation.queue_id}: enabling PIX workarounds: {shown}")
    return wanted
