"""import_environment and export_environment (postconf(5))."""

from __future__ import annotations

import pytest

from pyfixcli.base.environment import selected_environment


def test_only_named_variables_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are here, or with the value that is given."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LANG", "de_DE")
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.delenv("ABSENT", raising=False)
    names = "TZ ABSENT, LANG=C { A = two words } B="
    assert selected_environment(names) == {"TZ": "UTC", "LANG": "C", "A": "two words", "B": ""}
