"""Splitting sources in blocks gives what reading them line by line gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.maps import source_blocks
from pyfixcli.maps.folding import fold_key, keep_key
from pyfixcli.maps.source import Rules, read_pairs
from pyfixcli.maps.source_blocks import encode_pairs, read_chunks, read_in_step

Reader = Callable[[BytesIO, str, list[str], Rules], Iterator[list[tuple[bytes, bytes]]]]
PIECES = ["a", "B", "é", " ", "  ", "\t", "\n", "\n", "#", '"', "\\", ":", "\r", "\f", "\0", "x y"]
LINES = st.lists(
    st.one_of(
        st.sampled_from(["key value\n", "Key\tvalue\n", "k  two words\n", "k: v\n", "k v : w\n"]),
        st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    ),
    max_size=30,
).map("".join)


def rules(fold: bool) -> Rules:
    """With UTF-8."""
    return Rules(fold_key if fold else keep_key, utf8=True)


def by_line(text: str, fold: bool) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    """Entries and warnings."""
    warnings: list[str] = []
    lines = BytesIO(text.encode()).readlines()
    pairs = read_pairs([line.decode() for line in lines], "t", warnings, 0, rules(fold))
    return encode_pairs(pairs), warnings


def by_block(
    text: str, fold: bool, read: Reader = read_chunks
) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    """Entries and warnings."""
    warnings: list[str] = []
    chunks = read(BytesIO(text.encode()), "t", warnings, rules(fold))
    return [entry for chunk in chunks for entry in chunk], warnings


@given(LINES, st.booleans(), st.sampled_from([1, 7, 40, 1 << 20]))
def test_blocks_are_as_lines(text: str, fold: bool, size: int) -> None:
    """Whatever is in them, and wherever they end; so are the numbers of lines in warnings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_blocks, "BLOCK", size)
        assert by_block(text, fold) == by_line(text, fold)
        assert by_block(text, fold, read_in_step) == by_line(text, fold)


def test_entries_come_in_step_with_warnings() -> None:
    """So that what is said of an entry comes after what was said of earlier lines."""
    warnings: list[str] = []
    chunks = read_in_step(BytesIO(b"a b\nbad\nc d\nbad\n"), "t", warnings, rules(True))
    steps = [(chunk, len(warnings)) for chunk in chunks]
    assert steps == [([(b"a\0", b"b\0")], 0), ([(b"c\0", b"d\0")], 1)]
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("Key Value\n", [(b"key\0", b"Value\0")]),
        ("key \t value", [(b"key\0", b"value\0")]),
        ("a REJECT  two\twords\nb c\n", [(b"a\0", b"REJECT  two\twords\0"), (b"b\0", b"c\0")]),
        ("a b\n# c\n d\n", [(b"a\0", b"b d\0")]),
        ('"q K" v\n', [(b'"q k"\0', b"v\0")]),
        ("É x\n", [("é\0".encode(), b"x\0")]),
        ("", []),
    ],
)
def test_entries(text: str, entries: list[tuple[bytes, bytes]]) -> None:
    """By hand, from postmap(1)."""
    assert by_block(text, fold=True) == (entries, [])


def test_chunks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk is handed on as soon as it is large enough."""
    monkeypatch.setattr(source_blocks, "BLOCK", 100)
    monkeypatch.setattr(source_blocks, "CHUNK", 50)
    text = b"".join(b"key%d value\n" % n for n in range(1000))
    sizes = [len(chunk) for chunk in read_chunks(BytesIO(text), "t", [], rules(True))]
    assert sum(sizes) == 1000
    assert max(sizes) < 70


@pytest.mark.parametrize(
    ("line", "warnings"),
    [
        ("k:", ["t, line 1: expected format: key whitespace value"]),
        ("k: v", ['t, line 1: record is in "key: value" format; is this an alias file?']),
        (" \udcff", ['t: logical line must not start with whitespace: " \udcff"']),
        ("k \udcff", ['t, line 1: non-UTF-8 input "k \udcff" -- ignoring this line']),
    ],
)
def test_what_is_said_of_a_line(line: str, warnings: list[str]) -> None:
    """One thing, the first that is wrong; the texts are the reference's."""
    said: list[str] = []
    list(read_pairs([line + "\n"], "t", said, 0, Rules(utf8=True)))
    assert said == warnings
