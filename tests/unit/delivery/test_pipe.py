"""pipe(8): attributes, macros and flags; real commands. Texts and results are the reference's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.master_cf import parse_service
from pyfixcli.delivery.pipe.attributes import Attributes, parse_attributes, unescape
from pyfixcli.delivery.pipe.macros import BadMacro, expand_arguments
from pyfixcli.delivery.pipe.message import message_pieces
from pyfixcli.mail.address import Extensions
from pyfixcli.mail.delivery import RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_VERIFY_ONLY
from tests.support.agent_run import OTHER, Piped, make_request

NOW = 1795493378.0


# -- attributes ----------------------------------------------------------------------


def test_attributes_come_after_the_options_and_end_at_argv() -> None:
    words = ("-o", "a=b", "-v", "flags=Rq", "user=x:y", "eol=\\r\\n", "size=10", "argv=/cmd", "-oi")
    assert parse_attributes((*words, "user=$user")) == Attributes(
        argv=("/cmd", "-oi", "user=$user"),
        user="x:y",
        flags=frozenset("Rq"),
        eol=b"\r\n",
        size_limit=10,
    )


@pytest.mark.parametrize(
    ("words", "fatal"),
    [
        (("argv=/cmd",), "missing user= command-line attribute"),
        (("user=x",), "missing argv= command-line attribute"),
        (("user=x", "foo=Z", "argv=/cmd"), "unknown attribute name: foo=Z"),
        (("user=x", "flags=Z", "argv=/cmd"), "unknown flag: Z (ignored)"),
        (("user=x", "size=x", "argv=/cmd"), "get_service_attr: bad size= value: x"),
    ],
)
def test_bad_attributes(words: tuple[str, ...], fatal: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_attributes(words)
    assert str(raised.value) == fatal


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("\\r\\n", b"\r\n"),
        ("\\015\\012\\t\\\\x", b"\r\n\t\\x"),
        ("\\0\\7", b"\0\7"),
        ("\\q", b"\\q"),
        ("", b""),
    ],
)
def test_escapes_as_in_c(text: str, octets: bytes) -> None:
    assert unescape(text) == octets


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: rights of others")
@pytest.mark.parametrize(
    ("user", "fatal"),
    [
        ("root", "user= command-line attribute specifies root privileges"),
        ("news", "user= command-line attribute specifies mail system owner news"),
        ("nosuchuser", "get_service_attr: unknown username: nosuchuser"),
        ("games:nosuchgroup", "get_service_attr: unknown group: nosuchgroup"),
        ("games:root", "user= command-line attribute specifies privileged group id 0"),
        ("games:news", "specifies mail system owner news group id [0-9]+"),
        ("games:uucp", "specifies mail system uucp group id [0-9]+"),
    ],
)
def test_s40_users_that_no_command_is_run_as(user: str, fatal: str) -> None:
    with pytest.raises(ConfigError, match=fatal):
        Piped("argv=/bin/true", user=user, setgid_group="uucp")


def test_a_line_of_master_cf_with_braces() -> None:
    """Blanks between braces belong to the word; what follows argv= is no override."""
    line = "x unix - n n - - pipe null_sender={x y} argv=/c { two words } {} a{b} -oi -o c=d"
    service = parse_service("master.cf", 1, line)
    assert service.overrides == ()
    found = parse_attributes(("user=x", *service.arguments))
    assert found.null_sender == "{x y}"
    assert found.argv == ("/c", "two words", "", "a{b}", "-oi", "-o", "c=d")


# -- macros --------------------------------------------------------------------------


def expand(*words: str, to: tuple[str, ...], flags: str = "", **changes: object) -> list[str]:
    """The arguments for these recipients."""
    attributes = Attributes(argv=words, flags=frozenset(flags))
    return list(expand_arguments(attributes, make_request(*to, **changes), Extensions("+")))


def test_arguments_about_recipients_are_repeated() -> None:
    words = ("start", "$recipient", "mid", "${user}", "$(extension)", "$sender", "${domain}", "end")
    assert expand(*words, to=("a+1@m.test", "b@m.test")) == [
        "start",
        *("a+1@m.test", "b@m.test"),
        "mid",
        *("a", "b"),
        *("1", ""),
        "s@else.test",
        *("m.test", "m.test"),
        "end",
    ]


def test_macros_within_arguments() -> None:
    words = ("${user}@${domain}", "x${extension}y", "$$HOME", "size=$size", "[$queue_id]")
    assert expand(*words, to=("a+1@m.test",)) == [
        "a@m.test",
        "x1y",
        "$HOME",
        "size=20",
        "[4ABCDE1234]",
    ]


def test_what_is_known_of_the_client() -> None:
    words = ("$client_address", "$client_helo", "$client_hostname", "$client_port", "$nexthop")
    client = {
        "client_address": "192.0.2.1",
        "helo": "helo.test",
        "client_name": "c.test",
        "client_port": "25",
    }
    values = ["192.0.2.1", "helo.test", "c.test", "25", "else.test"]
    assert expand(*words, to=("a@m.test",), **client) == values


@pytest.mark.parametrize(
    ("flags", "values"),
    [
        ("", ["U ser+Ext@M.Test", "Q z@O.Test", "U ser", "Ext", "U ser+Ext", "M.Test", "N.Test"]),
        ("h", ["U ser+Ext@m.test", "Q z@o.test", "U ser", "Ext", "U ser+Ext", "m.test", "n.test"]),
        ("u", ["u ser+ext@M.Test", "q z@O.Test", "u ser", "ext", "u ser+ext", "M.Test", "N.Test"]),
        (
            "q",
            ['"U ser+Ext"@M.Test', '"Q z"@O.Test', "U ser", "Ext", "U ser+Ext", "M.Test", "N.Test"],
        ),
    ],
)
def test_flags_about_case_and_quotes(flags: str, values: list[str]) -> None:
    addresses = ("recipient", "original_recipient")
    names = (*addresses, "user", "extension", "mailbox", "domain", "nexthop")
    request = make_request(nexthop="N.Test", sender="S q@X.Test")
    recipients = (RequestRecipient(0, "U ser+Ext@M.Test", "Q z@O.Test"),)
    words = tuple(f"${name}" for name in names)
    found = expand(*words, to=(), flags=flags, recipients=recipients, nexthop="N.Test")
    assert found == values
    sender = '"S q"@X.Test' if "q" in flags else "S q@X.Test"
    assert expand("$sender", to=("a",), flags=flags, sender=request.sender) == [sender]


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("$nosuch", 'unknown macro name: "nosuch"'),
        ("${ user }", 'unknown macro name: " user "'),
        ("${extension?+${extension}}", 'unknown macro name: "extension?+${extension}"'),
        ("$", 'empty macro name: "$"'),
        ("$-", 'empty macro name: "$-"'),
        ("${}", 'empty macro name: "${}"'),
        ("${user", 'truncated macro reference: "${user"'),
    ],
)
def test_what_is_no_macro(argument: str, problem: str) -> None:
    with pytest.raises(BadMacro) as raised:
        expand(argument, to=("a@m.test",))
    assert str(raised.value) == problem


# -- the message ---------------------------------------------------------------------

CONTENT = b"Subject: x\n\nFrom x\n.y\n..z\nlast"


def message(attributes: Attributes, *pieces: bytes, **changes: object) -> bytes:
    """What a command reads."""

    class Pieces:
        size = 0

        def chunks(self) -> Iterator[bytes]:
            yield from pieces or (CONTENT,)

    request = make_request("A b+c@m.test", **changes)
    return b"".join(message_pieces(attributes, request, Pieces(), True, NOW))


def test_a_message_is_copied_unchanged_without_flags() -> None:
    assert message(Attributes()) == CONTENT + b"\n"


def test_flags_that_change_the_message() -> None:
    attributes = Attributes(flags=frozenset("BDFOR.>"), eol=b"\r\n")
    lines = message(attributes).split(b"\r\n")
    assert lines[0].startswith(b"From s@else.test  ")
    assert lines[1:] == [
        b"Return-Path: <s@else.test>",
        b'X-Original-To: "A b+c"@m.test',
        b'Delivered-To: "A b+c"@m.test',
        *(b"Subject: x", b"", b">From x", b"..y", b"...z", b"last", b"", b""),
    ]


@pytest.mark.parametrize(
    ("null_sender", "lines"),
    [
        ("MAILER-DAEMON", [b"From MAILER-DAEMON  ", b"Return-Path: <MAILER-DAEMON>"]),
        ("", [b"From MAILER-DAEMON  ", b"Return-Path: <>"]),
        ("{x y}", [b'From "{x y}"  ', b'Return-Path: <"{x y}">']),
    ],
)
def test_the_null_sender(null_sender: str, lines: list[bytes]) -> None:
    attributes = Attributes(flags=frozenset("FR"), null_sender=null_sender)
    first, second = message(attributes, sender="").split(b"\n")[:2]
    assert [first[: len(lines[0])], second] == lines


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_pieces_do_not_matter(size: int) -> None:
    """Lines are quoted wherever a piece ends."""
    pieces = [CONTENT[at : at + size] for at in range(0, len(CONTENT), size)]
    attributes = Attributes(flags=frozenset(".>"), eol=b"\r\n")
    assert message(attributes, *pieces) == message(attributes)


# -- commands ------------------------------------------------------------------------


@pytest.fixture
def out(place: Path) -> Path:
    """A file that commands write."""
    place.chmod(0o755)
    path = place / "out"
    path.write_text("")
    os.chown(path, OTHER.pw_uid, OTHER.pw_gid)
    return path


def shell(line: str) -> tuple[str, ...]:
    """The arguments for a line of the administrator's; ``$`` is the shell's."""
    return ("argv=/bin/sh", "-c", line.replace("$", "$$"))


def test_a_message_is_delivered(out: Path) -> None:
    """With the rights of the user, in queue_directory, with what export_environment lets through."""
    line = f"cat > {out}; pwd; echo $(id -u) $(id -g) $A-$SECRET-$PATH"
    service = Piped(*shell(line), export_environment="A=b")
    (result,) = service.deliver("a@m.test", content=b"Subject: x\n\nx")
    assert out.read_bytes() == b"Subject: x\n\nx\n"
    shown = f"/ {OTHER.pw_uid} {OTHER.pw_gid} b--/usr/bin:/bin"
    assert result.text == f"delivered via hosted service ({shown})"
    assert (result.status, result.dsn, result.action) == (Status.SENT, "2.0.0", "relayed")


def test_flag_x_makes_the_delivery_final() -> None:
    (result,) = Piped("flags=X", "argv=/bin/true").deliver("a@m.test")
    assert (result.text, result.action) == ("delivered via hosted service", "")


@pytest.mark.parametrize(
    ("line", "status", "dsn", "text"),
    [
        ("exit 67", Status.BOUNCED, "5.1.1", "user unknown"),
        ("echo no; exit 69", Status.BOUNCED, "5.3.0", "service unavailable. Command output: no "),
        ("exit 75", Status.DEFERRED, "4.3.0", "temporary failure"),
        ("echo 5.7.7 own; exit 75", Status.BOUNCED, "5.7.7", "own "),
        (
            "printf 'a\\0b'; exit 75",
            Status.DEFERRED,
            "4.3.0",
            "temporary failure. Command output: a",
        ),
        ("exit 3", Status.BOUNCED, "5.3.0", 'Command died with status 3: "/bin/sh"'),
        ("kill -9 $$", Status.DEFERRED, "4.3.0", 'Command died with signal 9: "/bin/sh"'),
    ],
)
def test_how_commands_end(line: str, status: Status, dsn: str, text: str) -> None:
    results = Piped(*shell(line)).deliver("a@m.test", "b@m.test")
    assert [(found.status, found.dsn, found.text) for found in results] == [(status, dsn, text)] * 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("argv=/no/cmd",), "pipe_command: execvp /no/cmd: No such file or directory"),
        (("argv=nosuchcmd",), "pipe_command: execvp nosuchcmd: No such file or directory"),
        (("argv=/etc/passwd",), "pipe_command: execvp /etc/passwd: Permission denied"),
    ],
)
def test_a_command_that_cannot_be_executed(words: tuple[str, ...], complaint: str) -> None:
    service = Piped(*words)
    (result,) = service.deliver("a@m.test")
    said = f"pipe: fatal: {complaint} "
    assert result.text == f"temporary failure. Command output: {said}"
    assert service.lines.texts[0] == f"fatal: {complaint}"


def test_a_directory_that_is_missing_defers_the_mail() -> None:
    service = Piped("directory=/nonexistent", "argv=/bin/true")
    assert service.deliver("a@m.test")[0].text == "temporary failure"
    ids = f"uid={OTHER.pw_uid} gid={OTHER.pw_gid}"
    text = f'cannot change directory to "/nonexistent" for {ids}: No such file or directory'
    assert service.lines.texts[0] == f"fatal: {text}"


def test_the_time_limit_of_the_transport(out: Path) -> None:
    """What the command started ends with it, and the mail is bounced."""
    began = time.monotonic()
    service = Piped(*shell(f"(sleep 60; echo late > {out}) & wait"), hosted_time_limit="1s")
    (result,) = service.deliver("a@m.test")
    assert (result.dsn, result.text) == ("5.3.0", 'Command time limit exceeded: "/bin/sh"')
    assert time.monotonic() - began < 20
    assert out.read_text() == ""


def test_output_is_bounded() -> None:
    (sent,) = Piped(*shell("yes 0123456789 | head -c 10000000")).deliver("a@m.test")
    assert len(sent.text) < 200
    (failed,) = Piped(*shell("yes 0123456789 | head -c 10000000; exit 1")).deliver("a@m.test")
    assert len(failed.text) < 5000


def test_a_command_that_reads_nothing_gets_mail_of_any_size() -> None:
    (result,) = Piped("argv=/bin/true").deliver("a@m.test", content=b"x" * 79 + b"\n" * 10**6)
    assert result.status is Status.SENT


def test_mail_that_is_too_large_is_returned() -> None:
    (result,) = Piped("size=300", "argv=/bin/true").deliver("a@m.test", size=301)
    assert (result.status, result.dsn, result.text) == (
        Status.BOUNCED,
        "5.2.3",
        "message too large",
    )


def test_flag_d_returns_what_comes_back() -> None:
    service = Piped("flags=D", "argv=/bin/true")
    (result,) = service.deliver("u@d.test", content=b"Delivered-To: U@D.TEST\n\nx\n")
    assert (result.dsn, result.text) == ("5.4.6", "mail forwarding loop for u@d.test")
    (result,) = service.deliver("v@d.test", content=b"Delivered-To: U@D.TEST\n\nx\n")
    assert result.status is Status.SENT


@pytest.mark.parametrize("flag", ["D", "O"])
def test_flags_for_one_recipient(flag: str) -> None:
    service = Piped(f"flags={flag}", "argv=/bin/true")
    results = service.deliver("u@d.test", "v@d.test")
    assert [found.dsn for found in results] == ["4.3.5", "4.3.5"]
    text = f"pipe flag `{flag}' requires hosted_destination_recipient_limit = 1"
    assert service.lines.texts[0] == f"warning: {text}"


def test_an_unknown_macro_defers_the_mail() -> None:
    service = Piped("argv=/bin/true", "$nosuch")
    (result,) = service.deliver("a@m.test")
    assert (result.dsn, result.text) == ("4.3.5", "mail system configuration error")
    text = 'file /nonexistent/master.cf: service hosted: unknown macro name: "nosuch"'
    assert service.lines.texts[0] == f"warning: {text}"


def test_a_probe_runs_nothing(out: Path) -> None:
    service = Piped(*shell(f"echo ran > {out}"))
    (result,) = service.deliver("a@m.test", flags=FLAG_VERIFY_ONLY)
    assert (result.status, result.text) == (Status.DELIVERABLE, "delivers to command: /bin/sh")
    assert out.read_text() == ""
