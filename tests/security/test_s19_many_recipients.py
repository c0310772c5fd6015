"""S19: a submission that names very many recipients holds up nobody else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from pyfixcli.mail import submission
from tests.security.test_s38_s39_sockets import submit_raw
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
RECIPIENTS = 200_000
LONGEST = 2.0  # seconds that an SMTP client waits meanwhile; it took 7 and more


def test_s19_very_many_recipients_hold_up_no_smtp_client(make_instance: Make) -> None:
    """They are looked at in pieces."""
    instance = make_instance("edge_processes = 1\ndefer_transports = discard")
    instance.start()
    names = b"".join(b"recipient=%x@else.test\0" % number for number in range(RECIPIENTS))
    stream = (
        submission.pack_frame(submission.ENVELOPE, b"sender=a\0" + names)
        + submission.pack_frame(submission.CONTENT, b"x\n")
        + submission.pack_frame(submission.END, b"")
    )
    answers: list[tuple[int, str]] = []
    submitter = threading.Thread(
        target=lambda: answers.append(submit_raw(instance.queue, stream, 100.0))
    )
    longest = 0.0
    with socket.create_connection(("127.0.0.1", instance.port), 60) as client:
        client.recv(1000)
        submitter.start()
        while submitter.is_alive():
            began = time.monotonic()
            client.sendall(b"NOOP\r\n")
            assert client.recv(1000) == b"250 2.0.0 Ok\r\n"
            longest = max(longest, time.monotonic() - began)
            submitter.join(0.1)
    assert answers == [(0, "")]
    assert longest < LONGEST
    wait_for(lambda: f"nrcpt={RECIPIENTS}" in instance.log_text())
    instance.run("postfix", "abort")
