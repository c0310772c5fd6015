"""Which replies of servers the postmaster hears of (notify_classes = protocol), as in the reference."""

from __future__ import annotations

import pytest

from pyfixcli.mail.transcript import Transcript
from tests.support.client_run import Client, make_request
from tests.support.scripted_server import ScriptedServer


class Postmaster:
    """Keeps the transcripts."""

    def __init__(self) -> None:
        self.transcripts: list[list[str]] = []

    def notify(self, server: str, transcript: Transcript) -> None:
        """A notice."""
        self.transcripts.append(list(transcript.lines(str)))


def deliver(event: str, reply: str, **changes: object) -> list[list[str]]:
    """The transcripts after one delivery to a server with one odd reply."""
    postmaster = Postmaster()
    with ScriptedServer((event, "", reply)) as server:
        Client(notifier=postmaster).deliver(make_request(server, **changes))
    return postmaster.transcripts


@pytest.mark.parametrize(
    ("event", "reply"),
    [
        ("RCPT", "500 5.1.1 no"),
        ("RCPT", "509 5.1.1 no"),
        ("RCPT", "555 5.1.1 no"),
        ("RCPT", "354 huh"),
        ("MAIL", "503 5.5.1 no"),
        ("DATA", "250 2.0.0 what"),
        ("end", "354 5.5.1 no"),
        ("MAIL", "garbage\n250 ok"),
    ],
)
def test_replies_that_break_the_protocol_are_reported(event: str, reply: str) -> None:
    (lines,) = deliver(event, reply)
    assert f" In:  {reply.splitlines()[0]}" in lines


@pytest.mark.parametrize(
    ("event", "reply"),
    [
        ("RCPT", "550 5.1.1 no"),
        ("RCPT", "510 5.1.1 no"),
        ("MAIL", "421 4.3.0 bye"),
        ("end", "250 ok"),
    ],
)
def test_plain_refusals_are_not_reported(event: str, reply: str) -> None:
    assert deliver(event, reply) == []


@pytest.mark.parametrize("sender", ["", "double-bounce@client.test"])
def test_mail_of_the_mail_system_is_not_reported(sender: str) -> None:
    """A report about a report that cannot be delivered would be the next one."""
    assert deliver("RCPT", "500 5.1.1 no", sender=sender) == []


def test_content_is_no_part_of_the_transcript() -> None:
    (lines,) = deliver("end", "503 5.5.1 no")
    assert lines[-4:] == [
        " In:  354 go on",
        " Out: .",
        " Out: QUIT",
        " In:  503 5.5.1 no",
    ]
