"""Which options of postconf(1) cannot be given together, and what is said of it."""

from __future__ import annotations

from pyfixcli.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Set

MODES = frozenset("aAbFlmMpPtT")
# Of each of these only one can be given; the first that is broken is named.
ALTERNATIVES = ("denX#", "do", "eX#f", "eX#x", "eX#o", "eX#h", "eX#H", "hH", "eX#j", "hj", "Hj")
NOT_OF_LISTS = "defhHjnoxX#"
# What does not go with a mode.
EXCLUDED = {
    "M": "dnhH",
    "F": "dnX#",
    "P": "dn#",
    **dict.fromkeys("aAblmtT", NOT_OF_LISTS),
}
CLASSES = ("builtin", "service", "user")


def check_options(letters: Set[str]) -> None:
    """Raise UsageError with the reference's words for options that contradict."""
    if {"b", "t"} <= letters:
        raise UsageError("specify one of -b and -t")
    modes = letters & MODES
    if len(modes) > 1:
        raise UsageError(f"specify one of {dashed(modes)}")
    for alternatives in ALTERNATIVES if not modes & set("aAblmtT") else ALTERNATIVES[:1]:
        found = letters & set(alternatives)
        if len(found) > 1:
            raise UsageError(f"specify one of {dashed(found)}")
    for mode in modes:
        excluded = letters & set(EXCLUDED.get(mode, ""))
        if excluded:
            raise UsageError(f"with option -{mode}, do not specify {dashed(excluded)}")


def dashed(letters: Iterable[str]) -> str:
    """Options as they are listed: by letter, the small ones first, signs last."""
    ordered = sorted(letters, key=lambda letter: (letter == "#", letter.lower(), letter.isupper()))
    return " ".join(f"-{letter}" for letter in ordered)


def parse_classes(text: str) -> frozenset[str]:
    """The classes of parameters that ``-C`` names. Raises UsageError for an unknown one."""
    chosen: set[str] = set()
    for word in text.replace(",", " ").split():
        name = word.lower()
        if name == "all":
            chosen.update(CLASSES)
        elif name in CLASSES:
            chosen.add(name)
        else:
            raise UsageError(f'unknown -C option value "{word}" in "{text}"')
    return frozenset(chosen)
