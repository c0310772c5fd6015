"""The parameter table: single rows, and the whole of it."""

from __future__ import annotations

import pytest

from pyfixcli.config.parameter_table import ParameterTable
from pyfixcli.config.params import PARAMETERS

TEXT = """
a_limit | 0 | 10 | 5 | int
limit |  |  |  | str
limit_delay | 1 |  | ${a | b} | times
"""
ROWS = {
    "a_limit": ("int", "5", 0, 10),
    "limit": ("str", "", None, None),
    "limit_delay": ("times", "${a | b}", 1, None),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_found_by_its_whole_name(name: str) -> None:
    """Not by the end or the beginning of one."""
    assert ParameterTable(TEXT).get(name) == ROWS[name]


@pytest.mark.parametrize("name", ["", "imit", "limit_", "int", "a_limit | 0", "\n"])
def test_other_texts_have_no_row(name: str) -> None:
    """Neither before the whole was read nor afterwards."""
    table = ParameterTable(TEXT)
    assert (table.get(name), table.get(name)) == (None, None)
    assert name not in table


def test_the_whole_is_a_mapping_in_order() -> None:
    """For whoever lists parameters."""
    table = ParameterTable(TEXT)
    assert list(table.items()) == list(ROWS.items())
    assert (list(table), len(table), table["limit"]) == (list(ROWS), 3, ROWS["limit"])
    with pytest.raises(KeyError):
        table["limi"]


def test_single_rows_are_those_of_the_whole() -> None:
    """Of the table that is in use."""
    for name, row in PARAMETERS.items():
        assert ParameterTable(PARAMETERS._text).get(name) == row
    assert list(PARAMETERS) == sorted(PARAMETERS)


def test_rows_are_the_same_after_the_whole_was_read() -> None:
    """As the daemon has it."""
    table = ParameterTable(TEXT)
    assert table.read_all() == ROWS
    assert [table.get(name) for name in ROWS] == list(ROWS.values())
