"""The content of a submission that cannot be made durable at its end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

from pyfixcli.base import paths
from tests.support.instance import BIN, Instance, wait_for

Make = Callable[..., Instance]


def test_content_that_is_lost_at_its_end_is_refused_for_now(make_instance: Make) -> None:
    """sendmail says that it was not written, exits 75, and nothing waits anywhere."""
    instance = make_instance()
    instance.start()
    content, away = instance.queue / paths.CONTENT, instance.directory / "away"
    sender = subprocess.Popen(
        [BIN / "sendmail", instance.user],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MAIL_CONFIG": str(instance.config)},
    )
    assert sender.stdin is not None
    sender.stdin.write(b"Subject: large\n\n" + (b"x" * 76 + b"\n") * 20_000)
    sender.stdin.flush()
    wait_for(lambda: any(content.iterdir()))
    content.rename(away)
    _, complaint = sender.communicate(timeout=30)
    away.rename(content)
    assert sender.returncode == os.EX_TEMPFAIL
    assert b"queue file write error" in complaint
    assert instance.is_queue_empty()
    assert not any((instance.queue / paths.MAILDROP).iterdir())
    assert instance.submit(instance.user) == 0
