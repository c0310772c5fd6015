"""Generated tables and aliases, made and queried by an installed Postfix and by us.

Each text is made into a table by both; then each queries the file of the other with the same keys. PYFIX_TABLES says how
many texts are tried (without it 40, always the same ones; a release is tested with 5000).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.generated import profile
from tests.support.instance import BIN

REFERENCE = Path("/usr/sbin")
COUNT = int(os.environ.get("PYFIX_TABLES", "40"))
IS_FIXED = "PYFIX_TABLES" not in os.environ
MAIN = "compatibility_level = 3.7\nmyhostname = mail.example.test\nmydomain = example.test\n"

pytestmark = [
    pytest.mark.skipif(not (REFERENCE / "postmap").exists(), reason="needs Postfix"),
    pytest.mark.timeout(COUNT * 2 + 120),
]

WORDS = st.sampled_from(
    [
        "a",
        "B",
        "alice",
        "Bob@Example.test",
        "@example.test",
        "é",
        "ÄÖ",
        "ß",
        "x+y",
        "#c",
        "k:",
        "a:b",
    ]
    + [
        '"q r"',
        '"u',
        'a"b',
        "\\",
        "\\ ",
        "{x}",
        "$1",
        "\udcff",
        "\udcc3",
        "\x01",
        "\x7f",
        "İ",
        ",",
        "''",
    ]
)
BLANKS = st.sampled_from([" ", "  ", "\t", " \t ", "\r", "\v", "\f", ""])
LINE = st.one_of(
    st.tuples(WORDS, BLANKS, WORDS).map("".join),
    st.tuples(WORDS, st.sampled_from([" ", "\t"]), WORDS, BLANKS, WORDS).map("".join),
    st.tuples(st.sampled_from(["", " ", "\t", "#", "  # "]), WORDS).map("".join),
)
PLAIN = st.tuples(WORDS, st.sampled_from([" ", "\t", ""]), WORDS).map("".join)
TEXTS = st.tuples(st.lists(LINE, max_size=25).map("\n".join), st.sampled_from(["\n", "\n\n"])).map(
    "".join
)
NAMES = st.sampled_from(
    [
        "a",
        "Alice",
        '"q r"',
        '"Q"',
        "a.b",
        "owner-x",
        "a b",
        "a@b",
        "(c) d",
        "é",
        "postmaster",
        "\udcff",
        "",
        "<x>",
    ]
)
VALUES = st.sampled_from(
    [
        "b",
        "b, c",
        '"|cmd -x"',
        ":include:/x",
        "/file",
        "b@c.test",
        "b\n c",
        "(x) y",
        '"a b"@c',
        "é",
        "",
        ",",
        "a;b",
        "x: y",
    ]
)
ALIASES = st.lists(
    st.one_of(
        st.tuples(NAMES, st.sampled_from([":", ": ", " : ", ":\t"]), VALUES).map("".join), PLAIN
    ),
    max_size=25,
).map(lambda lines: "\n".join(lines) + "\n")
KEYS = st.lists(WORDS | NAMES, min_size=10, max_size=14)
OPTIONS = st.lists(st.sampled_from(["-f", "-u", "-w", "-r", "-N", "-n"]), max_size=2, unique=True)
OURS, THEIRS = BIN, REFERENCE


def run(commands: Path, place: Path, *words: str, data: str = "") -> tuple[list[str], str, int]:
    """Lines of output in order, errors and status of a command."""
    done = subprocess.run(
        [str(commands / words[0]), *words[1:]],
        input=data.encode("utf-8", "surrogateescape"),
        capture_output=True,
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(place)},
        timeout=30,
    )
    output = done.stdout.decode("utf-8", "surrogateescape")
    lines = [line for line in output.split("\n") if "YP_LAST_MODIFIED" not in line]
    errors = done.stderr.decode("utf-8", "surrogateescape")
    # A table of these types is no .db file for us, and goes by the name that it is opened by.
    errors = errors.replace("warning: t.db: dup", "warning: t: dup")
    errors = errors.replace("warning: hash:t: dup", "warning: t: dup").replace(
        "warning: btree:t: dup", "warning: t: dup"
    )
    errors = errors.replace("hash:t.db", "hash:t").replace("btree:t.db", "btree:t")
    return lines, errors, done.returncode


def compare(command: str, kind: str, text: str, options: list[str], keys: list[str]) -> None:
    """Both make the table, list it, and query that of the other."""
    with tempfile.TemporaryDirectory() as name:
        places = [Path(name) / side for side in ("ours", "theirs")]
        for place in places:
            place.mkdir()
            (place / "main.cf").write_text(MAIN)
            (place / "master.cf").write_text("")
            (place / "t").write_bytes(text.encode("utf-8", "surrogateescape"))
        ours, theirs = places
        made = run(THEIRS, theirs, command, *options, f"{kind}:t")
        assert run(OURS, ours, command, *options, f"{kind}:t") == made
        if made[2]:
            return
        asked = [word for word in options if word in ("-f", "-u", "-N", "-n")]
        data = "".join(f"{key}\n" for key in keys if "\n" not in key)
        queries = [command, *asked, "-q", "-"]
        expected = run(THEIRS, theirs, *queries, f"{kind}:t", data=data)
        assert run(OURS, theirs, *queries, f"{kind}:t", data=data) == expected
        own = kind.replace("hash", "lmdb").replace("btree", "lmdb")
        if own == kind:
            assert run(THEIRS, ours, *queries, f"{own}:t", data=data) == expected
        else:
            assert run(OURS, ours, *queries, f"{kind}:t", data=data) == expected
        if kind != "cdb":
            listed = run(THEIRS, theirs, command, "-s", f"{kind}:t")[0]
            assert sorted(run(OURS, ours, command, "-s", f"{kind}:t")[0]) == sorted(listed)


PROFILE = profile(COUNT, IS_FIXED)


@PROFILE
@given(TEXTS, st.sampled_from(["lmdb", "hash", "btree", "cdb"]), OPTIONS, KEYS)
def test_tables(text: str, kind: str, options: list[str], keys: list[str]) -> None:
    """postmap."""
    compare("postmap", kind, text, options, keys)


@PROFILE
@given(ALIASES, st.sampled_from(["lmdb", "hash", "btree", "cdb"]), OPTIONS, KEYS)
def test_aliases(text: str, kind: str, options: list[str], keys: list[str]) -> None:
    """postalias."""
    compare("postalias", kind, text, options, keys)
