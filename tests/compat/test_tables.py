"""Generated tables and aliases, made and queried by an installed Postfix and by us.

Each text is made into a table by both, and asked with the same keys; of ten tables each queries one file of the
other. PYFIX_TABLES says how many texts are tried (without it 40, always the same ones; a release is tested with 5000).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.forked import run_forked
from tests.support.generated import profile

REFERENCE = Path("/usr/sbin")
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # tables are synced
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
TOGETHER = 10  # texts that one call makes into tables
SEVERAL_TEXTS = st.lists(TEXTS, min_size=TOGETHER, max_size=TOGETHER)
SEVERAL_ALIASES = st.lists(ALIASES, min_size=TOGETHER, max_size=TOGETHER)


Shown = tuple[list[str], str, int]  # lines of output, errors, status
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "MAIL_CONFIG": "."}


def shown(output: bytes, errors: bytes, status: int) -> Shown:
    """What a command printed, without what is different for a reason."""
    lines = output.decode("utf-8", "surrogateescape").split("\n")
    lines = [line for line in lines if "YP_LAST_MODIFIED" not in line]
    said = errors.decode("utf-8", "surrogateescape")
    if ": fatal: " in said:
        lines = []  # the reference loses what it found before
    # A table of these types is no .db file for us, and goes by the name that it is opened by.
    said = re.sub(r"warning: (?:(?:hash|btree):)?(t\d)(?:\.db)?: dup", r"warning: \1: dup", said)
    return lines, re.sub(r"(hash|btree):(t\d)\.db", r"\1:\2", said), status


def run_ours(place: Path, *words: str) -> Shown:
    """A command of ours; the keys are its input."""
    data = (place / "keys").read_bytes()
    done = run_forked(place, *words, data=data, environment=ENVIRONMENT)
    return shown(done.stdout, done.stderr, done.returncode)


def run_theirs(place: Path, *words: str) -> Shown:
    """A command of the reference."""
    call = [str(REFERENCE / words[0]), *words[1:]]
    with (place / "keys").open("rb") as keys:
        done = subprocess.run(
            call, stdin=keys, capture_output=True, cwd=place, env=ENVIRONMENT, timeout=60
        )
    return shown(done.stdout, done.stderr, done.returncode)


def ask_theirs(place: Path, kind: str, count: int, *words: str) -> list[Shown]:
    """What the reference answers for the keys from each table."""
    tables = [f"t{number}" for number in range(count)]
    query = " ".join([str(REFERENCE / words[0]), *words[1:]])
    script = f'for t do {query} "{kind}:$t" <keys >"$t.out" 2>"$t.err"; echo $? >"$t.rc"; done'
    call = ["sh", "-c", script, "sh", *tables]
    subprocess.run(call, cwd=place, env=ENVIRONMENT, timeout=120, check=True)
    parts = [[(place / f"{t}.{end}").read_bytes() for end in ("out", "err", "rc")] for t in tables]
    return [shown(output, errors, int(status)) for output, errors, status in parts]


def compare(command: str, kind: str, texts: list[str], options: list[str], keys: list[str]) -> None:
    """Both make the tables, and answer the same from them; from one they are asked more."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        ours, theirs = Path(name) / "ours", Path(name) / "theirs"
        for place in ours, theirs:
            place.mkdir()
            (place / "main.cf").write_text(MAIN)
            (place / "master.cf").write_text("")
            data = "".join(f"{key}\n" for key in keys if "\n" not in key)
            (place / "keys").write_bytes(data.encode("utf-8", "surrogateescape"))
            for number, text in enumerate(texts):
                (place / f"t{number}").write_bytes(text.encode("utf-8", "surrogateescape"))
        tables = [f"{kind}:t{number}" for number in range(len(texts))]
        made = run_theirs(theirs, command, *options, *tables)
        assert run_ours(ours, command, *options, *tables) == made
        if made[2]:
            return
        asked = [word for word in options if word in ("-f", "-u", "-N", "-n")]
        query = [command, *asked, "-q", "-"]
        expected = ask_theirs(theirs, kind, len(texts), *query)
        for table, answers in zip(tables, expected, strict=True):
            assert run_ours(ours, *query, table) == answers, table
        compare_files(ours, theirs, query, tables[0], expected[0])


def compare_files(ours: Path, theirs: Path, query: list[str], table: str, expected: Shown) -> None:
    """Each reads the file of the other, where both have its type, and both list what is in one."""
    assert run_ours(theirs, *query, table) == expected
    kind = table.partition(":")[0]
    if kind in ("lmdb", "cdb"):
        assert run_theirs(ours, *query, table) == expected
    if kind != "cdb":
        listed = run_theirs(theirs, query[0], "-s", table)[0]
        assert sorted(run_ours(ours, query[0], "-s", table)[0]) == sorted(listed)


PROFILE = profile(-(-COUNT // TOGETHER), IS_FIXED)


@PROFILE
@given(SEVERAL_TEXTS, st.sampled_from(["lmdb", "hash", "btree", "cdb"]), OPTIONS, KEYS)
def test_tables(texts: list[str], kind: str, options: list[str], keys: list[str]) -> None:
    """postmap."""
    compare("postmap", kind, texts, options, keys)


@PROFILE
@given(SEVERAL_ALIASES, st.sampled_from(["lmdb", "hash", "btree", "cdb"]), OPTIONS, KEYS)
def test_aliases(texts: list[str], kind: str, options: list[str], keys: list[str]) -> None:
    """postalias."""
    compare("postalias", kind, texts, options, keys)
