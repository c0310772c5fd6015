"""Generated main.cf and master.cf files, shown by the postconf of an installed Postfix and by ours; and all defaults.

PYFIX_POSTCONF says how many files are tried (without it 40, always the same ones).
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

from pyfixcli.config.expand import find_names
from tests.support.forked import run_forked
from tests.support.generated import profile
from tests.support.instance import BIN

REFERENCE = Path("/usr/sbin")
COUNT = int(os.environ.get("PYFIX_POSTCONF", "40"))
IS_FIXED = "PYFIX_POSTCONF" not in os.environ
PAST = 1_000_000_000
HEAD = (
    "compatibility_level = 3.6\nmyhostname = mail.example.test\nmynetworks = 127.0.0.0/8\n"
    "alias_maps =\nmail_name = M\n"
)
# Both stop at the first value that they come to and that cannot be expanded; which that is differs from run to run.
MACRO_ERROR = "macro processing error"

pytestmark = [
    pytest.mark.skipif(not (REFERENCE / "postconf").exists(), reason="needs Postfix"),
    pytest.mark.timeout(COUNT * 2 + 120),
]

BUILT_IN = [
    "alias_maps", "always_bcc", "biff", "canonical_maps", "default_transport", "ipc_timeout",
    "local_recipient_maps", "message_size_limit", "mydestination", "mydomain", "myorigin", "relay_domains",
    "relayhost", "smtpd_banner", "smtpd_client_restrictions", "smtpd_relay_restrictions",
    "smtpd_restriction_classes", "stress", "virtual_alias_maps",
]  # fmt: skip
RAW = ["luser_relay", "mailbox_command", "default_rbl_reply"]
USERS = ["u1", "u2", "u3", "class_a", "class_b", "9x", "U_1"]
SERVICES = [
    "foo_destination_recipient_limit",
    "bar_time_limit",
    "foo_time_limit",
    "no_recipient_limit",
]
DATABASES = ["my1_server_host", "my1_bogus", "my2_hosts", "my3_query"]
OTHERS = ["process_name", "service_name", "virtual_maps", "fallback_relay"]
NAMES = [*BUILT_IN, *RAW, *USERS, *SERVICES, *DATABASES, *OTHERS]
ASKED = [
    *NAMES,
    "bounce_queue_lifetime",
    "no_such",
    "",
    "relay*",
    "smtpd_timeout",
    "foo_delivery_slot_cost",
]
NAME = st.sampled_from(NAMES)
REFERRED = st.sampled_from([*USERS, *USERS, *BUILT_IN, "none", *SERVICES, *OTHERS])

WORD = st.sampled_from(
    [
        "a",
        "b c",
        "x,y",
        "10",
        "9",
        "/etc/x",
        "class_a",
        "class_b",
        "@",
        "é",
        "{",
        "}",
        "(",
        "a=b",
        "#",
        "\t",
        "  ",
    ]
    + [
        "3.6",
        "yes",
        "ldap:my1",
        "pgsql:my2",
        "proxy:mysql:my3",
        "pipemap:{ldap:my1, pgsql:my2}",
        "$$",
        "x:y",
    ]
)
SIMPLE = REFERRED.flatmap(
    lambda name: st.sampled_from([f"${name}", f"${{{name}}}", f"$({name})", f"${{ {name} }}"])
)
BROKEN = st.sampled_from(
    [
        "$",
        "${",
        "${}",
        "$(u1",
        "${u1!x}",
        "${u1?{a}b}",
        "${{a}}",
        "${{a} == b}",
        "$-",
        "${u1:{a}:{b}}",
        "$ x",
    ]
    + ["${{a} <level {b}}", "${{a} ==foo {b}}", "${{u1} == {b}c}", "${u 1}", "${é}"]
)
FORMS = ["{0}?{1}", "{0}:{1}", "{0}?{{{1}}}:{{{2}}}", "{0} ? {{ {1} }} : {{ {2} }}", "{0}:{{{1}}}"]
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "==level", "<level"])


def condition(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Forms with branches, made of texts."""
    by_name = st.tuples(st.sampled_from(FORMS), REFERRED, inner, inner).map(
        lambda t: "${" + t[0].format(*t[1:]) + "}"
    )
    by_value = st.tuples(inner, OPERATORS, inner, inner, inner).map(
        lambda t: f"${{{{{t[0]}}} {t[1]} {{{t[2]}}}?{{{t[3]}}}:{{{t[4]}}}}}"
    )
    return st.one_of(by_name, by_value)


