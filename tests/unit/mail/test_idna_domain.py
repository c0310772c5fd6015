"""Domains that are not ASCII: one form for all ways to write a name. Expected values were read off the reference."""

from __future__ import annotations

import time

import pytest

from pyfixcli.mail.idna_domain import LONGEST, ascii_domain


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("δη_.test", "xn--_-4lbj.test"),
        ("☃.test", "xn--n3h.test"),
        ("ß.test", "xn--zca.test"),
        ("nowhere。test", "nowhere.test"),
        ("plain.test", "plain.test"),
        ("a\u0301.test", "xn--1ca.test"),
    ],
)
def test_the_form_of_dns(domain: str, expected: str) -> None:
    """Letters, dots and composed characters."""
    assert ascii_domain(domain) == expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("straße.test", "strasse.test"),
        ("STRAẞE.test", "strasse.test"),
        ("βόλος.test", "xn--nxasmq6b.test"),
        ("ΣΑΣ.test", "xn--mxa9ab.test"),
        ("a\u200db.test", "ab.test"),
        ("a\u200cb.test", "ab.test"),
        ("xn--strae-oqa.test", "xn--strae-oqa.test"),
    ],
)
def test_the_form_of_idna2003(domain: str, expected: str) -> None:
    """enable_idna2003_compatibility; what is an A-label already stays."""
    assert ascii_domain(domain, is_transitional=True) == expected


def test_the_form_of_idna2008() -> None:
    """The same names by default."""
    assert ascii_domain("straße.test") == "xn--strae-oqa.test"
    assert ascii_domain("βόλος.test") == "xn--nxasmm1c.test"


@pytest.mark.parametrize("domain", ["δη-.test", "-δ.test", "\u200b.test", "xn--a.test", "δ" * 300])
def test_names_that_dns_cannot_have(domain: str) -> None:
    """Hyphens at the ends, nothing at all, an A-label that stands for nothing, a long label."""
    assert ascii_domain(domain) is None


def test_s27_one_form_for_all_ways_to_write_a_name() -> None:
    """Capitals, full-width dots and the A-label itself."""
    names = ("δημοσ.test", "ΔΗΜΟΣ.test", "δημοσ．test", "xn--pxagpmu.test", "XN--PXAGPMU.test")
    assert {ascii_domain(name) for name in names} == {"xn--pxagpmu.test"}


def test_s27_long_names_take_no_time() -> None:
    """Ten thousand letters, in one label or in many."""
    started = time.process_time()
    assert ascii_domain("δ" * 10_000) is None
    assert ascii_domain("δ." * 5_000) is None
    assert ascii_domain("δ" * LONGEST) is None
    assert time.process_time() - started < 1
