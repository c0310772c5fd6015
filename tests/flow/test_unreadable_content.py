"""A content file that cannot be read (here a link in its place, which not even root follows): reasons, no tracebacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for

SETTINGS = "queue_content_limit = 100\ndefault_transport = retry:4.0.0 later\n"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """Its messages lie in files, and are deferred unless they are local."""
    made = Instance(tmp_path, SETTINGS)
    made.start()
    yield made
    made.stop()


def _spoil(instance: Instance, recipient: str) -> tuple[str, Path]:
    """A deferred message whose file is a link now: its queue id and the file."""
    assert instance.submit("-f", "a@far.test", recipient, text=f"Subject: x\n\n{'x' * 2000}\n") == 0
    wait_for(lambda: "status=deferred" in instance.log_text())
    [entry] = instance.queue_entries()
    path = instance.queue / "content" / str(entry["queue_id"])
    path.rename(tmp := path.with_name("elsewhere"))
    path.symlink_to(tmp)
    return str(entry["queue_id"]), path


def test_postcat_says_why(instance: Instance) -> None:
    """One line, and exit status 1."""
    queue_id, path = _spoil(instance, "u@far.test")
    done = instance.run("postcat", "-q", queue_id)
    reason = f"postcat: fatal: open queue file {path}: Too many levels of symbolic links\n"
    assert (done.returncode, done.stderr.decode()) == (1, reason)


def test_delivery_is_put_off(instance: Instance) -> None:
    """The agent logs the reason, and the message stays."""
    _, path = _spoil(instance, "u@far.test")
    instance.configure(
        f"local_transport = local\nmydestination = far.test\nluser_relay = {instance.user}"
    )
    assert instance.run("postfix", "reload").returncode == 0
    wait_for(lambda: "reload -- version" in instance.log_text())
    instance.run("postqueue", "-f")
    wait_for(lambda: instance.log_text().count("status=deferred") == 2)
    assert f"fatal: open queue file {path}: " in instance.log_text()
    assert "Traceback" not in instance.log_text()
    assert len(instance.queue_entries()) == 1
