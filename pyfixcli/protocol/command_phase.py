"""Reading one command line, and what becomes of it before it is a question for the session."""

from __future__ import annotations

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol import refusals
from pyfixcli.protocol.command import OK, RULES, Chunk, Rule, judge_clear_text
from pyfixcli.protocol.content_phase import start_chunk
from pyfixcli.protocol.dialogue import Dialogue
from pyfixcli.protocol.events import CommandLine, Unknown
from pyfixcli.protocol.grammar import decode_line, split_verb
from pyfixcli.protocol.state import Phase
from pyfixcli.protocol.verdict import Verdict


def read_command(dialogue: Dialogue) -> bool:
    """Take a line if there is one; whether there was."""
    state = dialogue.state
    if state.errors >= dialogue.settings.hard_error_limit:
        reply = Reply(421, "4.7.0", f"{dialogue.settings.hostname} Error: too many errors")
        dialogue.end(reply, f"too many errors after {state.last}")
        return True
    line = dialogue.input.take_line()
    if line is None:
        return False
    if dialogue.transcript is not None:
        dialogue.transcript.hear(line.octets or b"\r\n")
    if line.is_long:
        dialogue.log(refusals.note_long_line(state, line))
    if not line.has_cr and dialogue.refuses_bare_newline():
        dialogue.judge("", refusals.judge_bare_newline(state, state.last))
        return True
    text = decode_line(line.octets, is_utf8=dialogue.settings.smtputf8_enable)
    if text is None:
        dialogue.judge("", refusals.BAD_UTF8)
        return True
    if dialogue.settings.filters_commands:
        dialogue.phase = Phase.FILTER
        dialogue.events.append(CommandLine(text))
    else:
        execute(dialogue, text)
    return True


def execute(dialogue: Dialogue, text: str) -> None:
    """Do what a command line says."""
    verb, argument = split_verb(text)
    if verb:
        _execute(dialogue, verb, argument, text)
    else:
        dialogue.judge("", refusals.BAD_SYNTAX)


def _execute(dialogue: Dialogue, verb: str, argument: str, text: str) -> None:
    state, name = dialogue.state, verb.upper()
    if state.is_refused and name != "QUIT":
        reply = Reply(503, "5.7.0", f"Error: access denied for {dialogue.state.client}")
        dialogue.judge(name.lower() if name in RULES else "unknown", Verdict(reply))
        return
    if name in dialogue.settings.noop_commands:
        dialogue.count_junk()
        dialogue.judge("", Verdict(OK))
        return
    rule = RULES.get(name)
    if rule is None:
        verdict = refusals.judge_unknown(state, verb, text)
        if dialogue.settings.asks_unknown and not verdict.is_last:
            dialogue.events.append(Unknown(verb, verdict.reply))
        else:
            dialogue.judge("unknown", verdict)
        return
    refusal = judge_clear_text(state, name)
    if refusal is None:
        state.last = name
    state.counts.begin(name.lower())
    dialogue.command = name.lower()
    if _is_unauthorized_pipelining(dialogue, rule):
        return
    if rule.is_junk:
        dialogue.count_junk()
    outcome = refusal or rule.read(state, argument)
    if isinstance(outcome, Verdict):
        dialogue.judge("", outcome)
    elif isinstance(outcome, Chunk):
        start_chunk(dialogue, outcome)
    else:
        dialogue.events.append(outcome)


def _is_unauthorized_pipelining(dialogue: Dialogue, rule: Rule) -> bool:
    """Log input that came too early; whether it ends the session (RFC 2920 section 3.1)."""
    may_follow = rule.follows and (
        dialogue.state.last == "QUIT"
        or (dialogue.state.is_esmtp and "PIPELINING" in dialogue.settings.offered)
    )
    may_follow = may_follow or not dialogue.settings.expects_waiting
    if may_follow or not dialogue.input.has_input or _is_bdat_content(dialogue):
        return False
    dialogue.note_pipelining()
    if not dialogue.settings.forbid_unauth_pipelining:
        return False
    dialogue.judge("", Verdict(refusals.UNSYNCHRONIZED, is_last=True))
    return True


def _is_bdat_content(dialogue: Dialogue) -> bool:
    """A chunk of a client that said EHLO may follow its command at once (RFC 3030)."""
    return dialogue.state.last == "BDAT" and dialogue.state.is_esmtp
