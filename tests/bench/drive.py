"""What feeds a mail system and takes from it: smtp-source, smtp-sink, and its log."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from tests.bench.systems import OWNER, SBIN
from tests.support.instance import free_port

SENT = re.compile(rb": ([0-9A-Za-z]+): to=<[^>]*>, .*status=sent")
COUNT = re.compile(rb"mesg=(\d+)\r")
PATIENCE = 600.0  # seconds that a round may take
LOOK = 0.01  # seconds between two looks


class Sink:
    """smtp-sink on a free port of loopback; ``count`` is how many messages it has taken."""

    def __init__(self, delay: str = "") -> None:
        self.port = free_port()
        self.count = 0
        options = ["-w", delay] if delay else []
        argv = [str(SBIN / "smtp-sink"), "-c", "-u", OWNER, *options]
        self._process = subprocess.Popen(
            [*argv, f"127.0.0.1:{self.port}", "1000"], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        threading.Thread(target=self._read, args=[self._process.stdout], daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        rest = b""
        while data := os.read(stream.fileno(), 65536):
            rest += data
            found = COUNT.findall(rest)
            if found:
                self.count = int(found[-1])
                rest = rest[rest.rindex(b"\r") :]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def send(port: int, messages: int, sessions: int, size: int, recipient: str) -> None:
    """Send messages of ``size`` octets, each acknowledged, over parallel sessions kept open."""
    subprocess.run(
        [
            str(SBIN / "smtp-source"),
            "-d",
            *("-s", str(sessions), "-m", str(messages), "-l", str(size)),
            *("-f", "sender@source.test", "-t", recipient),
            f"127.0.0.1:{port}",
        ],
        check=True,
        timeout=PATIENCE,
    )


class Deliveries:
    """The deliveries that the log tells of from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._place = log.stat().st_size
        self._rest = b""
        self.queue_ids: list[bytes] = []

    def look(self) -> int:
        """Read on; how many there are so far."""
        with self._log.open("rb") as stream:
            stream.seek(self._place)
            data = stream.read()
        self._place += len(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            found = SENT.search(line)
            if found:
                self.queue_ids.append(found[1])
        return len(self.queue_ids)

    def wait(self, count: int) -> None:
        """Return once there are so many."""
        deadline = time.monotonic() + PATIENCE
        while self.look() < count:
            assert time.monotonic() < deadline, f"{len(self.queue_ids)} of {count} delivered"
            time.sleep(LOOK)
