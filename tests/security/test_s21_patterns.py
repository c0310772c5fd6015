"""S21: patterns do not take long on the texts of strangers, and cannot be broken by them."""

from __future__ import annotations

import time

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


def test_s21_a_pattern_without_end_stops_at_the_limit() -> None:
    """The rule does not match, with a warning; later rules are asked."""
    table = open_table("pcre:{{/^(a+)+$/ slow}, {/b$/ next}}", CONFIG)
    begin = time.monotonic()
    assert table.get("a" * 40 + "b") == "next"
    assert time.monotonic() - begin < 5
    place = "pcre map {{/^(a+)+$/ slow}, {/b$/ next}}, line 1"
    assert table.take_warnings() == [f"{place}: match limit exceeded"]


@pytest.mark.parametrize("kind", ["pcre", "regexp"])
@pytest.mark.parametrize("key", ["\udcff\udcfe", "a\0b", "x" * 102_400, "é" * 10_000, "\n\r\t", ""])
def test_s21_any_text_can_be_matched(kind: str, key: str) -> None:
    """Also what is not UTF-8."""
    table = open_table(f"{kind}:{{{{/nosuch/ x}},{{/(.*)/ <$1>}}}}", CONFIG)
    value = table.get(key)
    assert value is not None
    assert value.startswith("<")
    assert table.take_warnings() == []


def test_s21_deep_recursion_ends() -> None:
    """Of the pattern, on a text that nests deeply."""
    table = open_table(r"pcre:{{/^(\((?1)*\))$/ deep}}", CONFIG)
    assert table.get("(" * 50_000 + ")" * 49_999) is None


def test_s21_the_limits_are_our_own() -> None:
    """The library's are ten times as high: a text of 20 letters, or one that nests deeply, would pass."""
    slow = open_table("pcre:{{/^(a+)+$/ slow}}", CONFIG)
    deep = open_table(r"pcre:{{/^(\((?1)*\))$/ deep}}", CONFIG)
    assert slow.get("a" * 20 + "b") is None
    assert deep.get("(" * 50_000 + ")" * 50_000) is None
    assert [text.rpartition(": ")[2] for text in slow.take_warnings() + deep.take_warnings()] == [
        "match limit exceeded",
        "matching depth limit exceeded",
    ]


def test_s21_a_regular_expression_without_end_ends() -> None:
    """That of libc does not go back."""
    table = open_table("regexp:{{/^(a+)+$/ slow}, {/^(a|aa)*c$/ slow}, {/b$/ next}}", CONFIG)
    begin = time.monotonic()
    assert table.get("a" * 5_000 + "b") == "next"
    assert time.monotonic() - begin < 5
