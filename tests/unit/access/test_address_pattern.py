"""Patterns of addresses; what is wrong with one is said in the words of the reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.access.address_pattern import AddressPattern, BadPattern


@pytest.mark.parametrize(
    ("pattern", "is_matched"),
    [
        ("127.0.0.2", True),
        ("127.0.0.02", True),
        ("127.0.0.3", False),
        ("127.0.0.[1..9]", True),
        ("127.0.0.[0..255]", True),
        ("127.0.0.[1;3..9;20]", False),
        ("127.0.0.[5..5;2]", True),
        ("[127].[0].[0].[02..003]", True),
        ("[127.0.0.[1..3]]", True),
        ("[127.0.0.2]", True),
        ("[[1;2].0.0.2]", False),
    ],
)
def test_patterns(pattern: str, is_matched: bool) -> None:
    """Numbers, lists and ranges; brackets around it all."""
    assert AddressPattern(pattern).matches("127.0.0.2") == is_matched


NUMBER = "need decimal number 0..255"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "empty address pattern"),
        ("[]", "empty address pattern"),
        ("[[1;2].3.4.5", 'missing "]" character'),
        ("[[]]", f'{NUMBER} at "[>]<"'),
        ("127.0.0.", f'{NUMBER} or "[" at "127.0.0.><"'),
        ("127.0.0.-1", f'{NUMBER} or "[" at "127.0.0.>-<1"'),
        ("127.0.0.999999999999", f'{NUMBER} or "[" at "127.0.0.>999999999999<"'),
        ("127.0.0", 'need "." at "127.0.0><"'),
        ("127.0.0.1.2", 'garbage after pattern at "127.0.0.1>.<2"'),
        ("127.0.0.[2]]", 'garbage after pattern at "127.0.0.[2]>]<"'),
        ("127.0.0.[2", 'need ";" or "]" at "127.0.0.[2><"'),
        ("127.0.0.[1..3..4]", 'need ";" or "]" at "127.0.0.[1..3>.<.4]"'),
        ("127.0.0.[1;]", f'{NUMBER} at "127.0.0.[1;>]<"'),
        ("127.0.0.[1..256]", 'numeric range error at "127.0.0.[1..>256<]"'),
        ("127.0.0.[3..1]", 'numeric range error at "127.0.0.[3..>1<]"'),
        ("127.0.0.[1...9]", 'numeric range error at "127.0.0.[1..>.<9]"'),
        ("[127.0.0.2]x", 'numeric range error at "[127.>0<.0.2]x"'),
        ("::1", f'{NUMBER} or "[" at ">:<:1"'),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str) -> None:
    """With the place where it goes wrong."""
    with pytest.raises(BadPattern) as failed:
        AddressPattern(pattern)
    assert str(failed.value) == why


@given(st.text(alphabet="[]0129.;-é٣"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """With nothing but BadPattern."""
    try:
        pattern = AddressPattern(text)
    except BadPattern as failed:
        assert str(failed)
    else:
        assert pattern.text in text
