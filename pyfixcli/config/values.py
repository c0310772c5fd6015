"""Texts of parameters to typed values, with the reference's words for what is wrong."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1


def parse_bool(name: str, text: str) -> bool:
    """yes or no, in any case; ConfigError otherwise."""
    word = text.lower()
    if word == "yes":
        return True
    if word == "no":
        return False
    raise ConfigError(f"bad boolean configuration: {name} = {text}")


def parse_int(name: str, text: str, low: int | None, high: int | None) -> int:
    """A decimal number within its bounds; ConfigError otherwise."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits.isascii() or not digits.isdigit():
        raise ConfigError(f"bad numerical configuration: {name} = {text}")
    return check_bounds(name, int(text), low, high)


def check_bounds(name: str, value: int, low: int | None, high: int | None) -> int:
    """``value`` itself; ConfigError when it is out of bounds."""
    if value > LONG_MAX:
        raise ConfigError(f"bad numerical configuration: {name} = {value}")
    if low is not None and value < low:
        raise ConfigError(f"invalid {name} parameter value {value} < {low}")
    if high is not None and value > high:
        raise ConfigError(f"invalid {name} parameter value {value} > {high}")
    return value


def parse_time(
    name: str, text: str, default_unit: str, low: int | None = 0, high: int | None = None
) -> int:
    """Seconds from a number and a unit; the default unit stands for a missing one.

    What follows the unit is passed over, and a unit without a number is nothing, as in the reference.
    """
    sign, number = text[:1] in ("+", "-"), text.lstrip("+-")
    rest = number.lstrip("0123456789")
    digits = number[: len(number) - len(rest)]
    if not digits and sign:
        rest = text
    unit = rest[:1] or (default_unit if text else "")
    total = int(digits or "0") * UNITS.get(unit, 0)
    if unit not in UNITS or (digits and text[0] == "-") or len(text) - len(number) > 1:
        raise ConfigError(f"parameter {name}: bad time value or unit: {text}")
    if total > INT_MAX:
        raise ConfigError(f"parameter {name}: bad time value or unit: {text}")
    if low is not None and total < low:
        raise ConfigError(f"invalid {name}: {total} (min {low})")
    if high is not None and total > high:
        raise ConfigError(f"invalid {name}: {total} (max {high})")
    return total


def format_time(seconds: float, unit: str = "s") -> str:
    """Seconds as postconf prints them."""
    return f"{int(seconds) // UNITS[unit]}{unit}"
