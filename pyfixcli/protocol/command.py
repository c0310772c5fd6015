"""SMTP commands: who may say what when, and with which parameters (RFC 5321 section 4.1).

``RULES`` has one row for each verb. Its ``read`` looks at the argument and at the session's state, and
returns a question for the session (may this sender ...?) or a Verdict, when the engine
itself knows the reply. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from pyfixcli.mail.hostname import is_hostname, literal_problem
from pyfixcli.mail.reply import Reply
from pyfixcli.protocol import extensions as ext
from pyfixcli.protocol.events import (
    Claim,
    DataStart,
    Etrn,
    Forward,
    Helo,
    Level,
    Note,
    Question,
    Rcpt,
    Verify,
)
from pyfixcli.protocol.forwarding import Forwarded, parse_forwarded
from pyfixcli.protocol.grammar import (
    BadPath,
    Domains,
    parse_notify,
    parse_orcpt,
    parse_path,
    parse_size,
    split_words,
    written_address,
)
from pyfixcli.protocol.mail_parameters import MAX_SIZE, NO_DSN, MailParameters
from pyfixcli.protocol.state import Chunking, SessionState
from pyfixcli.protocol.verdict import Verdict, unsupported
from pyfixcli.protocol.xclient import parse_claimed


class Chunk(msgspec.Struct, frozen=True):
    """A well-formed BDAT command."""

    count: int
    is_last: bool


Outcome = Question | Verdict | Chunk
Reader = Callable[[SessionState, str], Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """One verb. ``is_junk`` commands count against smtpd_junk_command_limit.

    ``follows`` says whether other commands may be in the same packet after it (RFC 2920 section 3.1).
    """

    read: Reader
    is_junk: bool = False
    follows: bool = False


OK = Reply(250, "2.0.0", "Ok")
RCPT_OK = Reply(250, "2.1.5", "Ok")
DATA_OK = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
BYE = Reply(221, "2.0.0", "Bye")
NESTED_MAIL = Reply(503, "5.5.1", "Error: nested MAIL command")
MAIL_AFTER_BDAT = Reply(503, "5.5.1", "Error: MAIL after BDAT")
RCPT_AFTER_BDAT = Reply(503, "5.5.1", "Error: RCPT after BDAT")
DATA_AFTER_BDAT = Reply(503, "5.5.1", "Error: DATA after BDAT")
NEED_MAIL = Reply(503, "5.5.1", "Error: need MAIL command")
NEED_RCPT = Reply(503, "5.5.1", "Error: need RCPT command")
NO_RECIPIENTS = Reply(554, "5.5.1", "Error: no valid recipients")
NEED_HELO = Reply(503, "5.5.1", "Error: send HELO/EHLO first")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Error: too many recipients")
BAD_SENDER = Reply(501, "5.1.7", "Bad sender address syntax")
BAD_RECIPIENT = Reply(501, "5.1.3", "Bad recipient address syntax")
NEED_SMTPUTF8 = Reply(553, "5.6.7", "Must declare SMTPUTF8 to send unicode address")
BDAT_SYNTAX = Reply(521, "5.5.4", "Syntax: BDAT count [LAST]")
UNAUTHORIZED = Reply(550, "5.7.0", "Error: insufficient authorization")
LOCAL_ERROR = "Server local data error"
BDAT_OFF = Reply(521, "5.5.1", "Error: command not implemented")


def _syntax(text: str) -> Verdict:
    return Verdict(Reply(501, "5.5.4", f"Syntax: {text}"))


_SPECIALS = frozenset(' <>()\\";@')


# -- HELO, EHLO --------------------------------------------------------------------------


def read_helo(state: SessionState, argument: str) -> Outcome:
    """HELO and what it says of itself; any word will do."""
    return _read_greeting(state, argument, "HELO", state.settings.hostname)


def read_ehlo(state: SessionState, argument: str) -> Outcome:
    """EHLO; its reply names the extensions."""
    settings = state.settings
    if settings.discard_trouble and argument:
        return _refuse_offer(state)
    text = ext.ehlo_lines(settings.hostname, settings.offered, settings.message_size_limit)
    return _read_greeting(state, argument, "EHLO", text)


def _refuse_offer(state: SessionState) -> Verdict:
    """The tables that say what to offer the client have failed."""
    settings, client = state.settings, state.client
    reply = Reply(421, "4.3.0", f"{settings.hostname} {LOCAL_ERROR}")
    warnings = [Note(text, Level.WARNING) for text in settings.discard_trouble]
    notices = [Note(settings.discard_notice)] if settings.discard_notice else []
    last = (
        Note(f"don't know what EHLO features to announce to {client}", Level.WARNING),
        Note(f"reject: EHLO from {client}: {reply}", has_queue_id=True),
    )
    return Verdict(reply, notes=(*warnings, *notices, *last))


def _read_greeting(state: SessionState, argument: str, verb: str, text: str) -> Outcome:
    words = split_words(argument)
    name = words[0] if words else ""
    if not name or "\0" in argument:
        return Verdict(Reply(501, "", f"Syntax: {verb} hostname"))
    return Helo(verb, _harmless(name), Reply(250, "", text))


def _harmless(name: str) -> str:
    """A name that may stand in a header and in the log: what has a meaning there becomes ``?``."""
    if name.isprintable() and _SPECIALS.isdisjoint(name):
        return name
    return "".join("?" if c in _SPECIALS or not c.isprintable() else c for c in name)


# -- MAIL --------------------------------------------------------------------------------


def read_mail(state: SessionState, argument: str) -> Outcome:
    """MAIL FROM:<address> parameters."""
    refusal = _mail_order(state)
    if refusal is not None:
        return Verdict(refusal)
    words = _path_words(argument, "FROM:")
    if not words:
        return _syntax("MAIL FROM:<address>")
    settings = state.settings
    is_utf8 = ext.SMTPUTF8 in settings.offered and "SMTPUTF8" in map(str.upper, words[1:])
    sender = _read_path(state, words[0], settings.strict_rfc821_envelopes, is_utf8)
    if isinstance(sender, BadPath):
        return _bad_path(state, sender, BAD_SENDER, "MAIL", words[0])
    if _needs_smtputf8(state, sender, is_utf8):
        return Verdict(NEED_SMTPUTF8)
    parameters = MailParameters(state.settings)
    for word in words[1:]:
        refused = parameters.read(word)
        if refused is not None:
            return refused
    refused = parameters.check_verp(sender) or parameters.check_size(sender)
    return refused or parameters.question(sender)


def _mail_order(state: SessionState) -> Reply | None:
    """Why MAIL may not come now."""
    if state.settings.helo_required and not state.helo_name:
        return NEED_HELO
    if state.transaction.is_open:
        return NESTED_MAIL
    if state.transaction.chunking is not Chunking.NONE:
        return MAIL_AFTER_BDAT
    return None


def _path_words(argument: str, keyword: str) -> list[str]:
    """The path and the parameters after ``FROM:`` or ``TO:``; none when that is missing."""
    if argument[: len(keyword)].upper() != keyword:
        return []
    return split_words(argument[len(keyword) :])


def _read_path(state: SessionState, word: str, is_strict: bool, is_utf8: bool) -> str | BadPath:
    """An address, which may look like an option of a command only with allow_min_user."""
    settings = state.settings
    domains = Domains(is_utf8, settings.resolve_null_domain, settings.resolve_numeric_domain)
    found = parse_path(word, is_strict=is_strict, domains=domains)
    if isinstance(found, BadPath) or settings.allow_min_user:
        return found
    return BadPath() if found.startswith("-") else found


def _needs_smtputf8(state: SessionState, address: str, is_utf8: bool) -> bool:
    """Whether SMTPUTF8 is missing that this address needs (strict_smtputf8)."""
    return state.settings.strict_smtputf8 and not is_utf8 and not address.isascii()


def _bad_path(state: SessionState, bad: BadPath, reply: Reply, verb: str, word: str) -> Verdict:
    text = f"Illegal address syntax from {state.client} in {verb} command: {word}"
    return Verdict(reply, notes=(Note(text, Level.WARNING),) if bad.is_logged else ())


# -- RCPT --------------------------------------------------------------------------------


def read_rcpt(state: SessionState, argument: str) -> Outcome:
    """RCPT TO:<address> parameters."""
    transaction, settings = state.transaction, state.settings
    if not transaction.is_open:
        return Verdict(NEED_MAIL)
    if transaction.chunking is not Chunking.NONE:
        return Verdict(RCPT_AFTER_BDAT)
    words = _path_words(argument, "TO:")
    if not words:
        return _syntax("RCPT TO:<address>")
    is_utf8 = transaction.mail is not None and transaction.mail.is_smtputf8
    recipient = _read_path(state, words[0], settings.strict_rfc821_envelopes, is_utf8)
    if not recipient:
        recipient = BadPath()
    if isinstance(recipient, BadPath):
        return _bad_path(state, recipient, BAD_RECIPIENT, "RCPT", words[0])
    if _needs_smtputf8(state, recipient, is_utf8):
        return Verdict(NEED_SMTPUTF8)
    outcome = _read_dsn(state, recipient, words[1:])
    if isinstance(outcome, Rcpt) and not outcome.orcpt:
        # What the sender wrote is what notices are about (RFC 3461 section 4.2).
        written = written_address(words[0])
        if written != recipient:
            return replace(outcome, orcpt=f"rfc822;{written}")
    return outcome


def _read_dsn(state: SessionState, recipient: str, words: list[str]) -> Outcome:
    """NOTIFY and ORCPT, each at most once, and the number of recipients."""
    notify, orcpt = 0, ""
    for word in words:
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper() + equals
        if keyword not in ("NOTIFY=", "ORCPT="):
            return unsupported(word)
        if ext.DSN not in state.settings.offered:
            return Verdict(NO_DSN)
        if keyword == "NOTIFY=":
            found = parse_notify(value)
            if notify or isinstance(found, str):
                return _bad_notify(found, value)
            notify = found
        else:
            address = None if orcpt else parse_orcpt(value)
            if address is None:
                return Verdict(Reply(501, "5.5.4", "Error: Bad ORCPT parameter syntax"))
            orcpt = address
    if len(state.transaction.recipients) >= state.settings.recipient_limit:
        # Some clients ignore the first refusals; only later ones are held against them.
        is_error = state.transaction.refused >= state.settings.recipient_overshoot_limit
        return Verdict(TOO_MANY_RECIPIENTS, is_error=is_error)
    return Rcpt(recipient, RCPT_OK, notify, orcpt)


def _bad_notify(found: int | str, value: str) -> Verdict:
    notes: tuple[Note, ...] = ()
    if isinstance(found, str) and found:
        text = f'unknown DSN NOTIFY command value "{found}" in "{value}"'
        notes = (Note(text, Level.WARNING),)
    return Verdict(Reply(501, "5.5.4", "Error: Bad NOTIFY parameter syntax"), notes=notes)


# -- DATA, BDAT --------------------------------------------------------------------------


def recipients_missing(state: SessionState) -> Reply | None:
    """Why no content may come now."""
    if state.transaction.recipients:
        return None
    return NO_RECIPIENTS if state.transaction.is_open else NEED_RCPT


def read_data(state: SessionState, argument: str) -> Outcome:
    """DATA."""
    if state.transaction.chunking is not Chunking.NONE:
        return Verdict(DATA_AFTER_BDAT)
    refusal = recipients_missing(state)
    if refusal is not None:
        return Verdict(refusal)
    return _syntax("DATA") if argument else DataStart(DATA_OK)


def read_bdat(state: SessionState, argument: str) -> Outcome:
    """BDAT count [LAST]. Without a count the stream is lost, so the session ends."""
    if ext.CHUNKING not in state.settings.offered:
        return Verdict(BDAT_OFF, is_last=True)
    words = split_words(argument)
    count = parse_size(words[0]) if words else None
    is_last = len(words) == 2 and words[1].upper() == "LAST"
    if count is None or count > MAX_SIZE or len(words) != 1 + is_last:
        client = state.client
        text = f"malformed BDAT command syntax from {client}: BDAT {argument}".rstrip()
        return Verdict(BDAT_SYNTAX, is_last=True, notes=(Note(text, Level.WARNING, True),))
    return Chunk(count, is_last)


# -- the others --------------------------------------------------------------------------


def read_rset(state: SessionState, argument: str) -> Outcome:
    """RSET."""
    return _syntax("RSET") if argument else Verdict(OK, drops=True)


def read_noop(state: SessionState, argument: str) -> Outcome:
    """NOOP, with any argument."""
    return Verdict(OK)


def read_quit(state: SessionState, argument: str) -> Outcome:
    """QUIT, with any argument."""
    return Verdict(BYE, drops=True, is_last=True)


def read_vrfy(state: SessionState, argument: str) -> Outcome:
    """VRFY address [SMTPUTF8]."""
    if state.settings.disable_vrfy_command:
        return Verdict(Reply(502, "5.5.1", "VRFY command is disabled"))
    words = split_words(argument)
    if not words:
        return _syntax("VRFY address [SMTPUTF8]")
    is_utf8 = len(words) > 1 and words[-1].upper() == "SMTPUTF8"
    if is_utf8 and len(words) == 2:
        words.pop()
    found: str | BadPath = BadPath()
    if len(words) == 1:
        found = _read_path(state, words[0], False, is_utf8)
    if isinstance(found, BadPath) or found in ("", "@"):
        bad = found if isinstance(found, BadPath) else BadPath()
        return _bad_path(state, bad, BAD_RECIPIENT, "VRFY", " ".join(words))
    if _needs_smtputf8(state, found, is_utf8):
        return Verdict(NEED_SMTPUTF8)
    return Verify(found, words[0], Reply(252, "2.0.0", words[0]))


def read_etrn(state: SessionState, argument: str) -> Outcome:
    """ETRN domain (RFC 1985)."""
    if state.settings.helo_required and not state.helo_name:
        return Verdict(Reply(503, "", "Error: send HELO/EHLO first"))
    if state.transaction.is_open:
        return Verdict(Reply(503, "", "Error: MAIL transaction in progress"))
    words = split_words(argument)
    if len(words) != 1:
        return Verdict(Reply(500, "", "Syntax: ETRN domain"))
    domain = words[0][1:] if words[0][0] in "@#" else words[0]
    if not _is_etrn_domain(domain):
        return Verdict(Reply(501, "", "Error: invalid parameter syntax"))
    return Etrn(domain, Reply(250, "", "Queuing started"))


def _is_etrn_domain(domain: str) -> bool:
    if domain.startswith("["):
        return domain.endswith("]") and literal_problem(domain) is None
    return is_hostname(domain)


def judge_clear_text(state: SessionState, verb: str) -> Verdict | None:
    """Why a command may not come in the clear, where TLS is required (RFC 3207 section 4)."""
    if not state.settings.requires_tls or verb in IN_THE_CLEAR:
        return None
    return Verdict(Reply(530, "5.7.0", "Must issue a STARTTLS command first"))


def read_starttls(state: SessionState, argument: str) -> Outcome:
    """STARTTLS, without TLS."""
    if argument:
        return _syntax("STARTTLS")
    if state.settings.requires_tls:
        return Verdict(Reply(454, "4.7.0", "TLS not available due to local problem"))
    return Verdict(Reply(502, "5.5.1", "Error: command not implemented"))


def read_auth(state: SessionState, argument: str) -> Outcome:
    """AUTH, without SASL."""
    return Verdict(Reply(503, "5.5.1", "Error: authentication not enabled"))


def read_xclient(state: SessionState, argument: str) -> Outcome:
    """XCLIENT attribute=value... (smtpd_authorized_xclient_hosts)."""
    words = _attributes(state, ext.XCLIENT, argument)
    if isinstance(words, Verdict):
        return words
    found = parse_claimed(words)
    if isinstance(found, str):
        return Verdict(Reply(501, "5.5.4", found))
    return Claim(found, Reply(220, "", state.settings.banner))


def _attributes(state: SessionState, verb: str, argument: str) -> list[str] | Verdict:
    """The words of XCLIENT or XFORWARD, or why the command may not come."""
    if state.transaction.is_open:
        return Verdict(Reply(503, "5.5.1", "Error: MAIL transaction in progress"))
    words = split_words(argument)
    if not words:
        return Verdict(Reply(501, "5.5.4", f"Syntax: {verb} attribute=value..."))
    return words if verb in state.settings.offered else Verdict(UNAUTHORIZED)


def read_xforward(state: SessionState, argument: str) -> Outcome:
    """XFORWARD attribute=value... (smtpd_authorized_xforward_hosts)."""
    words = _attributes(state, ext.XFORWARD, argument)
    if isinstance(words, Verdict):
        return words
    found = parse_forwarded(words, state.forwarded or Forwarded())
    if isinstance(found, str):
        return Verdict(Reply(501, "5.5.4", found))
    return Forward(found, OK)


IN_THE_CLEAR = frozenset(("HELO", "EHLO", "NOOP", "STARTTLS", "QUIT"))

RULES: MappingProxyType[str, Rule] = MappingProxyType(
    {
        "HELO": Rule(read_helo),
        "EHLO": Rule(read_ehlo),
        "MAIL": Rule(read_mail, follows=True),
        "RCPT": Rule(read_rcpt, follows=True),
        "DATA": Rule(read_data),
        "BDAT": Rule(read_bdat, follows=True),
        "RSET": Rule(read_rset, is_junk=True, follows=True),
        "NOOP": Rule(read_noop, is_junk=True),
        "VRFY": Rule(read_vrfy, is_junk=True),
        "ETRN": Rule(read_etrn, is_junk=True),
        "QUIT": Rule(read_quit, follows=True),
        "STARTTLS": Rule(read_starttls),
        "AUTH": Rule(read_auth),
        "XCLIENT": Rule(read_xclient),
        "XFORWARD": Rule(read_xforward),
    }
)