def balanced(text: str) -> bool:
    """Whether a text can stand inside braces."""
    return text.count("{") == text.count("}") and text.count("(") == text.count(")")


PIECE = st.one_of(WORD, SIMPLE)
INNER = st.lists(PIECE, max_size=3).map(" ".join).filter(balanced)
FORM = st.recursive(INNER, condition, max_leaves=5)
GOOD = st.lists(st.one_of(PIECE, FORM), max_size=5).map(" ".join)
VALUE = st.one_of(
    GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, st.tuples(GOOD, BROKEN, GOOD).map("".join)
)
GAP = st.sampled_from(["", "", "", "\n", "# c\n", "  # $none\n"])
BLANK = st.sampled_from([" = ", "=", " =\t", "\n  = ", "   ="])
SETTING = st.tuples(
    GAP, NAME, BLANK, VALUE, st.sampled_from(["\n", "\n", " \n", "\n   more $u1\n"])
).map("".join)
MAIN = st.lists(SETTING, max_size=10).map("".join)

OPTION = st.one_of(
    st.tuples(NAME, GOOD).map(lambda t: f"-o {{ {t[0]} = {t[1]} }}"),
    st.tuples(NAME, st.sampled_from(["x", "$u1", "$none", "${u2?a}"])).map(lambda t: f"-o {t[0]}={t[1]}"),
    st.sampled_from(["-v", "-D", "-vo u3=$biff", "-o x", "-o {a b}", "-ou1=z"]),
)  # fmt: skip
ARGUMENT = st.sampled_from(
    ["argv=/bin/x", "{a b}", "$u1", "${sender}", "user=bob", "{ c }", "a{b c}d"]
)
COMMAND = st.sampled_from(["smtp", "smtpd", "pipe", "spawn", "local", "x"])
ENTRY = st.tuples(
    st.sampled_from(["foo", "bar", "127.0.0.1:25", "no/x"]),
    st.sampled_from([" unix - - n - - ", " inet n y n 60? 5 ", " fifo\tn - - 3 - "]),
    COMMAND,
    st.lists(OPTION, max_size=3).map(lambda words: "".join(f"\n  {word}" for word in words)),
    st.lists(ARGUMENT, max_size=3).map(lambda words: "".join(f" {word}" for word in words)),
).map(lambda t: "".join(t) + "\n")
MASTER = st.lists(ENTRY, max_size=3).map("".join)

SHOWN = st.lists(
    st.sampled_from(["-x", "-h", "-H", "-f", "-C user", "-C service,user"]), max_size=2, unique=True
)
HOW = st.tuples(st.sampled_from(["-n", "-p", "-p", "-d", "-o u1=over", "-o u2=$u1$none"]), SHOWN)
KIND = st.sampled_from(["-M", "-F", "-P"])


def run(command: Path, place: Path, *words: str) -> tuple[str, list[str], int]:
    """Output, errors in order and status of postconf."""
    call = ["postconf", "-c", ".", *words]
    environment = {"PATH": "/usr/bin:/bin"}
    if command == BIN:
        done = run_forked(place, *call, environment=environment)
    else:
        call[0] = str(command / "postconf")
        done = subprocess.run(call, capture_output=True, cwd=place, env=environment, timeout=60)
    # We print all of UTF-8, the reference prints ASCII here.
    errors = re.sub(rb"[^\n -~]", b"?", done.stderr).decode().replace("/usr/sbin/", "")
    lines = sorted(errors.splitlines())
    if any(line.endswith(MACRO_ERROR) for line in lines):
        lines = [MACRO_ERROR]
    return done.stdout.decode("utf-8", "surrogateescape"), lines, done.returncode


