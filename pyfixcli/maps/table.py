"""What every lookup table is (DATABASE_README)."""

from __future__ import annotations


class TableFailure(Exception):
    """The table cannot answer now; never to be taken for ``not found``.

    ``reason`` is what postmap adds to ``query error``.
    """

    def __init__(self, text: str, reason: str = "Application error") -> None:
        super().__init__(text)
        self.reason = reason


class Table:
    """A lookup table, opened by ``type:name``.

    ``immediate`` tables are called in line; every other one may block and is
    asked through a Waiter. ``fixed_keys`` is false for patterns, which get no partial keys
    and see the key as it is.
    """

    immediate = True
    fixed_keys = True
    connected = False  # whether it keeps connections to a server
    has_news = False  # whether an immediate table got warnings during a lookup

    def __init__(self, name: str) -> None:
        self.name = name
        self.warnings: list[str] = []  # what is wrong with the source

    def get(self, key: str) -> str | None:
        """The value of a key, or None; TableFailure when the table cannot answer."""
        raise TableFailure(f"table {self.name}: no lookup")

    def state(self) -> object:
        """What the answers depend on: as long as it is equal they are the same. None: that cannot be told."""
        return None

    def line_of(self, key: str) -> int:
        """The line of the rule that answers a key, for tables that are rules in a file; else 0."""
        return 0

    def prepare(self) -> None:
        """Open what lookups need, where the first of them would do it; TableFailure when it cannot be opened."""

    def refuse_substitution(self) -> None:
        """Never take parts of the key over into a value (``$1`` of patterns): such rules are skipped.

        For tables whose values name files, commands or rights: whoever chooses the key would choose these.
        """

    def refuse_daemon(self) -> None:
        """Take no value from another process: who acts on it has more rights than that one (local(8), virtual(8))."""

    def take_warnings(self) -> list[str]:
        """What should be logged though lookups did not fail for it, once."""
        return []

    def pop_warnings(self) -> list[str]:
        """All that should be logged about the table and its source, once."""
        self.has_news = False
        texts, self.warnings = self.warnings, []
        return texts + self.take_warnings()

    def close(self) -> None:
        """Release what the table holds."""
