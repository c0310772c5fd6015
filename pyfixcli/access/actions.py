"""What the entries of access(5) tables mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case
from pyfixcli.access.restriction import PERMIT, Outcome
from pyfixcli.mail.address import split_address
from pyfixcli.mail.dsn import split_dsn

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access

Action = Callable[["Access", Case, str], Outcome]


async def unknown_restriction(access: Access, case: Case, name: str) -> Outcome:
    """A name that is none."""
    access.refusals.warning(f'unknown smtpd restriction: "{name}"')
    return access.refusals.broken(case)


async def apply_entry(access: Access, case: Case, table: str, key: str, value: str) -> Outcome:
    """The outcome of a table entry: an action, a reply, or a list of restrictions."""
    word, _, rest = value.strip().partition(" ")
    name, text = word.upper(), rest.strip()
    if not word:
        access.refusals.warning(f'access table {table} entry "{key}" has empty value')
        return None
    if name == "OK" or value.strip().isdigit():
        access.note_permit(case, word, table)
        return PERMIT
    if name == "DUNNO":
        return None
    if _is_reply_code(word):
        return _reply(access, case, int(word), text)
    action = ACTIONS.get(name)
    if action is not None:
        return action(access, case, text)
    effect = EFFECTS.get(name)
    if effect is not None:
        return effect(access, case, text, f'access table {table} entry "{key}"')
    return await _nested(access, case, table, value)


def _is_reply_code(word: str) -> bool:
    return len(word) == 3 and word.isdigit() and word[0] in "45"


def _reply(access: Access, case: Case, code: int, text: str) -> Outcome:
    default = "4.7.1" if code < 500 else "5.7.1"
    if code in (421, 521):
        default = f"{code // 100}.7.0"
    dsn, why = split_dsn(text, default)
    return access.refusals.reject(case, code, dsn, why or "Access denied")


def _reject(access: Access, case: Case, text: str) -> Outcome:
    dsn, why = split_dsn(text, "5.7.1")
    code = access.config.access_map_reject_code
    return access.refusals.reject(case, code, dsn, why or "Access denied")


def _defer(access: Access, case: Case, text: str) -> Outcome:
    dsn, why = split_dsn(text, "4.7.1")
    code = access.config.access_map_defer_code
    return access.refusals.reject(case, code, dsn, why or "Access denied")


def _defer_if_permit(access: Access, case: Case, text: str) -> Outcome:
    dsn, why = split_dsn(text, "4.7.1")
    code = access.config.access_map_defer_code
    return access.refusals.defer(case, code, dsn, why or "Service unavailable")


def _defer_if_reject(access: Access, case: Case, text: str) -> Outcome:
    dsn, why = split_dsn(text, "4.7.1")
    access.refusals.soften(case, access.config.access_map_defer_code, dsn, why)
    return None


def _warn(access: Access, case: Case, text: str) -> Outcome:
    access.refusals.note(case, "warn", text)
    return None


def _info(access: Access, case: Case, text: str) -> Outcome:
    access.refusals.note(case, "info", text)
    return None


ACTIONS: dict[str, Action] = {
    "REJECT": _reject,
    "DEFER": _defer,
    "DEFER_IF_PERMIT": _defer_if_permit,
    "DEFER_IF_REJECT": _defer_if_reject,
    "WARN": _warn,
    "INFO": _info,
}

Effect = Callable[["Access", Case, str, str], Outcome]


def _hold(access: Access, case: Case, text: str, where: str) -> Outcome:
    _take_effect(access, case, "hold", "HOLD", text or "triggers HOLD action", text)
    return None


def _prepend(access: Access, case: Case, text: str, where: str) -> Outcome:
    name, colon, _ = text.partition(":")
    if not colon or not name or " " in name.strip():
        access.refusals.warning(f"{where} requires header: text")
        return None
    case.effects.append(("PREPEND", text))
    return None


def _discard(access: Access, case: Case, text: str, where: str) -> Outcome:
    if not any(effect == "DISCARD" for effect, _ in case.effects):
        _take_effect(access, case, "discard", "DISCARD", text or "triggers DISCARD action", text)
    return PERMIT


def _filter(access: Access, case: Case, text: str, where: str) -> Outcome:
    if not text:
        access.refusals.warning(f"{where} has FILTER entry without value")
    elif ":" not in text:
        access.refusals.warning(f"{where} requires transport:destination")
    else:
        _take_effect(access, case, "filter", "FILTER", f"triggers FILTER {text}", text)
    return None


def _redirect(access: Access, case: Case, text: str, where: str) -> Outcome:
    return _address_effect(access, case, "REDIRECT", text, where)


def _bcc(access: Access, case: Case, text: str, where: str) -> Outcome:
    return _address_effect(access, case, "BCC", text, where)


def _address_effect(access: Access, case: Case, action: str, text: str, where: str) -> Outcome:
    if split_address(text)[1] is None:
        access.refusals.warning(f"{where} requires user@domain target")
    else:
        why = f"triggers {action} {text}"
        _take_effect(access, case, action.lower(), action, why, text)
    return None


def _take_effect(access: Access, case: Case, verb: str, effect: str, why: str, value: str) -> None:
    access.refusals.note(case, verb, f"<{case.name}>: {case.subject.value} {why}")
    case.effects.append((effect, value))


EFFECTS: dict[str, Effect] = {
    "HOLD": _hold,
    "PREPEND": _prepend,
    "DISCARD": _discard,
    "FILTER": _filter,
    "REDIRECT": _redirect,
    "BCC": _bcc,
}


async def _nested(access: Access, case: Case, table: str, value: str) -> Outcome:
    """An entry that is a list of restrictions; tables are not allowed there."""
    subject = case.subject
    steps = access.parse(value, subject)
    if any(":" in step.name or ":" in step.argument for step in steps):
        warn = access.refusals.warning
        warn(f"access table {table} has entry with lookup table: {value}")
        warn("do not specify lookup tables inside SMTPD access maps")
        warn("define a restriction class and specify its name instead.")
        return access.refusals.broken(case)
    outcome = await access.run(case, steps, subject)
    case.subject = subject
    return outcome
