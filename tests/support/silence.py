"""A name server that never answers, and an instance that asks it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from typing import Self

from tests.support.instance import BIN, Instance


class SilentNameServer:
    """Takes questions on port 53 of an address of loopback while the block lasts; ``questions`` counts them."""

    address = "127.53.0.9"

    def __init__(self) -> None:
        self.questions = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 53))
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while self._socket.recv(4096):
                self.questions += 1


def start_with_resolver(instance: Instance, address: str) -> None:
    """Start the daemon in a mount namespace where this is the only name server."""
    path = instance.directory / "resolv.conf"
    path.write_text(f"nameserver {address}\n")
    script = f"mount --bind {path} /etc/resolv.conf && exec {BIN / 'postfix'} start"
    environment = {**os.environ, "MAIL_CONFIG": str(instance.config)}
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], env=environment)
    assert done.returncode == 0, instance.log_text()
