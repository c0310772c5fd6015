"""A log file that is renamed: after a reload every process writes to the new one."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.system import SystemInstance

Make = Callable[..., Instance]
LATER = "default_transport = retry:4.3.0 later"


def rotate(instance: Instance) -> Path:
    """Rename the log file and reload."""
    old = instance.log.with_name("maillog.1")
    instance.log.rename(old)
    assert instance.run("postfix", "reload").returncode == 0
    return old


def open_files(pid: int) -> set[str]:
    """What a process has open."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
    return found


def assert_all_use_the_new_file(instance: Instance, old: Path) -> None:
    """No process of the instance that stays has the old one open."""

    def users() -> list[str]:
        roles = ("master", "store", "queue", "edge", "deliver", "local")
        return [r for r in roles for pid in instance.pids(r) if str(old) in open_files(pid)]

    wait_for(lambda: users() == [])


def test_store_and_queue_write_to_the_new_file(make_instance: Make) -> None:
    """The lines of mail that is sent afterwards are in the new file only, with those of commands."""
    instance = make_instance(LATER)
    instance.start()
    old = rotate(instance)
    assert instance.submit("x@else.test") == 0
    instance.run("postlog", "from a command")
    wait_for(lambda: "status=deferred" in instance.log_text())
    wait_for(lambda: "from a command" in instance.log_text())
    for part in ("uid=", "message-id=", "(queue active)"):
        assert part in instance.log_text() and part not in old.read_text()
    assert_all_use_the_new_file(instance, old)


def test_a_log_file_that_only_root_may_open_is_handed_over(
    make_system: Callable[..., SystemInstance],
) -> None:
    """Store and queue run as mail_owner; master opens the new file for them."""
    instance = make_system(LATER)
    instance.start()
    os.chmod(instance.log, 0o600)
    old = rotate(instance)
    os.chmod(instance.log, 0o600)
    assert instance.log.owner() == "root"
    assert instance.run("sendmail", "x@else.test", data=b"x\n", user="nobody").returncode == 0
    wait_for(lambda: "status=deferred" in instance.log_text())
    assert "(queue active)" in instance.log_text() and "uid=65534" not in old.read_text()
    assert_all_use_the_new_file(instance, old)


def test_a_log_file_that_cannot_be_opened_keeps_the_old_one(make_instance: Make) -> None:
    """The reload fails with a reason, and mail goes on."""
    instance = make_instance(LATER)
    instance.start()
    with (instance.config / "main.cf").open("a") as stream:
        stream.write("maillog_file = /nonexistent/x\nmaillog_file_prefixes = /nonexistent\n")
    assert instance.run("postfix", "reload").returncode == 1
    assert instance.submit("x@else.test") == 0
    wait_for(lambda: "status=deferred" in instance.log_text())


@pytest.mark.parametrize("running", [True, False])
def test_logrotate(make_instance: Make, running: bool) -> None:
    """Renamed with the suffix, compressed, and a new file is used."""
    instance = make_instance(f"{LATER}\nmaillog_file_rotate_suffix = %Y-%%")
    instance.start()
    if not running:
        instance.stop()
    assert instance.run("postfix", "logrotate").returncode == 0
    (packed,) = instance.directory.glob("maillog.*")
    assert packed.name.startswith("maillog.2") and packed.name.endswith("-%.gz")
    assert b"starting the Postfix mail system" in gzip.decompress(packed.read_bytes())
    assert instance.submit("x@else.test") == 0
    if running:
        wait_for(lambda: "status=deferred" in instance.log_text())
        assert "uid=" in instance.log_text()


def test_logrotate_overwrites_nothing(make_instance: Make) -> None:
    """A file that an earlier rotation left stays as it is."""
    instance = make_instance("maillog_file_rotate_suffix = old")
    instance.start()
    (instance.directory / "maillog.old").write_text("kept")
    assert instance.run("postfix", "logrotate").returncode == 1
    assert (instance.directory / "maillog.old").read_text() == "kept"
    assert "already exists" in instance.log_text()


def test_logrotate_fails_with_the_words_of_the_reference(make_instance: Make) -> None:
    """A compressor that fails."""
    instance = make_instance("maillog_file_compressor = false")
    instance.start()
    assert instance.run("postfix", "logrotate").returncode == 1
    text = f"fatal: logfile '{instance.log}' rotation failed:"
    assert text in instance.log_text()
