"""postconf -b and -t; messages are the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import UsageError
from pyfixcli.commands._templates import show_templates
from pyfixcli.config.snapshot import Config

CONFIG = Config(
    "/nowhere",
    {"myhostname": "mail.example.test", "delay_warning_time": "4h", "smtputf8_enable": "no"},
)


def show(letters: str, *operands: str) -> int:
    """The exit status."""
    return show_templates(CONFIG, set(letters), list(operands))


def test_t_shows_templates_as_they_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("t", "") == 0
    text = capfd.readouterr().out
    assert text.startswith("failure_template = <<EOF\nCharset: us-ascii\nFrom: ")
    assert "This is the mail system at host $myhostname.\n" in text


def test_b_shows_them_with_values(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("b") == 0
    text = capfd.readouterr().out
    assert "This is the mail system at host mail.example.test.\n" in text
    assert "could not be delivered for more than 4 hour(s).\n" in text


def test_what_is_wrong_with_a_file_is_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t"
    path.write_text("success_template = <<EOF\nSubject: only\n\n\nEOF\n")
    problem = "missing message text in success template -- ignoring this template"
    assert show("t", str(path)) == 0
    shown = capfd.readouterr()
    assert shown.err == f"postfix/bounce: warning: {path}: {problem}\n"
    assert "Subject: only" not in shown.out


@pytest.mark.parametrize(
    ("letter", "name", "problem"),
    [
        ("t", "none", "fatal: open {}: No such file or directory"),
        ("b", ".", "fatal: read {}: Is a directory"),
        ("t", "bad", "fatal: {}, line 2: missing '=' after attribute name: \"garbage\""),
    ],
)
def test_a_file_that_cannot_be_used(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], letter: str, name: str, problem: str
) -> None:
    """The service that would use it complains."""
    (tmp_path / "bad").write_text("garbage\n")
    path = f"{tmp_path}/{name}"
    assert show(letter, path) == 1
    assert capfd.readouterr().err == f"postfix/bounce: {problem.format(path)}\n"


def test_a_bad_name_in_a_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Is found when it is expanded, and shown as it is before that."""
    path = tmp_path / "t"
    path.write_text("success_template = <<EOF\n\nx ${y\nEOF\n")
    assert show("t", str(path)) == 0
    assert capfd.readouterr().err == ""
    assert show("b", str(path)) == 1
    assert capfd.readouterr().err == (
        'postfix/bounce: warning: truncated macro reference: "x ${y"\n'
        f"postfix/bounce: fatal: {path}: bad $name syntax in success template: x ${{y\n"
    )


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ("bt", "specify one of -b and -t"),
        ("bM", "specify one of -b -M"),
        ("tM", "specify one of -M -t"),
        ("tnh", "with option -t, do not specify -h -n"),
        ("be", "with option -b, do not specify -e"),
    ],
)
def test_what_cannot_be_asked_together(letters: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        show(letters)
    assert str(caught.value) == message
