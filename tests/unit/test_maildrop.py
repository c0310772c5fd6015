"""The maildrop directory: what is taken, and what is removed."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.daemon.submitted import KEPT, Submitted
from pyfixcli.mail import submission
from pyfixcli.queue import maildrop, maildrop_file
from tests.support.instance import Instance

NOW = 1795493378.0
DAY = 86400.0


def make(path: Path, mode: int, days: float) -> None:
    """A file that was last written so many days before NOW."""
    path.write_bytes(b"junk")
    path.chmod(mode)
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))


@pytest.mark.parametrize(
    ("mode", "days", "stays"),
    [
        (0o600, 6, True),
        (0o600, 8, False),
        (0o644, 6, True),
        (0o644, 30, False),
        (0o700, 30, True),
        (0o744, 30, True),
        (0o000, 0, False),
    ],
)
def test_what_the_purge_removes(place: Path, mode: int, days: float, stays: bool) -> None:
    """Incomplete files after seven days, as the reference; complete ones never; given up ones at once."""
    make(place / "F", mode, days)
    assert maildrop.purge(str(place), NOW) == (not stays)
    assert (place / "F").exists() == stays


def test_the_purge_follows_no_link_and_takes_empty_directories(place: Path) -> None:
    """An old link is removed, its target is not; a directory with something in it stays."""
    directory = place / "maildrop"
    directory.mkdir()
    make(place / "target", 0o600, 30)
    (directory / "link").symlink_to(place / "target")
    for name in ("empty", "full"):
        (directory / name).mkdir()
    make(directory / "full" / "f", 0o600, 30)
    for name in ("link", "empty", "full"):
        old = (NOW - 30 * DAY, NOW - 30 * DAY)
        os.utime(directory / name, old, follow_symlinks=False)
    maildrop.purge(str(directory), NOW)
    assert os.listdir(directory) == ["full"]
    assert (place / "target").exists()


def test_a_submission_that_is_given_up_leaves_nothing(place: Path) -> None:
    """Where its writer may unlink it."""
    descriptor, path = maildrop_file.create(str(place))
    os.write(descriptor, b"half")
    maildrop_file.discard(descriptor, path)
    assert os.listdir(place) == []


def test_an_incomplete_file_is_not_listed(place: Path) -> None:
    """It counts once it is durable."""
    descriptor, path = maildrop_file.create(str(place))
    assert maildrop.scan(str(place)) == []
    maildrop_file.complete(descriptor)
    assert maildrop.scan(str(place)) == [os.path.basename(path)]


def test_a_file_that_cannot_be_opened_now_is_no_error_of_its_own(place: Path) -> None:
    """With every descriptor in use the reason to remove it would be ours; a link is none of a message."""
    descriptor, path = maildrop_file.create(str(place))
    maildrop_file.complete(descriptor)
    (place / "link").symlink_to(path)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            maildrop.Entry(str(place), os.path.basename(path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with pytest.raises(maildrop.MaildropError):
        maildrop.Entry(str(place), "link")


@pytest.mark.parametrize("running", [True, False])
def test_postsuper_p_purges(make_instance: Callable[..., Instance], running: bool) -> None:
    """With the daemon up or down; what is fresh stays."""
    instance = make_instance()
    instance.start()
    if not running:
        instance.stop()
    directory = instance.queue / "maildrop"
    for name in ("OLD", "NEW"):
        (directory / name).write_bytes(b"junk")
        (directory / name).chmod(maildrop_file.INCOMPLETE)
    os.utime(directory / "OLD", (1.0, 1.0))
    done = instance.run("postsuper", "-p")
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(os.listdir(directory)) == ["NEW"]


def test_s16_only_mail_owner_may_name_a_submitter(place: Path) -> None:
    """A file of mail_owner comes from the daemon, which knows; one of anybody else that names a submitter is refused."""
    submitted = Submitted(str(place), [("sender", "x")], 1234, limit=0)
    submitted.add(b"text")
    submitted.keep()
    entry = maildrop.Entry(str(place), os.listdir(place)[0])
    assert (entry.submitter(os.getuid()), list(entry.chunks())) == (1234, [b"text"])
    with pytest.raises(maildrop.MaildropError):
        entry.submitter(os.getuid() + 1)
    entry.close()


def test_what_is_not_kept_leaves_nothing(place: Path) -> None:
    """Neither what is small, nor what was written to a file already; beyond the limit no more is kept."""
    for size in (1, KEPT):
        submitted = Submitted(str(place), [], 0, limit=KEPT)
        submitted.add(b"x" * size)
        submitted.discard()
    assert not submitted.is_too_big
    submitted.add(b"x")
    assert submitted.is_too_big
    assert os.listdir(place) == []


def test_the_largest_envelope_has_room_for_its_submitter(place: Path) -> None:
    """What the submit socket takes can be read again: pickup would remove it as no message."""
    items = [("recipient", "x" * 65000)] * (submission.MAX_ENVELOPE // 65011)
    rest = submission.MAX_ENVELOPE - len(submission.pack_envelope(items)) - len("recipient=\0")
    items.append(("recipient", "x" * rest))
    assert len(submission.pack_envelope(items)) == submission.MAX_ENVELOPE
    submitted = Submitted(str(place), items, 4294967294, limit=0)
    submitted.add(b"content\n")
    submitted.keep()
    (name,) = os.listdir(place)
    entry = maildrop.Entry(str(place), name)
    assert entry.submitter(os.geteuid()) == 4294967294
    assert b"".join(entry.chunks()) == b"content\n"
    entry.close()
