"""Configuration expressions and values, master.cf, log lines, the scheduler, submission input."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.expand import expand
from pyfixcli.config.load import check_shared_values, load_config
from pyfixcli.config.master_cf import parse_service
from pyfixcli.config.values import parse_time
from pyfixcli.ipc.submit_client import LoneDot
from pyfixcli.log.maillog import delivery_line, printable
from pyfixcli.log.postlogd import sanitise_datagram
from pyfixcli.queue import maildrop

PACKAGE = Path(__file__).resolve().parents[2] / "pyfixcli"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${x?{yes}:{no}}", "yes"),
        ("${y?{yes}:{no}}", "no"),
        ("${y:unset}", "unset"),
        ("${{1}=={1}?{a}:{b}}", "a"),
        ("${{3.6} <level {3.10} ? {old} : {new}}", "old"),
        ("$x-$$-$(x)", "v-$-v"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    """The conditional forms of postconf(5)."""
    assert expand(text, {"x": "v"}.get) == expected


def test_main_cf(place: Path) -> None:
    """Continuations, comments between them, the last assignment wins."""
    (place / "main.cf").write_text("a = 1\nb = $a,\n# c\n\n  2\na = 3\nqueue_run_delay = 5m\n")
    config = load_config(str(place))
    assert config.text("b") == "3,  2"
    assert config.queue_run_delay == 300


def test_bad_values_have_the_reference_texts(place: Path) -> None:
    """As every Postfix command prints them."""
    (place / "main.cf").write_text("message_size_limit = 10x\nline_length_limit = 0\n")
    config = load_config(str(place))
    with pytest.raises(ConfigError, match="bad numerical configuration: message_size_limit = 10x"):
        _ = config.message_size_limit
    with pytest.raises(ConfigError, match="invalid line_length_limit parameter value 0 < 512"):
        _ = config.line_length_limit


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("-bad-.test", "misplaced hyphen: -bad-.test"),
        ("a..b", "misplaced delimiter: a..b"),
        ("a.b.", "misplaced delimiter: a.b."),
        ("1.2.3.4", "numeric hostname: 1.2.3.4"),
        ("a b", "invalid character 32(decimal): a b"),
        ("\u00e9.test", "invalid character 195(decimal): \u00e9.test"),
        ("a" * 64, "hostname label too long: " + "a" * 64),
    ],
)
def test_bad_host_names(place: Path, name: str, problem: str) -> None:
    """A warning tells why, and then the value is refused."""
    (place / "main.cf").write_text(f"myhostname = {name}\n")
    with pytest.raises(ConfigError, match="parameter myhostname: bad parameter value: ") as caught:
        check_shared_values(load_config(str(place)))
    assert caught.value.warnings == (f"valid_hostname: {problem}",)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("compatibility_level = 3.", 'malformed compatibility level syntax: "3."'),
        ("hash_queue_depth = 0", "invalid hash_queue_depth parameter value 0 < 1"),
        ("delay_logging_resolution_limit = 7", "invalid delay_logging_resolution_limit parameter value 7 > 6"),
        ("in_flow_delay = 11", r"invalid in_flow_delay: 11 \(max 10\)"),
        ("inet_protocols = ipv5", 'unknown inet_protocols value "ipv5" in "ipv5"'),
        ("mail_name =", "bad string length 0 < 1: mail_name = "),
        ("syslog_facility = nosuch", "parameter syslog_facility: unrecognized value: nosuch"),
    ],
)  # fmt: skip
def test_values_that_no_program_starts_with(place: Path, setting: str, problem: str) -> None:
    (place / "main.cf").write_text(setting + "\n")
    with pytest.raises(ConfigError, match=problem):
        check_shared_values(load_config(str(place)))


def test_lines_without_effect_are_told(place: Path) -> None:
    """One that begins with white space, and a setting that another one replaces."""
    (place / "main.cf").write_text("  a = 1\nbiff = no\nbiff = no\nbiff = yes\n")
    warnings: list[str] = []
    assert load_config(str(place), warn=warnings.append).biff
    assert warnings == [
        f'{place}/main.cf: logical line must not start with whitespace: "  a = 1"',
        f"{place}/main.cf, line 4: overriding earlier entry: biff=no",
    ]


def test_times() -> None:
    """What follows the first unit does not count; a bare unit is nothing."""
    assert parse_time("t", "1d1h", "s") == 86400
    assert parse_time("t", "+03h", "s") == 10800
    assert parse_time("t", "7", "d") == 604800
    assert parse_time("t", "h3", "s") == 0


@pytest.mark.parametrize("text", ["", "x", "1.5h", "3 h", "4H", "-5", "+", "+-1", "99999w", "1y"])
def test_bad_times(text: str) -> None:
    with pytest.raises(ConfigError, match="parameter t: bad time value or unit: "):
        parse_time("t", text, "s")


def test_bounds_of_times() -> None:
    with pytest.raises(ConfigError, match=r"invalid t: 0 \(min 1\)"):
        parse_time("t", "0", "s", 1)
    with pytest.raises(ConfigError, match=r"invalid t: 60 \(max 10\)"):
        parse_time("t", "1m", "s", 0, 10)


def test_master_cf_line() -> None:
    """Columns, ``-o`` and the long form."""
    line = "smtp inet n - y 60? 5 smtpd -o a=b -o { c = d e }"
    service = parse_service("master.cf", 1, line)
    assert (service.private, service.chroot, service.wakeup_if_active) == (False, True, True)
    assert service.overrides == (("a", "b"), ("c", "d e"))


def test_s37_log_lines_stay_one_printable_line() -> None:
    """Control characters and terminal escapes become question marks."""
    assert printable("a\nb\x1b]0;x\x07\x9b\u2028") == "a?b?]0;x???"


def test_s38_datagrams_become_at_most_one_line() -> None:
    """Anything that is no log line is dropped; newlines inside are replaced."""
    line = sanitise_datagram(b"Nov 24 04:09:03 mail postfix/x[1]: a\nNov 24 forged\0")
    assert line.count(b"\n") == 1 and line.endswith(b"a?Nov 24 forged\n")
    assert sanitise_datagram(b"\0" * 65536) == b""
    assert len(sanitise_datagram(b"Nov 24 04:09:03 m x: " + b"y" * 65000)) <= 4001


def test_delivery_line() -> None:
    """In the form that log parsers read."""
    line = delivery_line("a@b", "a", "local", (0.5, 0.01, 0, 0.004), "2.0.0", "sent", "ok")
    assert line == (
        "to=<a@b>, orig_to=<a>, relay=local, delay=0.51, delays=0.5/0.01/0/0, "
        "dsn=2.0.0, status=sent (ok)"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_lone_dot_ends_the_message(size: int) -> None:
    """However the input is cut; other lines with dots stay."""
    text = b"a\n..\n.x\n.\r\nafter\n"
    dot, out = LoneDot(ignore=False), b""
    for start in range(0, len(text), size):
        if not dot.ended:
            out += dot.feed(text[start : start + size])
    assert out + (b"" if dot.ended else dot.finish()) == b"a\n..\n.x\n"


def test_s24_maildrop_files_are_hostile(place: Path) -> None:
    """Links, truncation and wrong frames are reported, never followed or accepted."""
    target = place / "F"
    target.write_bytes(b"E\0\0\0\x09sender=a\0C\0\0\0\x05ab")
    target.chmod(0o744)
    entry = maildrop.Entry(str(place), "F")
    with pytest.raises(maildrop.MaildropError, match="truncated"):
        list(entry.chunks())
    (place / "L").symlink_to(target)
    with pytest.raises(maildrop.MaildropError):
        maildrop.Entry(str(place), "L")


def test_s16_users_cannot_set_the_flags_of_the_daemon() -> None:
    """Probes and notices are made by the daemon only."""
    from pyfixcli.mail.envelope import FLAG_NOTICE, FLAG_PROBE

    assert not maildrop.ALLOWED_FLAGS & (FLAG_NOTICE | FLAG_PROBE)


def _calls() -> list[tuple[Path, ast.Call]]:
    found = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        found += [(path, node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return found


def test_s11_nothing_splits_text_at_unicode_line_breaks() -> None:
    """str.splitlines is not used at all."""
    bad = [
        p for p, c in _calls() if isinstance(c.func, ast.Attribute) and c.func.attr == "splitlines"
    ]
    assert bad == []


def test_s42_nothing_unpickles_or_evaluates() -> None:
    """No pickle, marshal, shelve, eval or exec."""
    text = {path: path.read_text() for path in PACKAGE.rglob("*.py")}
    for module in ("pickle", "marshal", "shelve"):
        assert [p for p, t in text.items() if f"import {module}" in t] == []
    names = [c.func.id for _, c in _calls() if isinstance(c.func, ast.Name)]
    assert not {"eval", "exec"} & set(names)
