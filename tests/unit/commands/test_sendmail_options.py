"""sendmail's command line: forms, modes and combinations, with the words of the reference."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.commands import sendmail
from pyfixcli.commands._context import Diagnostics


class Heard(Diagnostics):
    """Keeps warnings instead of printing them."""

    def __init__(self) -> None:
        super().__init__(None, "sendmail")
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def parse(*words: str, name: str = "sendmail") -> tuple[sendmail.Settings, list[str], list[str]]:
    """Settings, recipients and warnings of a command line."""
    heard = Heard()
    settings, recipients = sendmail.parse([name, *words], heard)
    return settings, recipients, heard.warnings


def check(*words: str) -> str:
    """What is said about a combination of options, or nothing."""
    settings, recipients, _ = parse(*words)
    try:
        sendmail._check_combination(settings, recipients)
    except PyfixError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "words", "mode"),
    [
        ("sendmail", [], sendmail.SUBMIT),
        ("mailq", [], sendmail.LIST),
        ("/usr/bin/mailq", [], sendmail.LIST),
        ("newaliases", [], sendmail.ALIASES),
        ("smtpd", [], sendmail.DAEMON),
        ("rmail", [], sendmail.SUBMIT),
        ("mailq", ["-q"], sendmail.FLUSH),
        ("mailq", ["-bi"], sendmail.ALIASES),
        ("mailq", ["-bm"], sendmail.SUBMIT),
        ("newaliases", ["-bp"], sendmail.LIST),
        ("sendmail", ["-I", "-q"], sendmail.FLUSH),
        ("sendmail", ["-q", "-bp"], sendmail.LIST),
        ("sendmail", ["-bl"], sendmail.DAEMON),
        ("sendmail", ["-bh"], sendmail.NOTHING),
        ("sendmail", ["-bH"], sendmail.NOTHING),
        ("sendmail", ["-bv"], sendmail.SUBMIT),
    ],
)
def test_the_mode_comes_from_the_name_then_from_options(
    name: str, words: list[str], mode: str
) -> None:
    """The last option counts."""
    assert parse(*words, name=name)[0].mode == mode


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-bz"], "unsupported: -bz"),
        (["-b", ""], "unsupported: -b"),
        (["-Xfile"], "unsupported: -Xf"),
        (["-n"], "-n option not supported"),
        (["-oA", "alice"], "-oA requires pathname"),
        (["-B9BIT"], "-B option needs 8BITMIME or 7BIT"),
        (["-qR"], "specify: -qRsitename"),
        (["-qI"], "specify: -qIqueueid"),
        (["-qSsite"], "-qS is not implemented"),
        (["-q!I"], "-q! is not implemented"),
        (["-XVaa"], "-V requires two characters from -=+"),
        (["-XV+"], "-V requires two characters from -=+"),
        (["-Vid"], "-V requires two characters from -=+"),
        (["-Z"], "usage: sendmail [options]"),
        (["-M", "id"], "usage: sendmail [options]"),
        (["-s"], "usage: sendmail [options]"),
    ],
)
def test_what_is_refused(words: list[str], text: str) -> None:
    """Each with its own words."""
    with pytest.raises(PyfixError) as caught:
        parse(*words)
    assert str(caught.value) == text


def test_the_usage_has_the_name_of_the_call() -> None:
    """mailq -Z."""
    with pytest.raises(PyfixError, match=r"^usage: mailq \[options\]$"):
        parse("-Z", name="mailq")


DEPRECATED = "option -V{0} is deprecated with Postfix 2.3; specify -XV{0} instead"


@pytest.mark.parametrize(
    ("words", "verp", "envid", "recipients", "warnings"),
    [
        (["-XV", "a"], "", "", ["a"], []),
        (["-XV+=", "a"], "+=", "", ["a"], []),
        (["-V+-", "a"], "+-", "", ["a"], [DEPRECATED.format("+-")]),
        (["-V", "-f", "bob", "a"], "", "", ["a"], [DEPRECATED.format("")]),
        (["-V", "id"], "", "", ["id"], [DEPRECATED.format("")]),
        (["-V", "+=", "a"], "", "", ["+=", "a"], [DEPRECATED.format("")]),
        (["-Venv", "a"], None, "env", ["a"], []),
        (["-V", "env", "a"], None, "env", ["a"], []),
        (["-VX", "a"], None, "X", ["a"], []),
        (["-V", "-bp"], None, "-bp", [], []),
        (["-V", "a b", "a"], None, "a b", ["a"], []),
        (["-V", "", "a"], None, "", ["a"], ["bad syntax in -V option value -- ignored"]),
        (["-V", "böb", "a"], None, "", ["a"], ["bad syntax in -V option value -- ignored"]),
        (["-V", "id\nx", "a"], None, "", ["a"], ["bad syntax in -V option value -- ignored"]),
        (["-V", "x" * 101, "a"], None, "", ["a"], ["too long -V option value -- ignored"]),
        (["-V", "x" * 100, "a"], None, "x" * 100, ["a"], []),
    ],
)
def test_v_is_an_envelope_id_or_for_xv(
    words: list[str], verp: str | None, envid: str, recipients: list[str], warnings: list[str]
) -> None:
    """Two characters are delimiters, as they were once; any other value is an envelope id."""
    settings, found, heard = parse(*words)
    assert (settings.verp, settings.envid, found, heard) == (verp, envid, recipients, warnings)


BAD_NOTIFY = "bad -N option value -- ignored"


@pytest.mark.parametrize(
    ("value", "notify", "warnings"),
    [
        ("never", 1, []),
        ("never never", 1, []),
        ("failure, delay", 12, []),
        ("FAILURE", 4, []),
        ("failure,", 4, []),
        ("success,success", 2, []),
        ("never,failure", 0, [BAD_NOTIFY]),
        ("", 0, [BAD_NOTIFY]),
        (
            "bogus,failure",
            0,
            ['unknown DSN NOTIFY command value "bogus" in "bogus,failure"', BAD_NOTIFY],
        ),
    ],
)
def test_n_takes_words_and_warns_of_others(value: str, notify: int, warnings: list[str]) -> None:
    """What is bad is ignored."""
    settings, _, heard = parse("-N", value)
    assert (settings.notify, heard) == (notify, warnings)


def test_r_warns_of_other_words() -> None:
    """An empty one too."""
    settings, _, heard = parse("-R", "bogus", "-R", "")
    assert (settings.ret, heard) == ("", ["bad -R option value -- ignored"] * 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-bp", "a"], "display queue mode requires no recipient"),
        (["-bi", "a"], "alias initialization mode requires no recipient"),
        (["-bd", "a"], "daemon mode requires no recipient"),
        (["-bl", "a"], "daemon mode requires no recipient"),
        (["-bs", "a"], "stand-alone mode requires no recipient"),
        (["-q", "a"], "flush queue mode requires no recipient"),
        (["-qRx", "a"], "flush site requires no recipient"),
        (["-qIx", "a"], "flush queue_id requires no recipient"),
        (["-bh", "a"], ""),
        (["-q15m", "a"], ""),
        (["-q15m", "-bd", "a"], "daemon mode requires no recipient"),
        (["-t", "-q"], "-t can be used only in delivery mode"),
        (["-bv", "-t", "-bp"], "-t can be used only in delivery mode"),
        (["-qRx", "-q"], "-qR can be used only in delivery mode"),
        (["-qIx", "-bp"], "-qI can be used only in delivery mode"),
        (["-bv", "-t"], "-t option cannot be used with -bv"),
        (["-bv", "-N", "never", "a"], "-N option cannot be used with -bv"),
        (["-N", "never", "-bv", "-bp"], "-N option cannot be used with -bv"),
        (["-bv", "-R", "full", "a"], "-R option cannot be used with -bv"),
        (["-v", "-bv", "a"], "-v option cannot be used with -bv"),
        (["-bv", "-V", "env", "a"], ""),
        (["-qRx", "-t"], ""),
    ],
)
def test_what_does_not_go_together(words: list[str], text: str) -> None:
    """Each with its own words; nothing where the reference says nothing."""
    assert check(*words) == text


@pytest.mark.parametrize(
    ("words", "queue_id", "site"),
    [
        (["-qIa", "-qRb"], "", "b"),
        (["-qRa", "-qIb"], "b", ""),
        (["-qRa", "-qRb"], "", "b"),
    ],
)
def test_the_last_of_qi_and_qr_counts(words: list[str], queue_id: str, site: str) -> None:
    """Of several requests."""
    settings = parse(*words)[0]
    assert (settings.queue_id, settings.site) == (queue_id, site)


@pytest.mark.parametrize("words", [["-q", "-bd"], ["-bd", "-q"]])
def test_q_is_ignored_in_daemon_mode(words: list[str]) -> None:
    """In either order."""
    settings, _, heard = parse(*words)
    assert settings.mode == sendmail.DAEMON
    assert heard == ["ignoring -q option in daemon mode"]


def test_ot_is_not_t() -> None:
    """Of the letters after -o only i and A mean something."""
    assert not parse("-ot", "-oiA", "-o", "")[0].extract


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        (None, None),
        ("/etc/x", "/etc/x"),
        ("/etc/x/main.cf", "/etc/x"),
        ("main.cf", "."),
        ("/etc/x/master.cf", "/etc/x/master.cf"),
        ("", ""),
    ],
)
def test_c_takes_main_cf_or_its_directory(name: str | None, directory: str | None) -> None:
    """No other file."""
    assert sendmail._config_directory(name) == directory
