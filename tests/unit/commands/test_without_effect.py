"""Parameters that postfix check says have no effect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pyfixcli
from pyfixcli.commands._check import EXCEPTIONS, WITHOUT_EFFECT, is_without_effect
from pyfixcli.config.params import PARAMETERS

PACKAGE = Path(pyfixcli.__file__).parent


@pytest.mark.parametrize("name", [*WITHOUT_EFFECT, *EXCEPTIONS])
def test_the_names_are_those_of_parameters(name: str) -> None:
    """A wrong one would never be found."""
    assert name in PARAMETERS


def test_nothing_reads_what_is_said_to_have_no_effect() -> None:
    """Whoever makes a parameter work takes it off the list."""
    read = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name not in ("params.py", "typed.py", "_check.py"):
            read |= set(re.findall(r"config\.([a-z0-9_A-Z]+)", path.read_text()))
    assert [name for name in PARAMETERS if is_without_effect(name) and name in read] == []


def test_what_protects_is_named() -> None:
    """An administrator who asks for it should know that it is not there."""
    for name in (
        "smtpd_sasl_auth_enable",
        "smtpd_tls_cert_file",
    ):
        assert is_without_effect(name)
    assert not is_without_effect("smtpd_tls_security_level")
