"""Reading content: after DATA, in a BDAT chunk, or to throw it away.

Each reader says whether it got on; it did not when there is no input.
"""

from __future__ import annotations

from msgspec.structs import replace

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol import refusals
from pyfixcli.protocol.command import OK, Chunk
from pyfixcli.protocol.dialogue import Dialogue
from pyfixcli.protocol.events import DataChunk, DataEnd, DataStart
from pyfixcli.protocol.refusals import END_OF_MESSAGE
from pyfixcli.protocol.state import Chunking, Phase
from pyfixcli.protocol.verdict import Verdict

MAX_DRAIN = 64 * 1024 * 1024  # octets of a refused chunk that are read; more ends the session


def read_dots(dialogue: Dialogue) -> bool:
    """Content after DATA; its end is looked at only when the session has seen the content."""
    content = dialogue.content
    if content.is_complete:
        dialogue.phase = Phase.COMMAND
        _end_message(dialogue)
        return True
    if not dialogue.input.has_input:
        return False
    data = content.read_dots(dialogue.input)
    if data and content.refusal is None:
        dialogue.events.append(DataChunk(data))
    return True


def _end_message(dialogue: Dialogue) -> None:
    content = dialogue.content
    dialogue.state.last = END_OF_MESSAGE
    if content.refusal is not None:
        dialogue.judge("", replace(content.refusal, drops=True))
    elif content.has_bare_newline and dialogue.refuses_bare_newline():
        dialogue.judge("", refusals.judge_bare_newline(dialogue.state, END_OF_MESSAGE))
    else:
        dialogue.events.append(DataEnd(OK, content.size, content.is_chunked))


def start_chunk(dialogue: Dialogue, chunk: Chunk) -> None:
    """A BDAT command was understood: its octets follow."""
    content = dialogue.content
    content.begin_chunk(chunk)
    refusal = refusals.judge_chunk(dialogue.state, chunk, content.size)
    if refusal is not None:
        drain(dialogue, refusal)
    elif not content.is_chunked:
        dialogue.events.append(DataStart(Reply(354, "", ""), is_chunked=True))
    else:
        dialogue.phase = Phase.CHUNK


def drain(dialogue: Dialogue, refusal: Verdict) -> None:
    """Read a refused chunk before the refusal is sent, unless it is absurdly long."""
    if dialogue.content.remaining > MAX_DRAIN:
        dialogue.judge("", replace(refusal, reply=refusals.CHUNK_FAR_TOO_BIG, is_last=True))
        return
    dialogue.content.refusal = refusal
    dialogue.phase = Phase.DRAIN
    read_drain(dialogue)


def read_drain(dialogue: Dialogue) -> bool:
    """Octets of a chunk that is refused."""
    had_input = dialogue.input.has_input
    if dialogue.content.drain(dialogue.input):
        _refuse_chunk(dialogue)
    return had_input


def _refuse_chunk(dialogue: Dialogue) -> None:
    """After the last chunk all is forgotten, before it the failure sticks."""
    verdict, dialogue.content.refusal = dialogue.content.refusal, None
    assert verdict is not None
    dialogue.phase = Phase.COMMAND
    if dialogue.content.chunk.is_last:
        verdict = replace(verdict, drops=True)
    else:
        failed = replace(dialogue.state.transaction, chunking=Chunking.FAILED)
        dialogue.state.transaction = failed
    dialogue.judge("", verdict)


def read_chunk(dialogue: Dialogue) -> bool:
    """A piece of a chunk; its end is looked at only when the session has seen the piece."""
    content = dialogue.content
    if content.remaining and not dialogue.input.has_input:
        return False
    data, is_end = content.read_chunk(dialogue.input)
    if is_end:
        _finish_chunk(dialogue)
    elif data and content.refusal is None:
        dialogue.events.append(DataChunk(data))
    return True


def _finish_chunk(dialogue: Dialogue) -> None:
    dialogue.phase = Phase.COMMAND
    chunk = dialogue.content.chunk
    if chunk.is_last:
        _end_message(dialogue)
    elif dialogue.content.refusal is not None:
        _refuse_chunk(dialogue)
    else:
        dialogue.judge("", Verdict(Reply(250, "2.0.0", f"Ok: {chunk.count} bytes")))
