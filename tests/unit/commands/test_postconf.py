"""postconf(1) as it is called; what it prints was tried on Postfix 3.7.11, save for JSON, which is that of 3.11."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.commands._postconf_options import check_options, parse_classes
from pyfixcli.commands.postconf import main
from pyfixcli.config.expand import ExpansionError

MAIN = """\
compatibility_level = 3.6
mynetworks = 127.0.0.0/8
used = 1
mistyped = $used
relayhost = [relay.$used]
"""
MASTER = """\
smtp inet n - n - - smtpd -o smtpd_banner=$used -o { own = a  b }
 -o always_bcc=$own -o nothing=$none
foo unix - - n - 3 pipe flags=R {user=a b}
"""
IN_MASTER = [
    "{}/master.cf: undefined parameter: none",
    "{}/master.cf: unused parameter: nothing=$none",
]
IN_MAIN = [*IN_MASTER, "{}/main.cf: unused parameter: mistyped=$used"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text(MASTER)
    return tmp_path


def call(
    place: Path, capfd: pytest.CaptureFixture[str], *words: str, warnings: list[str] = IN_MAIN
) -> str:
    """What a call prints, after a look at its warnings."""
    assert main(["postconf", "-c", str(place), *words]) == 0
    output, errors = capfd.readouterr()
    expected = sorted(f"postconf: warning: {line}".replace("{}", str(place)) for line in warnings)
    assert sorted(errors.splitlines()) == expected
    return output


def test_what_main_cf_sets(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Sorted, without what is unused."""
    assert call(place, capfd, "-n").splitlines() == [
        "compatibility_level = 3.6",
        f"config_directory = {place}",
        "mynetworks = 127.0.0.0/8",
        "relayhost = [relay.$used]",
        "used = 1",
    ]


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("-x relayhost used", "relayhost = [relay.1]\nused = 1\n"),
        ("-xh -o used=2 relayhost", "[relay.2]\n"),
        ("-H relayhost", "relayhost\n"),
        ("-j used relayhost", '{"used": "1"}\n{"relayhost": "[relay.$used]"}\n'),
        ("-n biff used", "used = 1\n"),
        ("foo_time_limit virtual_maps", "foo_time_limit = $command_time_limit\nvirtual_maps =\n"),
        ("-n -C user", "used = 1\n"),
    ],
)
def test_parameters(
    place: Path, capfd: pytest.CaptureFixture[str], words: str, output: str
) -> None:
    assert call(place, capfd, *words.split()) == output


def test_unknown_names(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Also what only master.cf sets, and what is unused."""
    unknown = [f"{name}: unknown parameter" for name in ("own", "mistyped", "smtp_time_limit")]
    words = ["own", "mistyped", "smtp_time_limit"]
    assert call(place, capfd, *words, warnings=[*IN_MAIN, *unknown]) == ""


def test_defaults(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """main.cf does not count."""
    unknown = ["used: unknown parameter"]
    output = call(place, capfd, "-d", "relayhost", "used", "myorigin", warnings=unknown)
    assert output == "relayhost =\nmyorigin = $myhostname\n"


def test_services(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In columns, with overrides behind the command."""
    shown = call(place, capfd, "-M", "foo", "smtp/*", warnings=IN_MASTER)
    assert shown == (
        "smtp       inet  n       -       n       -       -       smtpd"
        " -o smtpd_banner=$used -o {own=a  b} -o always_bcc=$own -o nothing=$none\n"
        "foo        unix  -       -       n       -       3       pipe flags=R {user=a b}\n"
    )


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("-Px smtp/inet/smtpd_banner smtp/inet/always_bcc",
         "smtp/inet/smtpd_banner = 1\nsmtp/inet/always_bcc = a b\n"),
        ("-PH smtp", "".join(f"smtp/inet/{n}\n" for n in ("always_bcc", "nothing", "own", "smtpd_banner"))),
        ("-F */*/process_limit", "smtp/inet/process_limit = -\nfoo/unix/process_limit = 3\n"),
        ("-Fh foo/unix/command", "pipe flags=R {user=a b}\n"),
        ("-Ff smtp/inet/command",
         "smtp/inet/command = smtpd\n    -o smtpd_banner=$used\n    -o {own=a  b}\n"
         "    -o always_bcc=$own\n    -o nothing=$none\n"),
        ("-Mj foo", '{"foo/unix": "foo unix - - n - 3 pipe flags=R {user=a b}"}\n'),
        ("-Fj foo/unix/wakeup", '{"foo/unix/wakeup": "-"}\n'),
        ("-Pj smtp/inet/own", '{"smtp/inet/own": "a  b"}\n'),
    ],
)  # fmt: skip
def test_fields_and_parameters_of_services(
    place: Path, capfd: pytest.CaptureFixture[str], words: str, output: str
) -> None:
    assert call(place, capfd, *words.split(), warnings=IN_MASTER) == output


