"""The log as JSON: one object for each text line, and nothing of a peer's making in the keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from pyfixcli.log.json_lines import parse_line, rfc3339
from tests.support.instance import Instance, wait_for

NOW = time.mktime((2026, 11, 24, 9, 0, 0, 0, 0, -1))
HEAD = "Nov 24 08:21:33 mail postfix/local[123]: "


def without_head(text: str) -> dict[str, object]:
    """What a line with this text adds to the keys that each has."""
    found = parse_line(HEAD + text, NOW)
    for name in ("time", "host", "service", "pid"):
        del found[name]
    return found


def test_the_keys_of_each_line() -> None:
    """Time with offset, host, service without syslog_name, pid."""
    found = parse_line("Nov 24 08:21:33 mail postfix/smtp/smtpd[123]: x", NOW)
    assert str(found.pop("time")).startswith("2026-11-24T08:21:33")
    assert found == {
        "host": "mail",
        "service": "smtp/smtpd",
        "pid": 123,
        "level": "info",
        "text": "x",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "4FA1B1001: to=<a@b>, orig_to=<a>, relay=local, delay=0.5, delays=0.5/0/0/0, dsn=2.0.0,"
            " status=sent (delivered to mailbox)",
            {
                "level": "info",
                "queue_id": "4FA1B1001",
                "to": "a@b",
                "orig_to": "a",
                "relay": "local",
                "delay": 0.5,
                "delays": "0.5/0/0/0",
                "dsn": "2.0.0",
                "status": "sent",
                "text": "(delivered to mailbox)",
            },
        ),
        (
            "4gFRvb3sCLz1001: from=<>, size=256, nrcpt=1 (queue active)",
            {
                "level": "info",
                "queue_id": "4gFRvb3sCLz1001",
                "from": "",
                "size": 256,
                "nrcpt": 1,
                "text": "(queue active)",
            },
        ),
        (
            "4FA1B1001: uid=0 from=<root>",
            {"level": "info", "queue_id": "4FA1B1001", "uid": 0, "from": "root"},
        ),
        (
            "4FA1B1001: message-id=<a@b>",
            {"level": "info", "queue_id": "4FA1B1001", "message-id": "<a@b>"},
        ),
        ("4FA1B1001: removed", {"level": "info", "queue_id": "4FA1B1001", "text": "removed"}),
        ("warning: 4FA1B1001: odd", {"level": "warning", "queue_id": "4FA1B1001", "text": "odd"}),
        ("fatal: no room", {"level": "fatal", "text": "no room"}),
        ("connection lost", {"level": "info", "text": "connection lost"}),
    ],
)
def test_attributes(text: str, expected: dict[str, object]) -> None:
    """As the lines of the reference have them."""
    assert without_head(text) == expected


@pytest.mark.parametrize(
    "address",
    ['"x>, status=sent, pid=1 (ok)"@b', '"a\\">, dsn=2.0.0"@b', '"queue_id=1, host=evil"@b'],
)
def test_s37_an_address_cannot_add_or_change_keys(address: str) -> None:
    """A quoted local part is one value; the keys of the line stand."""
    line = f"{HEAD}4FA1B1001: to=<{address}>, relay=none, dsn=5.1.1, status=bounced (x, dsn=2.0.0)"
    found = parse_line(line, NOW)
    assert (found["to"], found["dsn"], found["status"]) == (address, "5.1.1", "bounced")
    assert (found["pid"], found["host"], found["queue_id"]) == (123, "mail", "4FA1B1001")


def test_the_year_is_that_of_the_latest_such_day() -> None:
    """A line of December that is read in January is of last year."""
    january = time.mktime((2027, 1, 1, 0, 0, 5, 0, 0, -1))
    assert rfc3339("Dec 31 23:59:59", january).startswith("2026-12-31T23:59:59")


def test_s37_each_event_is_one_object(make_instance: Callable[..., Instance]) -> None:
    """In a file beside the log, of the daemon and of commands, with the daemon up and down."""
    instance = make_instance()
    path = instance.directory / "maillog.json"
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(f"maillog_json_file = {path}\n")
    instance.start()
    assert instance.submit("-f", "\x1b]0;t\x07\u2028\udcff", instance.user) == 0
    wait_for(lambda: "status=sent" in instance.log_text())
    instance.run("postlog", "while up")
    instance.stop()
    instance.run("postlog", "while down")
    lines = path.read_bytes().split(b"\n")[:-1]
    entries = [json.loads(line) for line in lines]
    assert len(entries) == instance.log.read_bytes().count(b"\n")
    assert all(line.isascii() and all(c >= 32 for c in line) for line in lines)
    assert [e["text"] for e in entries if str(e.get("text")).startswith("while")] == [
        "while up",
        "while down",
    ]
    (sent,) = [entry for entry in entries if entry.get("status") == "sent"]
    assert sent["service"] == "local" and sent["queue_id"]


def test_without_the_parameter_nothing_of_it_is_loaded() -> None:
    """No cost when unset."""
    import subprocess
    import sys

    from tests.support.instance import ROOT

    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from pyfixcli.log.sink import open_sink\n"
        "class Settings:\n"
        "    queue_directory = '/nonexistent'; maillog_file = '/dev/stdout'; maillog_json_file = ''\n"
        "    maillog_file_prefixes = '/dev/stdout'; syslog_facility = 'mail'\n"
        "open_sink(Settings, 'daemon').write(b'x')\n"
        "sys.exit('json' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"x"), done.stderr
