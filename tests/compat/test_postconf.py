"""Generated main.cf and master.cf files, shown by the postconf of an installed Postfix and by ours; and all defaults.

PYFIX_POSTCONF says how many files are tried (without it 40, always the same ones; a release is tested with 5000).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st

from pyfixcli.config.expand import find_names
from tests.support.forked import run_forked
from tests.support.generated import draw_examples

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
SERVICE = st.sampled_from(["foo", "bar", "127.0.0.1:25", "x", "*"])
TYPE = st.sampled_from(["unix", "inet", "fifo", "y", "*"])
FIELD = st.sampled_from(["service", "type", "private", "chroot", "process_limit", "command", "*"])
SET = st.sampled_from([*USERS, "biff", "myorigin", "no_such", "*"])


TOO_MUCH = st.sampled_from([[], [], [], [], [], ["no/x/y/z"], ["/unix"], ["foo/unix/fields"]])


def path(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Patterns of one part up to all."""
    return st.one_of(
        *(st.tuples(*parts[:count]).map("/".join) for count in range(1, len(parts) + 1))
    )


PATTERNS = {
    "-M": path(SERVICE, TYPE),
    "-F": path(SERVICE, TYPE, FIELD),
    "-P": path(SERVICE, TYPE, SET),
}


Shown = tuple[str, list[str], int]  # output, errors in order, status
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
PATIENCE = 60  # seconds for one call
# A read-only name that main.cf sets to itself ends the reference, or not, by the order of a hash table.
RETRIES = 20
TOGETHER = (
    40  # files that the reference is asked of at a time, as each of its errors takes a second
)


@dataclass(frozen=True, slots=True)
class Example:
    """Two files, and what postconf is asked of them."""

    main: str
    master: str
    calls: tuple[list[str], ...]

    def write(self, place: Path) -> None:
        """Files that are not new, since the reference waits for new ones to be complete."""
        for name, text in (("main.cf", HEAD + self.main), ("master.cf", self.master)):
            (place / name).write_text(text)
            os.utime(place / name, (PAST, PAST))


def shown(output: bytes, errors: bytes, status: int) -> Shown:
    """What a call printed."""
    # We print all of UTF-8, the reference prints ASCII here.
    said = re.sub(rb"[^\n -~]", b"?", errors).decode().replace("/usr/sbin/", "")
    lines = sorted(said.splitlines())
    if any(line.endswith(MACRO_ERROR) for line in lines):
        lines = [MACRO_ERROR]
    return output.decode("utf-8", "surrogateescape"), lines, status


def run_ours(place: Path, words: list[str]) -> Shown:
    """A call of ours."""
    done = run_forked(place, "postconf", "-c", ".", *words, environment=ENVIRONMENT)
    return shown(done.stdout, done.stderr, done.returncode)


def start_theirs(place: Path, words: list[str]) -> subprocess.Popen[bytes]:
    """A call of the reference, under way."""
    call = [str(REFERENCE / "postconf"), "-c", ".", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, stdout=pipe, stderr=pipe, cwd=place, env=ENVIRONMENT)


def finish_theirs(process: subprocess.Popen[bytes]) -> Shown:
    """What a call of the reference printed in the end."""
    output, errors = process.communicate(timeout=PATIENCE)
    return shown(output, errors, process.returncode)


def differences(examples: Iterable[Example]) -> Iterator[str]:
    """How the two differ, with all that is needed to see it again."""
    with ExitStack() as stack:
        started = []
        for example in examples:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            example.write(place)
            theirs = [start_theirs(place, call) for call in example.calls]
            started.append((example, place, theirs))
        for example, place, theirs in started:
            for call, process in zip(example.calls, theirs, strict=True):
                actual = run_ours(place, call)
                expected = finish_theirs(process)
                # Values that refer to each other can make it crash.
                if expected[2] < 0 or actual == expected or actual in outcomes(place, call):
                    continue
                text = f"{call}\nreference {expected}\nours      {actual}"
                yield f"{text}\nmain.cf {HEAD + example.main!r}\nmaster.cf {example.master!r}\n"


def outcomes(place: Path, call: list[str]) -> Iterator[Shown]:
    """What the reference prints when it is asked again and again."""
    for _ in range(RETRIES):
        yield finish_theirs(start_theirs(place, call))


def check(examples: st.SearchStrategy[Example]) -> None:
    """Both show the same of each; the first of those where they do not are shown."""
    drawn = draw_examples(examples, COUNT, IS_FIXED)
    assert len(drawn) >= COUNT
    batches = (drawn[start : start + TOGETHER] for start in range(0, len(drawn), TOGETHER))
    found = [text for batch in batches for text in differences(batch)]
    assert not found, f"{len(found)} of {len(drawn)}:\n" + "\n".join(found[:10])


@st.composite
def parameters(draw: st.DrawFn) -> Example:
    """Files, ten names or more of which the values are asked for, and what is said of those that are unused."""
    main, master, (way, shapes) = draw(MAIN), draw(MASTER), draw(HOW)
    options = [word for option in (way, *shapes) for word in option.split(" ", 1)]
    names = draw(st.lists(st.sampled_from(ASKED), min_size=13, max_size=17, unique=True))
    # At most three of the names have another default.
    asked = [name for name in names if way != "-d" or _is_shared(name, "-x" in options)]
    everything = ["-n", *options[:1]] if way == "-n" else ["-n"]
    return Example(main, master, ([*options, *asked, "biff"], everything))


@st.composite
def services(draw: st.DrawFn) -> Example:
    """Files, and entries, fields or overrides of master.cf: all, and those that ten patterns name."""
    main, master, kind = draw(MAIN), draw(MASTER), draw(KIND)
    shapes = draw(st.lists(st.sampled_from(["-x", "-f", "-h", "-H"]), max_size=2, unique=True))
    if kind == "-F":
        shapes = [shape for shape in shapes if shape != "-h"]  # the reference loses a space
    patterns = draw(st.lists(PATTERNS[kind], min_size=10, max_size=14, unique=True))
    asked = [*patterns, *draw(TOO_MUCH)]
    return Example(main, master, ([kind, *shapes], [kind, *shapes, *asked]))


def test_parameters() -> None:
    """Values, and what is said of names that are unused or without a value."""
    check(parameters())


def test_services() -> None:
    """Entries, fields and overrides of master.cf."""
    check(services())


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
    call = ["-d", *options]
    both = [finish_theirs(start_theirs(tmp_path, call)), run_ours(tmp_path, call)]
    theirs, ours = (_by_name(text) for text, errors, status in both if (errors, status) == ([], 0))
    assert theirs
    assert list(ours) == list(theirs)
    differing = {name for name in theirs if ours[name] != theirs[name]}
    plain = _by_name(run_ours(tmp_path, ["-d"])[0])
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
