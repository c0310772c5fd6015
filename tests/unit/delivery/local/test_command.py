"""Commands of local(8): what they find in their environment and on standard input, and whose rights they have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.delivery.local.command import environment
from pyfixcli.mail.delivery import Status
from tests.support.agent_run import OTHER
from tests.support.local_run import DOMAIN, Local

ME = OTHER.pw_name


def test_the_environment(place: Path) -> None:
    """local(8): ENVIRONMENT; nothing else is there."""
    local = Local(place)
    client = {"client_name": "c.test", "client_address": "192.0.2.1", "helo": "h.test"}
    attempt = local.attempt("Me+Ext", protocol="ESMTP", **client)
    user = local.context.default_user
    assert environment(attempt, attempt.first_target, user) == {
        "PATH": "/usr/bin:/bin",
        **({"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}),
        **({"HOME": user.home} if user.home else {}),
        **({"SHELL": user.shell} if user.shell else {}),
        "USER": "me",
        "LOGNAME": "me",
        "EXTENSION": "ext",
        "DOMAIN": DOMAIN,
        "LOCAL": "me+ext",
        "RECIPIENT": f"Me+Ext@{DOMAIN}",
        "ORIGINAL_RECIPIENT": "Me+Ext",
        "CLIENT_ADDRESS": "192.0.2.1",
        "CLIENT_HELO": "h.test",
        "CLIENT_HOSTNAME": "c.test",
        "CLIENT_PROTOCOL": "ESMTP",
        "SENDER": "s@else.test",
    }


def test_what_a_sender_chooses_is_filtered(place: Path) -> None:
    """command_expansion_filter: underscores for all else."""
    attempt = Local(place).attempt("me+$(x);`y`|z\n", sender="a'b\"c d@else.test", helo="<h>")
    found = environment(attempt, attempt.first_target, attempt.context.default_user)
    assert found["EXTENSION"] == "__x___y__z_"
    assert found["SENDER"] == "a_b_c_d@else.test"
    assert found["CLIENT_HELO"] == "_h_"


def test_nothing_is_there_for_what_is_not_known(place: Path) -> None:
    attempt = Local(place).attempt("me", sender="")
    found = environment(attempt, attempt.first_target, attempt.context.default_user)
    assert "EXTENSION" not in found and "CLIENT_HELO" not in found
    assert found["SENDER"] == ""


def test_the_message_on_standard_input(place: Path) -> None:
    """With a From_ line and the headers of a delivery; lines are not quoted."""
    place.chmod(0o711)
    out = place / "out"
    out.mkdir()
    out.chmod(0o777)
    local = Local(place, {"cmd": f'"|cat > {out}/mail"'})
    local.deliver("cmd", content=b"Subject: x\n\nFrom here\n")
    lines = (out / "mail").read_text().split("\n")
    assert lines[0].startswith("From s@else.test  ")
    assert lines[1:] == [
        "Return-Path: <s@else.test>",
        "X-Original-To: cmd",
        f"Delivered-To: cmd@{DOMAIN}",
        "Subject: x",
        "",
        "From here",
        "",
    ]


def test_each_command_runs_once(place: Path) -> None:
    """Also when two aliases name it."""
    local = Local(place, {"a": '"|true", b', "b": '"|true", "|true "'})
    assert len([text for text in local.said("a") if "command" in text]) == 2


@pytest.mark.parametrize(
    ("line", "status", "dsn"),
    [
        ("exit 67", Status.BOUNCED, "5.1.1"),
        ("exit 75", Status.DEFERRED, "4.3.0"),
        ("echo 4.2.2 full; exit 1", Status.DEFERRED, "4.2.2"),
    ],
)
def test_ends(place: Path, line: str, status: Status, dsn: str) -> None:
    (result,) = Local(place, {"cmd": f'"|{line}"'}).deliver("cmd")
    assert (result.status, result.dsn) == (status, dsn)


def test_the_time_limit(place: Path) -> None:
    (result,) = Local(place, {"cmd": '"|sleep 60"'}, command_time_limit="1s").deliver("cmd")
    assert result.text.startswith('Command time limit exceeded: "sleep 60"')


def test_the_directory_is_a_parameter(place: Path) -> None:
    """command_execution_directory with what is known; one that is not there defers."""
    place.chmod(0o755)
    (place / "ext").mkdir()
    (place / "ext").chmod(0o755)
    settings = {"command_execution_directory": f"{place}/$extension"}
    local = Local(place, {"cmd": '"|pwd; exit 70"'}, **settings)
    assert local.deliver("cmd+ext")[0].diagnostic.strip() == f"{place}/ext"
    assert local.deliver("cmd+none")[0].status is Status.DEFERRED


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: rights of other users")
def test_whose_rights(place: Path) -> None:
    """Aliases: default_privs; mailbox_command: the user, and default_privs for root."""
    say = "id -u; id -G; exit 70"
    local = Local(place, {"cmd": f'"|{say}"'}, mailbox_command=say)
    assert local.deliver("cmd")[0].diagnostic.split() == ["65534", "65534"]
    assert local.deliver(ME)[0].diagnostic.split()[0] == str(OTHER.pw_uid)
    assert local.deliver("root")[0].diagnostic.split()[0] == "65534"


def test_local_command_shell_gets_each_command(place: Path) -> None:
    """As its last argument, after its own words, also a command that needs no shell. As in the reference."""
    place.chmod(0o711)
    shell = place / "shell"
    shell.write_text('#!/bin/sh\necho "5.7.99 $# $1 $2 <$3>"; exit 1\n')
    shell.chmod(0o755)
    local = Local(place, mailbox_command="run it | now", local_command_shell=f"{shell} -x  -y")
    assert local.said(ME) == [f"{ME}: 3 -x -y <run it | now> "]


def test_a_local_command_shell_that_is_not_there(place: Path) -> None:
    """Mail waits."""
    local = Local(place, mailbox_command="cat", local_command_shell="/no/such -c")
    (result,) = local.deliver(ME)
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.0")
    complaint = "pipe_command: execvp /no/such: No such file or directory"
    text = f"temporary failure. Command output: local: fatal: {complaint} "
    assert [outcome.text for outcome in result.outcomes] == [text]
    assert any(line.endswith(f"fatal: {complaint}") for line in local.lines.texts)
