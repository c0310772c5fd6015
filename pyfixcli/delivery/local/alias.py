"""System-wide aliases (aliases(5))."""

from __future__ import annotations

import os
from dataclasses import replace

import msgspec

from pyfixcli.base.errors import PyfixError
from pyfixcli.delivery.agent import deferred
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import User, find_owner
from pyfixcli.delivery.local.token import deliver_text
from pyfixcli.maps.complaints import complaints, failed_table
from pyfixcli.maps.registry import split_name
from pyfixcli.maps.table import Table, TableFailure

UNAVAILABLE = "alias database unavailable"
# where the file of a table lies that is not simply named as the table
SUFFIXES = {"lmdb": ".lmdb", "hash": ".lmdb", "btree": ".lmdb", "cdb": ".cdb"}
WITHOUT_FILE = ("inline", "static", "unix", "environ", "fail", "tcp", "socketmap")


async def deliver_alias(attempt: Attempt, target: Target) -> bool:
    """Deliver to what an alias stands for; False when there is no such alias.

    An alias in its own expansion is the user of that name.
    """
    agent = attempt.context.agent
    user, extension = target.names(attempt.config)
    for table in agent.aliases.tables:
        for name in (target.local, user) if extension else (target.local,):
            if name == target.alias:
                continue
            try:
                value = await _find(attempt, table, name)
            except TableFailure as failure:
                _complain(
                    attempt, failure, f"{failed_table(str(failure))}: lookup of '{name}' failed"
                )
                attempt.report(target, deferred("4.3.0", UNAVAILABLE))
                return True
            if value is not None:
                await _expand(attempt, target, table, name, value)
                return True
    return False


async def _find(attempt: Attempt, table: Table, name: str) -> str | None:
    waiter = attempt.context.agent.waiter
    try:
        value = table.get(name) if table.immediate else await waiter.lookup(table, name)
        if waiter.observer is not None:
            waiter.observer.note_lookup(attempt.context.agent.aliases.title, table, name, value)
        return value
    except PyfixError as error:
        raise TableFailure(f"table {table.name}: {error}") from error
    finally:
        for text in table.pop_warnings():  # some are read at the first lookup
            attempt.warn(text)


def _complain(attempt: Attempt, failure: TableFailure, lookup: str) -> None:
    lines = complaints(str(failure), "")
    for line in (*lines[:-1], lookup):
        attempt.warn(line)


# -- the expansion -----------------------------------------------------------------------


async def _expand(attempt: Attempt, target: Target, table: Table, name: str, value: str) -> None:
    user: User | None = None
    if uid := _owner_of(attempt, table):
        user = find_owner(uid)
        if user is None:
            attempt.warn(f"cannot find alias database owner for {table.name}")
            text = "cannot find alias database owner"
            attempt.report(target, deferred("4.3.0", text))
            return
    inside = replace(
        attempt.reached(target),
        kind="alias",
        alias=name,
        user=user,
        unmatched=target.lacking(name),
    )
    try:
        inside = await _with_owner(attempt, inside, name)
    except TableFailure as failure:
        lookup = f'{failed_table(str(failure))} lookup error for "owner-{name}"'
        _complain(attempt, failure, lookup)
        attempt.report(target, deferred("4.3.0", UNAVAILABLE))
        return
    attempt.note_expansion(is_list=inside.owned)
    if not await deliver_text(attempt, inside, value):
        attempt.warn(f"no recipient in alias lookup result for {name}")
        attempt.report(inside, deferred("4.3.0", UNAVAILABLE))


async def _with_owner(attempt: Attempt, target: Target, name: str) -> Target:
    """With the owner- alias of this one as envelope sender, if there is one (owner_request_special)."""
    config, agent = attempt.config, attempt.context.agent
    target = replace(target, owner="")
    if name.startswith("owner-") or not config.owner_request_special:
        return target
    owner = await agent.aliases.find(f"owner-{name}", agent.waiter)
    if owner is not None:
        sender = f"owner-{name}"
        if config.expand_owner_alias:
            sender = owner
        sender = attempt.context.rewriter.rewrite(sender, "local")
        return _owned(replace(target, sender=sender, owned=True, owner=sender))
    if config.reset_owner_alias and target.owned:
        return replace(target, sender=attempt.request.sender, owned=False)
    return target


def _owned(target: Target) -> Target:
    """Members are recipients of their own (RFC 3461 section 5.2.7.1), but NOTIFY holds for what the owner hears, too."""
    plain = msgspec.structs.replace(target.recipient, original="", orcpt="")
    return replace(target, recipient=plain)


def _owner_of(attempt: Attempt, table: Table) -> int:
    """The uid that owns a table: root's have no rights of their own."""
    path = table_path(attempt, table)
    try:
        return os.stat(path).st_uid if path else 0
    except OSError:
        return 0


def table_path(attempt: Attempt, table: Table) -> str:
    """The file that a table lies in; empty when it is in none."""
    kind, name = split_name(table.name, attempt.config)
    while kind == "proxy":
        kind, name = split_name(name, attempt.config)
    return "" if kind in WITHOUT_FILE else name + SUFFIXES.get(kind, "")
