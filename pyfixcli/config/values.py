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


def parse_time(name: str, text: str, default_unit: str, low: int | None = 0) -> int:
    """Seconds from numbers with units (``1d12h``); the default unit stands for a missing one."""
    total = 0
    digits = ""
    rest = text
    if not text:
        raise ConfigError(f"parameter {name}: bad time value or unit: {text}")
    for character in rest:
        if character.isascii() and character.isdigit():
            digits += character
        elif character in UNITS:
            total += int(digits or "0") * UNITS[character]
            digits = ""
        else:
            raise ConfigError(f"parameter {name}: bad time value or unit: {text}")
    if digits:
        total += int(digits) * UNITS[default_unit]
    if total > INT_MAX:
        raise ConfigError(f"parameter {name}: bad time value or unit: {text}")
    return check_bounds(name, total, low, None)


def format_time(seconds: float, unit: str = "s") -> str:
    """Seconds as postconf prints them."""
    return f"{int(seconds) // UNITS[unit]}{unit}"