def compare(main: str, master: str, *calls: list[str]) -> None:
    """Both show the same."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for file, text in (("main.cf", HEAD + main), ("master.cf", master)):
            (place / file).write_text(text)
            os.utime(place / file, (PAST, PAST))
        for call in calls:
            expected = run(REFERENCE, place, *call)
            if expected[2] < 0:
                continue  # values that refer to each other can make it crash
            assert run(BIN, place, *call) == expected, call


PROFILE = profile(COUNT, IS_FIXED)


@PROFILE
@given(MAIN, MASTER, HOW, st.lists(st.sampled_from(ASKED), min_size=10, max_size=14))
def test_parameters(main: str, master: str, how: tuple[str, list[str]], names: list[str]) -> None:
    """Values, and what is said of names that are unused or without a value."""
    options = [word for option in (how[0], *how[1]) for word in option.split(" ", 1)]
    asked = [name for name in names if how[0] != "-d" or _is_shared(name, "-x" in options)]
    compare(
        main, master, [*options, *asked, "biff"], ["-n", *options[:1]] if how[0] == "-n" else ["-n"]
    )


@PROFILE
@given(
    MAIN, MASTER, KIND, st.lists(st.sampled_from(["-x", "-f", "-h", "-H"]), max_size=2, unique=True)
)
def test_services(main: str, master: str, kind: str, options: list[str]) -> None:
    """Entries, fields and overrides of master.cf."""
    if kind == "-F":
        options = [option for option in options if option != "-h"]  # the reference loses a space
    compare(main, master, [kind, *options], [kind, *options, "foo", "bar/unix", "x/y"])


# Why defaults differ.
OWN_DEFAULTS = {
    "alias_database": "index files are LMDB files",
    "alias_maps": "index files are LMDB files, and there is no NIS",
    "default_database_type": "index files are LMDB files",
    "config_directory": "directories of our own, so that both can be installed",
    "data_directory": "directories of our own",
    "mynetworks": "no networks of this machine are trusted unless main.cf says so",
    "meta_directory": "directories of our own",
    "queue_directory": "directories of our own",
    "mail_name": "the name of the product",
    "mail_version": "the name of the product",
    "process_id": "of the process that shows it",
    "smtpd_forbid_bare_newline": "as later releases have it",
    "smtpd_forbid_unauth_pipelining": "as later releases have it",
}
MADE_OF_THEM = ("local_recipient_maps", "smtpd_banner")  # of the names that are asked for


@pytest.mark.parametrize("options", [[], ["-x"], ["-f"], ["-C", "builtin"], ["-C", "service"]])
def test_defaults(tmp_path: Path, options: list[str]) -> None:
    """The same names, and the same values save for a few and what is made of them."""
    (tmp_path / "main.cf").write_text("relayhost = not.looked.at\n")
    (tmp_path / "master.cf").write_text("foo unix - - n - - smtp\nbar unix - - n - - pipe\n")
    shown = [run(command, tmp_path, "-d", *options) for command in (REFERENCE, BIN)]
    theirs, ours = (_by_name(text) for text, errors, status in shown if (errors, status) == ([], 0))
    assert theirs
    assert list(ours) == list(theirs)
    differing = {name for name in theirs if ours[name] != theirs[name]}
    plain = _by_name(run(BIN, tmp_path, "-d")[0])
    allowed = set(OWN_DEFAULTS)
    for _ in range(3 if "-x" in options else 0):
        allowed |= {name for name, value in plain.items() if allowed & set(find_names(value)[0])}
    assert differing <= allowed


def _is_shared(name: str, is_expanded: bool) -> bool:
    """Whether both have the same default."""
    return name not in OWN_DEFAULTS and not (is_expanded and name in MADE_OF_THEM)


def _by_name(text: str) -> dict[str, str]:
    """name -> value; a folded value is on several lines."""
    return dict(re.findall(r"^(\S+) =(.*(?:\n .*)*)$", text, re.MULTILINE))
