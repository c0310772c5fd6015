"""S8, S10 and S37: hostile command lines, header injection, and what the log shows of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from pyfixcli.mail import submission
from tests.support.instance import Instance, wait_for

LINE = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d mail postfix(/[-\w]+)*\[\d+\]: ")

# Exit statuses are those of 3.7.11, where asked.
REFUSED = (
    ("-X{place}/must-not", "{user}"),
    ("-X", "{place}/must-not", "{user}"),
    ("-oA", "{user}"),
    ("-C{place}/must-not", "{user}"),
    ("-C/etc/passwd", "{user}"),
    ("-be", "{user}"),
    ("-bt", "{user}"),
    ("-bd/x", "{user}"),
    ("-d0.1", "{user}"),
    ("-D{place}/must-not", "{user}"),
    ("-M100", "{user}"),
    ("-n", "{user}"),
    ("-B", "8BITMIME\nX", "{user}"),
    ("-q;touch {place}/must-not",),
)
IGNORED = (
    ("-OQueueDirectory={place}/must-not", "{user}"),
    ("-O", "QueueDirectory={place}/must-not", "{user}"),
    ("-oQ{place}/must-not", "{user}"),
    ("-oA{place}/must-not", "{user}"),
    ("-N", "never\nX", "{user}"),
    ("-R", "hdrs\nX", "{user}"),
    ("-L", "a\nb", "{user}"),
)
BREAKS = {"CR": "\r", "LF": "\n", "CRLF": "\r\n", "NEL": "\x85", "LS": "\u2028", "VT": "\x0b"}
BREAKS |= {"FF": "\x0c", "FS": "\x1c", "octet 85": "\udc85"}
PLACES = ("-f", "-F", "-V", "-N", "-R", "-r", "recipient", "NAME", "-L", "-h", "-p")


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance."""
    made = Instance(tmp_path_factory.mktemp("s8"))
    made.start()
    yield made
    made.stop()


def fill(instance: Instance, words: tuple[str, ...]) -> list[str]:
    """The words with names filled in."""
    return [word.format(place=instance.directory, user=instance.user) for word in words]


def files_of(instance: Instance) -> set[str]:
    """What lies beside the queue."""
    return set(os.listdir(instance.directory))


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words[0])
def test_s8_options_that_name_files_or_modes_are_refused(
    instance: Instance, words: tuple[str, ...]
) -> None:
    """Exit status 75, nothing is queued, no file is made."""
    before = files_of(instance), len(instance.delivered())
    done = instance.run("sendmail", *fill(instance, words), data=b"x\n")
    assert done.returncode == 75
    assert done.stderr.count(b"fatal: ") == 1
    assert (files_of(instance), len(instance.delivered())) == before


@pytest.mark.parametrize("words", IGNORED, ids=lambda words: words[0])
def test_s8_options_of_other_mailers_make_no_file(
    instance: Instance, words: tuple[str, ...]
) -> None:
    """They are taken and ignored; the message goes on."""
    before = files_of(instance)
    assert instance.run("sendmail", *fill(instance, words), data=b"x\n").returncode == 0
    assert files_of(instance) == before
    assert instance.mail.exists()


@pytest.mark.parametrize("address", ["-x@mail.example.test", "-X/tmp/x", "-oQ/tmp"])
def test_s8_an_address_that_begins_with_a_dash_is_refused(instance: Instance, address: str) -> None:
    """allow_min_user=no: it could become an option of a child."""
    assert instance.run("sendmail", "-f", "a@b.test", "--", address, data=b"x\n").returncode == 0
    wait_for(
        lambda: re.search(f"to=<{address}.*dsn=5.1.3.*bad address syntax", instance.log_text())
    )


def test_s8_options_end_at_the_double_dash(instance: Instance) -> None:
    """Everything after it is a recipient."""
    before = len(instance.delivered())
    done = instance.run("sendmail", "-f", "a@b.test", "--", instance.user, "-t", data=b"\nx\n")
    assert done.returncode == 0
    wait_for(lambda: len(instance.delivered()) == before + 1)


@pytest.mark.parametrize("option", PLACES)
@pytest.mark.parametrize("name", BREAKS)
def test_s10_no_line_break_makes_a_header(
    instance: Instance, option: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused with 65, or made harmless; the delivered message has no header of the caller's.

    Characters that only Unicode takes for line ends stay inside their line, as in the reference.
    """
    hostile = f"{instance.user}{BREAKS[name]}X-Injected: yes{BREAKS[name]}{BREAKS[name]}body"
    words = [instance.user] if option != "recipient" else []
    if option == "NAME":
        monkeypatch.setenv("NAME", hostile)
    else:
        words = [hostile] if option == "recipient" else [option, hostile, instance.user]
    before = len(instance.delivered())
    status = instance.run("sendmail", *words, data=b"Subject: s\n\nend\n").returncode
    assert status in (0, 65)
    if status == 0 and option != "recipient":
        wait_for(lambda: len(instance.delivered()) > before)
    wait_for(lambda: not [e for e in instance.queue_entries() if e["queue_name"] != "deferred"])
    for message in instance.delivered():
        for line in re.split(rb"\r\n|\r|\n", message):
            assert (
                not line.startswith(b"X-Injected:") or b"Content-Type: multipart/report" in message
            )


@pytest.mark.parametrize("bad", ["\r", "\n", "\0"])
@pytest.mark.parametrize("name", sorted(submission.NAMES))
def test_s10_the_second_line_of_defence_refuses_each_item(name: str, bad: str) -> None:
    """The envelope of a submission cannot be packed or unpacked with a line break in it."""
    with pytest.raises(ValueError):
        submission.pack_envelope([(name, f"a{bad}b")])
    with pytest.raises(ValueError):
        submission.unpack_envelope(f"{name}=a{bad}b\0".encode())


def test_s37_each_event_is_one_printable_line(instance: Instance) -> None:
    """Terminal escapes and line breaks in what is logged become question marks."""
    for text in ("\x1b]0;title\x07", "a\x9b31m", "b\u2028c", "d\u202ee", "\x7f\x08", "\udcff"):
        instance.run("sendmail", "-f", text, f"{text}@mail.example.test", data=b"x\n")
        instance.run("sendmail", "-N", f"never{text}\n", instance.user, data=b"x\n")
        instance.run("postlog", "-t", f"tag{text}\n", f"text{text}\nNov 24 00:00:00 forged")
        instance.run("sendmail", "-bp", "-X", f"{text}\n")
    wait_for(lambda: not [e for e in instance.queue_entries() if e["queue_name"] != "deferred"])
    log = instance.log.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]", log)
    lines = [line for line in log.decode().split("\n") if line and "tag" not in line]
    assert [line for line in lines if not LINE.match(line)] == []
    assert not any(line.startswith("Nov 24 00:00:00 forged") for line in lines)


def test_s24_nul_in_the_body_is_kept_and_ends_nothing(instance: Instance) -> None:
    """As the reference delivers it to a Maildir; of a header nothing is kept from there on."""
    before = len(instance.delivered())
    data = b"Subject: a\0b\nX-Test: 1\n\nbody\0X\n\0\n.\n"
    assert instance.run("sendmail", instance.user, data=data).returncode == 0
    wait_for(lambda: len(instance.delivered()) == before + 1)
    assert any(
        b"\nSubject: a\nX-Test: 1\n" in m and b"body\0X\n\0\n" in m for m in instance.delivered()
    )
