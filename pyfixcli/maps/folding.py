"""Case folding of keys (postconf(5): smtputf8_enable)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.snapshot import Config

_ASCII = {upper: upper + 32 for upper in range(65, 91)}


def fold_key(key: str) -> str:
    """Lower case, for ASCII and for what is valid UTF-8."""
    return key.lower() if key.isascii() else _fold_wide(key)


def _fold_wide(key: str) -> str:
    """What is not UTF-8 keeps its other letters."""
    from pyfixcli.maps.utf8 import is_utf8  # few keys need it

    return key.casefold() if is_utf8(key) else fold_ascii(key)


def fold_ascii(key: str) -> str:
    """Lower case for ASCII only, as without smtputf8_enable."""
    return key.translate(_ASCII)


def keep_key(key: str) -> str:
    """The key as it is."""
    return key


def key_folding(config: Config, fold: bool) -> Callable[[str], str]:
    """How a table with fixed keys changes a key before it looks for it."""
    if not fold:
        return keep_key
    return fold_key if config.smtputf8_enable else fold_ascii
