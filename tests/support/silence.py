"""Servers that never answer, an instance that asks such a name server, and sessions that wait."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import subprocess
import threading
from typing import Self

from tests.support.instance import BIN, Instance
from tests.support.table_server import SILENCE, SocketmapServer, TableServer


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


class SilentTable:
    """A table server that takes requests and says nothing while the block lasts; ``name`` is its ``type:name``."""

    def __init__(self, kind: str) -> None:
        self._server = {"tcp": TableServer, "socketmap": SocketmapServer}[kind](lambda _: SILENCE)
        place = f"127.0.0.1:{self._server.port}"
        self.name = f"tcp:{place}" if kind == "tcp" else f"socketmap:inet:{place}:m"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    @property
    def questions(self) -> list[bytes]:
        """What was asked so far."""
        return self._server.requests


class WaitingSession:
    """An SMTP session whose last command is not answered yet."""

    def __init__(self, instance: Instance) -> None:
        self._client = smtplib.SMTP("127.0.0.1", instance.port, timeout=60)
        self._client.ehlo("client.test")

    def ask_recipient(self, sender: str, recipient: str) -> Self:
        """Wait for the answer to RCPT."""
        self._client.mail(sender)
        self._client.putcmd("rcpt", f"TO:<{recipient}>")
        return self

    def end_content(self, sender: str, recipient: str) -> Self:
        """Wait for the answer to the end of the content."""
        self._client.mail(sender)
        code, text = self._client.rcpt(recipient)
        assert code == 250, text
        self._client.docmd("DATA")
        self._client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        return self

    @property
    def is_waiting(self) -> bool:
        """Whether no answer came."""
        assert self._client.sock is not None
        self._client.sock.settimeout(0)
        try:
            self._client.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def has_mount_namespaces() -> bool:
    """Whether something can be mounted for one process alone (not where / is no mount point)."""
    if os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0


def start_with_resolver(instance: Instance, address: str) -> None:
    """Start the daemon in a mount namespace where this is the only name server."""
    path = instance.directory / "resolv.conf"
    path.write_text(f"nameserver {address}\n")
    script = f"mount --bind {path} /etc/resolv.conf && exec {BIN / 'postfix'} start"
    environment = {**os.environ, "MAIL_CONFIG": str(instance.config)}
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], env=environment)
    assert done.returncode == 0, instance.log_text()