def test_requests_that_nothing_fits(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    unmatched = ['unmatched request: "bar"', 'unmatched request: "foo/inet"']
    assert call(place, capfd, "-M", "bar", "foo/inet", warnings=[*IN_MASTER, *unmatched]) == ""


def test_everything_of_nothing(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An asterisk is a request as others are."""
    (place / "master.cf").write_text("")
    assert call(place, capfd, "-M", warnings=[]) == ""
    unmatched = ['unmatched request: "*"']
    assert call(place, capfd, "-M", "*", warnings=unmatched) == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-M a/b/c", "-M option requires service_name[/type]"),
        ("-P /inet", "-P option requires service_name[/type[/parameter]]"),
        ("-F a/b/c", 'invalid service attribute name: "c"'),
        ("-o =1 biff", "invalid parameter override: =1: missing attribute name"),
        ("-o one biff", "invalid parameter override: one: missing '=' after attribute name"),
        ("-C user,bad", 'unknown -C option value "bad" in "user,bad"'),
    ],
)
def test_words_that_cannot_be_used(place: Path, words: str, message: str) -> None:
    with pytest.raises(PyfixError) as caught:
        main(["postconf", "-c", str(place), *words.split()])
    assert str(caught.value) == message


def test_services_are_looked_at_before_the_words(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with the file is said also where the words cannot be used."""
    with pytest.raises(PyfixError, match="-M option requires"):
        main(["postconf", "-c", str(place), "-M", "a/b/c"])
    warning = f"postconf: warning: {place}/master.cf: undefined parameter: none\n"
    assert capfd.readouterr().err == warning


def test_a_value_that_cannot_be_expanded_ends_it(place: Path) -> None:
    """Also if another one is asked for."""
    (place / "main.cf").write_text("myorigin = a${b\n")
    with pytest.raises(ExpansionError) as caught:
        main(["postconf", "-c", str(place), "biff"])
    assert caught.value.ending == "macro processing error"
    assert caught.value.warnings == ('truncated macro reference: "a${b"',)


def test_an_unused_one_does_not(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "main.cf").write_text("foo = a${b\n")
    (place / "master.cf").write_text("")
    warnings = ['truncated macro reference: "a${b"', "{}/main.cf: unused parameter: foo=a${b"]
    assert call(place, capfd, "-h", "relayhost", warnings=warnings) == "\n"


def test_parameters_of_databases(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """They have their meaning from the value that names the database."""
    (place / "main.cf").write_text(
        "alias_maps = $t, pipemap:{proxy:pgsql:p, static:x}\nt = ldap:l\n"
        "l_server_host = 1\np_hosts = 2\nl_hosts = 3\nq_hosts = 4\n"
    )
    (place / "master.cf").write_text("")
    unused = [f"{{}}/main.cf: unused parameter: {text}" for text in ("l_hosts=3", "q_hosts=4")]
    shown = call(place, capfd, "-nH", "-C", "user", warnings=unused)
    assert shown.split() == ["l_server_host", "p_hosts", "t"]


def test_master_cf_is_missed(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "master.cf").unlink()
    (place / "main.cf").write_text("")
    missing = ["open {}/master.cf: No such file or directory"]
    assert call(place, capfd, "-h", "biff", warnings=missing) == "yes\n"
    with pytest.raises(PyfixError, match=r"open .*/master.cf: No such file or directory"):
        main(["postconf", "-c", str(place), "-M"])
    (place / "main.cf").unlink()
    with pytest.raises(PyfixError, match=r"open .*/master.cf: No such file or directory"):
        main(["postconf", "-c", str(place), "-P"])
    with pytest.raises(PyfixError, match=r"open .*/main.cf: No such file or directory"):
        main(["postconf", "-c", str(place), "-n"])


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ("btM", "specify one of -b and -t"),
        ("FMP", "specify one of -F -M -P"),
        ("aA", "specify one of -a -A"),
        ("dneX", "specify one of -d -e -n -X"),
        ("eX#f", "specify one of -e -X -#"),
        ("fxe", "specify one of -e -f"),
        ("xeh", "specify one of -e -x"),
        ("eoH", "specify one of -e -o"),
        ("do", "specify one of -d -o"),
        ("hHf", "specify one of -h -H"),
        ("Mdh", "with option -M, do not specify -d -h"),
        ("Fn", "with option -F, do not specify -n"),
        ("P#", "with option -P, do not specify -#"),
        ("afh", "with option -a, do not specify -f -h"),
        ("Te", "with option -T, do not specify -e"),
        ("hj", "specify one of -h -j"),
    ],
)
def test_options_that_contradict(letters: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_options(set(letters))
    assert str(caught.value) == message


@pytest.mark.parametrize("letters", ["dxf", "np", "pC", "Mfxo", "PhfxoC", "FHx", "nxo", "Mj", "lC"])
def test_options_that_do_not(letters: str) -> None:
    check_options(set(letters))


def test_classes() -> None:
    """In any case, all of them with one word."""
    assert parse_classes("user, BuiltIn") == {"user", "builtin"}
    assert parse_classes("all") == {"builtin", "service", "user"}
    assert parse_classes("") == frozenset()


def test_lists(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert call(place, capfd, "-l", warnings=[]) == "flock\nfcntl\ndotlock\n"
    types = call(place, capfd, "-m", warnings=[]).split()
    assert types == sorted(types)
    assert not {"netinfo", "nisplus", "sdbm"} & set(types)  # they are refused
    assert {"lmdb", "pcre", "proxy", "static", "unix"} <= set(types)
    assert call(place, capfd, "-T", "run-version", warnings=[]).startswith("OpenSSL ")
    assert main(["postconf", "-T", "x"]) == 1
