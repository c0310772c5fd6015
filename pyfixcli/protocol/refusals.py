"""Verdicts that do not belong to one verb: unknown words, line ends, chunks, limits."""

from __future__ import annotations

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.buffer import Line
from pyfixcli.protocol.command import Chunk, recipients_missing
from pyfixcli.protocol.events import Level, Note
from pyfixcli.protocol.state import Chunking, SessionState
from pyfixcli.protocol.verdict import Verdict

SHOWN_LONG = 30
SHOWN_PIPELINED = 100
END_OF_MESSAGE = "END-OF-MESSAGE"

UNKNOWN = Verdict(Reply(500, "5.5.2", "Error: command not recognized"))
BAD_SYNTAX = Verdict(Reply(500, "5.5.2", "Error: bad syntax"))
BAD_UTF8 = Verdict(Reply(500, "5.5.2", "Error: bad UTF-8 syntax"))
GOODBYE = Reply(221, "2.7.0", "Error: I can break rules, too. Goodbye.")
UNSYNCHRONIZED = Reply(554, "5.5.0", "Error: SMTP protocol synchronization")
NULL_CHUNK = Reply(551, "5.7.1", "Null BDAT request")
CHUNK_TOO_BIG = Reply(552, "5.3.4", "Chunk exceeds message size limit")
CHUNK_FAR_TOO_BIG = Reply(521, "5.3.4", "Chunk exceeds message size limit")


def judge_unknown(state: SessionState, verb: str, text: str) -> Verdict:
    """A header line or a forbidden word ends the session, any other word is an error."""
    name, colon, _ = text.partition(":")
    is_header = bool(colon) and name.isascii() and name.isprintable() and " " not in name
    if not is_header and not state.settings.is_forbidden(verb):
        return UNKNOWN
    note = Note(f"non-SMTP command from {state.client}: {text}", Level.WARNING)
    return Verdict(GOODBYE, is_last=True, notes=(note,))


def judge_bare_newline(state: SessionState, stage: str) -> Verdict:
    """smtpd_forbid_bare_newline = reject. In commands it ends the session."""
    settings = state.settings
    code = settings.forbid_bare_newline_reject_code
    dsn = "5.5.2" if code >= 500 else "4.5.2"
    reply = Reply(code, dsn, f"{settings.hostname} Error: bare <LF> received")
    what = f"{stage} from {state.client}: bare <LF> received"
    note = Note(f"reject: {what}; {state.details()}", Level.INFO, has_queue_id=True)
    return Verdict(reply, drops=True, is_last=stage != END_OF_MESSAGE, notes=(note,))


def judge_chunk(state: SessionState, chunk: Chunk, size: int) -> Verdict | None:
    """Why a chunk is thrown away; ``size`` is that of the chunks before it."""
    if state.transaction.chunking is Chunking.FAILED:
        text = f"Discarded {chunk.count} bytes after earlier error"
        return Verdict(Reply(551, "5.0.0", text))
    missing = recipients_missing(state)
    if missing is not None:
        return Verdict(missing)
    client, limit = state.client, state.settings.message_size_limit
    if not chunk.count and not chunk.is_last:
        note = Note(f"null BDAT request from {client}", Level.WARNING, True)
        return Verdict(NULL_CHUNK, notes=(note,))
    if limit and size + chunk.count > limit:
        text = f"BDAT request from {client} exceeds message size limit"
        return Verdict(CHUNK_TOO_BIG, notes=(Note(text, Level.WARNING, True),))
    return None


def note_long_line(state: SessionState, line: Line) -> Note:
    """A command that was cut."""
    shown = line.octets[:SHOWN_LONG].decode("utf-8", "replace")
    limit = state.settings.line_length_limit
    text = f"{state.client}: request longer than {limit}: {shown}..."
    return Note(text, Level.WARNING)


def note_pipelining(state: SessionState, pending: bytes) -> Note:
    """Input that came before it was asked for."""
    shown = pending.decode("utf-8", "replace").replace("\r", "\\r").replace("\n", "\\n")
    where = f"{state.last} from {state.client}"
    return Note(f"improper command pipelining after {where}: {shown}")
