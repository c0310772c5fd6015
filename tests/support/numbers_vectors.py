"""Vectors of the numbers topic: delays in log lines, digits of queue ids.

Lists of names (name_mask.jsonl) are not checked: they are about a function for tables of any names, with numbers as
names, which no parameter allows.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from pyfixcli.log.maillog import format_delay
from pyfixcli.queue.queue_id import format_number
from tests.support.macros_vectors import Row, check_rows


def check_delays(path: Path) -> tuple[str, str]:
    """Seconds with so many significant digits and decimals."""
    return check_rows(path, _check_delay)


def _check_delay(row: Row) -> tuple[str, str]:
    shown = format_delay(float(row["seconds"]), row["sig_digits"], row["max_decimals"])
    return f"{row['seconds']} {row['expect']}", f"{row['seconds']} {shown}"


def check_digits(path: Path) -> tuple[str, str]:
    """Numbers at bases up to 52."""
    return check_rows(path, lambda row: (row["expect"], format_number(row["value"], row["base"])))


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType({"format_tv.jsonl": check_delays, "safe_ultostr.jsonl": check_digits})
