"""Searching an access table on behalf of a restriction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyfixcli.access.actions import apply_entry
from pyfixcli.access.facts import Case
from pyfixcli.access.restriction import Outcome
from pyfixcli.access.tables import Key
from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.table import TableFailure

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def search(access: Access, case: Case, table: str, keys: Iterator[Key], what: str) -> Outcome:
    """The outcome of the first entry; a table that fails is a configuration error to the client."""
    if ":" not in table:
        access.refusals.warning(
            f'restriction {what}: bad argument "{table or what}": need maptype:mapname'
        )
        return access.refusals.broken(case)
    try:
        found = await access.tables.find(table, keys)
    except TableFailure as error:
        for line in str(error).split("\n"):
            access.refusals.warning(line)
        return access.refusals.broken_table(case)
    except ConfigError as error:
        access.refusals.warning(f"{table} is unavailable. {error}")
        return access.refusals.broken_table(case)
    if found is None:
        return None
    return await apply_entry(access, case, table, *found)
