"""postconf -e, -X and -#, with -M, -F and -P: changing main.cf and master.cf."""

from __future__ import annotations

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set

EDITS = ("e", "X", "#")
KINDS = ("M", "F", "P")
IMPOSSIBLE = {("F", "X"), ("F", "#"), ("P", "#")}


def run(
    letters: Set[str], operands: Sequence[str], directory: str, warn: Callable[[str], None]
) -> int:
    """Edit main.cf, or with -M, -F or -P master.cf, in a configuration directory.

    ``letters`` are the options given. Raises PyfixError with Postfix's words; no file is changed then.
    """
    from pyfixcli.config.edit import COMMENT, REMOVE, SET, edit_main

    edit = _edit_option(letters, operands)
    action = {"e": SET, "X": REMOVE, "#": COMMENT}[edit]
    kind = next((letter for letter in KINDS if letter in letters), None)
    if kind is None:
        edit_main(directory, action, operands, warn)
        return EX_OK
    if (kind, edit) in IMPOSSIBLE:
        raise PyfixError(f"with option -{kind}, do not specify -{edit}")
    from pyfixcli.config.master_edit import edit_master

    edit_master(directory, kind, action, operands, warn)
    return EX_OK


def _edit_option(letters: Set[str], operands: Sequence[str]) -> str:
    """Which of the editing options it is; one is meant when the first operand has a value."""
    given = set(letters)
    if operands and "=" in operands[0]:
        given.add("e")
    found = [letter for letter in EDITS if letter in given]
    if len(found) > 1:
        raise PyfixError(f"specify one of -{found[0]} -{found[1]}")
    if not operands:
        raise PyfixError(
            "-e requires name=value argument" if found == ["e"] else "missing service argument"
        )
    return found[0]
