"""Transcripts of sessions; folding is the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.log.maillog import printable
from pyfixcli.mail.notify_class import NotifyClass, parse_notify_classes
from pyfixcli.mail.transcript import MAX_LINES, Transcript


def test_lines_are_folded_at_79_characters() -> None:
    transcript = Transcript()
    transcript.hear(b"FOO 34567890" + 6 * b" 234567890" + b" 2  5")
    transcript.say(b"250-mail.example.test\r\n250 CHUNKING\r\n")
    assert list(transcript.lines(printable)) == [
        " In:  FOO 34567890" + 6 * " 234567890" + "\n     2  5",
        " Out: 250-mail.example.test",
        " Out: 250 CHUNKING",
    ]
    assert transcript.count == 3


def test_a_peer_cannot_write_control_characters() -> None:
    transcript = Transcript()
    transcript.hear(b"FOO 345\x01\x80\xc3\xa9")
    assert list(transcript.lines(printable)) == [" In:  FOO 345??é"]


def test_a_transcript_does_not_grow_without_end() -> None:
    """BDAT may be said a million times within one message."""
    transcript = Transcript()
    for _ in range(MAX_LINES + 10):
        transcript.hear(b"BDAT 1")
    assert transcript.count == MAX_LINES


def test_classes_are_words_in_any_case() -> None:
    classes = parse_notify_classes("bounce, Policy 2bounce")
    wanted = NotifyClass.BOUNCE | NotifyClass.DOUBLE_BOUNCE | NotifyClass.POLICY
    assert classes == wanted


def test_an_unknown_class_is_an_error() -> None:
    with pytest.raises(ValueError, match='unknown notify_classes value "nonsense" in "resource,'):
        parse_notify_classes("resource, nonsense")
