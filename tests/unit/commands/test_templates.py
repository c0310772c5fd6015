"""postconf -b and -t; messages are the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError, UsageError
from pyfixcli.commands._templates import show_templates
from pyfixcli.config.snapshot import Config

CONFIG = Config(
    "/nowhere",
    {"myhostname": "mail.example.test", "delay_warning_time": "4h", "smtputf8_enable": "no"},
)


def show(letters: str, *operands: str) -> list[str]:
    """The warnings."""
    warnings: list[str] = []
    show_templates(CONFIG, set(letters), list(operands), warnings.append)
    return warnings


def test_t_shows_templates_as_they_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("t", "") == []
    text = capfd.readouterr().out
    assert text.startswith("failure_template = <<EOF\nCharset: us-ascii\nFrom: ")
    assert "This is the mail system at host $myhostname.\n" in text


def test_b_shows_them_with_values(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("b") == []
    text = capfd.readouterr().out
    assert "This is the mail system at host mail.example.test.\n" in text
    assert "could not be delivered for more than 4 hour(s).\n" in text


def test_what_is_wrong_with_a_file_is_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t"
    path.write_text("success_template = <<EOF\nSubject: only\n\n\nEOF\n")
    problem = "missing message text in success template -- ignoring this template"
    assert show("t", str(path)) == [f"{path}: {problem}"]
    assert "Subject: only" not in capfd.readouterr().out


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="open .*/t: No such file or directory"):
        show("t", f"{tmp_path}/t")


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
