"""S25: what is sent as xtext comes back as it was: ENVID, ORCPT and XFORWARD of the client and of a before-queue filter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pyfixcli.access.facts import Case, Client
from pyfixcli.daemon.services.smtpd.proxy_filter import (
    mail_command as filter_mail,
)
from pyfixcli.daemon.services.smtpd.proxy_filter import (
    rcpt_command as filter_rcpt,
)
from pyfixcli.daemon.services.smtpd.proxy_filter import (
    xforward_commands as filter_xforward,
)
from pyfixcli.delivery.smtp.commands import mail_command, rcpt_command, xforward_commands
from pyfixcli.mail.delivery import RequestRecipient
from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import Mail, Rcpt
from pyfixcli.protocol.grammar import decode_xtext
from pyfixcli.protocol.server_reply import ServerReply
from tests.support.client_run import make_request

OK = Reply(250, "2.1.0", "Ok")
OFFERS = {"DSN": "", "SIZE": "", "XFORWARD": "NAME ADDR PORT PROTO HELO IDENT SOURCE"}
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
HELLO = ServerReply(250, ("250-x", "250 XFORWARD NAME ADDR PORT PROTO HELO"), "")


def value_of(line: str, name: str) -> str | None:
    """A parameter, decoded; it stands once, in one line."""
    assert line.isprintable()
    (word,) = (w for w in line.split(" ") if w.startswith(f"{name}="))
    return decode_xtext(word.removeprefix(f"{name}=").removeprefix("rfc822;"))


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_s25_the_envelope_id(text: str) -> None:
    """ENVID of MAIL."""
    request = make_request("host", envid=text)
    line = mail_command(request, OFFERS, True, False).decode().removesuffix("\r\n")
    assert value_of(line, "ENVID") == text
    assert value_of(filter_mail(Mail("s@x.test", OK, envid=text)), "ENVID") == text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_s25_the_original_recipient(text: str) -> None:
    """ORCPT of RCPT."""
    recipient = RequestRecipient(0, "r@x.test", orcpt=f"rfc822;{text}")
    line = rcpt_command(recipient, OFFERS, True).decode().removesuffix("\r\n")
    assert value_of(line, "ORCPT") == text
    asked = Rcpt("r@x.test", OK, orcpt=f"rfc822;{text}")
    assert value_of(filter_rcpt(asked), "ORCPT") == text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_s25_the_name_of_the_client(text: str) -> None:
    """HELO of XFORWARD, which a client chooses."""
    request = make_request("host", helo=text, client_address="192.0.2.1")
    lines = [line.decode() for line, _ in xforward_commands(request, OFFERS["XFORWARD"])]
    (line,) = (line.removesuffix("\r\n") for line in lines if " HELO=" in line)
    assert value_of(line, "HELO") == text
    case = Case(Client("unknown", "192.0.2.1", "25"))
    case.helo = text
    (command,) = filter_xforward(HELLO, case)
    assert value_of(command, "HELO") == text
