"""A queue on a small filesystem that fills up (root: it mounts a tmpfs)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a tmpfs")


@pytest.fixture
def small(place: Path) -> Iterator[Instance]:
    """An instance whose queue has 12 MiB; mail for elsewhere stays deferred."""
    instance = Instance(place / "i", "default_transport = retry:4.3.0 later")
    instance.queue.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=0755", "tmpfs", str(instance.queue)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a tmpfs here")
    yield instance
    instance.stop()
    subprocess.run(["umount", "-l", str(instance.queue)], check=True)


def test_no_room_is_temporary_and_ends_with_room(small: Instance) -> None:
    """sendmail exits 75, what was accepted stays, and mail is taken again once there is room."""
    small.start()
    text = "Subject: n\n\n" + ("x" * 76 + "\n") * 2000
    statuses = []
    while 75 not in statuses and len(statuses) < 200:
        statuses.append(small.submit("x@else.test", text=text))
    assert set(statuses) == {0, 75}
    assert len(small.queue_entries()) == statuses.count(0)
    assert small.run("postsuper", "-d", "ALL").returncode == 0
    assert small.queue_entries() == []
    assert small.submit("x@else.test", text=text) == 0


def test_what_fits_nowhere_is_heard_to_its_end(small: Instance) -> None:
    """sendmail says that there was no room, not that the mail system was gone."""
    small.start()
    free = os.statvfs(small.queue).f_bavail * os.statvfs(small.queue).f_frsize
    (small.queue / "filler").write_bytes(b"x" * (free - (2 << 20)))
    text = "Subject: large\n\n" + ("x" * 76 + "\n") * 100_000
    sent = small.run("sendmail", "x@else.test", data=text.encode())
    assert sent.returncode == 75
    assert b"queue file write error" in sent.stderr
    assert small.queue_entries() == []
    assert not list((small.queue / "maildrop").iterdir())
