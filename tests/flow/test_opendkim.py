"""Debian's opendkim, the milter that most systems have: it signs through us, and accepts the signature through us."""

from __future__ import annotations

import base64
import shutil
import smtplib
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.instance import Instance, free_port, wait_for

OPENDKIM = shutil.which("opendkim") or "/usr/sbin/opendkim"
pytestmark = pytest.mark.skipif(
    not Path(OPENDKIM).exists() or shutil.which("openssl") is None,
    reason="needs opendkim: apt-get install opendkim openssl",
)
Make = Callable[..., Instance]
TEXT = (
    "From: a@signed.test\r\nTo: b@signed.test\r\nSubject: x\r\n y\r\n\r\nbody  with   space\r\n\r\n"
)


def openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a private key, and the public one as it would be in the DNS."""
    directory = tmp_path_factory.mktemp("keys")
    private = directory / "private"
    openssl("genrsa", "-out", str(private), "2048")
    private.chmod(0o600)
    public = base64.b64encode(openssl("rsa", "-in", str(private), "-pubout", "-outform", "DER"))
    record = f"sel._domainkey.signed.test v=DKIM1; k=rsa; p={public.decode()}\n"
    (directory / "public").write_text(record)
    return directory


@contextmanager
def opendkim(keys: Path, mode: str, port: int) -> Iterator[None]:
    """A filter that signs (s) or verifies (v)."""
    settings = keys / f"{mode}.conf"
    settings.write_text(
        f"Mode {mode}\nSocket inet:{port}@127.0.0.1\nSyslog no\nAlwaysAddARHeader yes\n"
        f"AuthservID verifier.test\nTestPublicKeys {keys}/public\nOn-BadSignature reject\n"
        + (
            f"Domain signed.test\nSelector sel\nKeyFile {keys}/private\nRequireSafeKeys no\n"
            if mode == "s"
            else "InternalHosts 192.0.2.1\n"
        )
    )
    process = subprocess.Popen([OPENDKIM, "-f", "-x", str(settings)])
    try:
        wait_for(lambda: is_up(port))
        yield
    finally:
        process.terminate()
        process.wait()


def is_up(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def send(instance: Instance, text: str) -> tuple[int, bytes]:
    """The reply to the end of a message."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=30) as client:
        client.ehlo("client.test")
        client.docmd("MAIL", "FROM:<a@signed.test>")
        client.docmd("RCPT", f"TO:<{instance.user}@localhost>")
        return client.data(text)


def test_what_it_signs_it_accepts(make_instance: Make, keys: Path) -> None:
    """The signature is over the message as it is stored; one letter more and it is refused."""
    port = free_port()
    instance = make_instance(f"local_recipient_maps =\nsmtpd_milters = inet:127.0.0.1:{port}\n")
    instance.start()
    with opendkim(keys, "s", port):
        assert send(instance, TEXT)[0] == 250
    wait_for(lambda: len(instance.delivered()) == 1)
    (signed,) = instance.delivered()
    rest = signed.partition(b"DKIM-Signature: ")[2]
    assert b"d=signed.test; s=sel" in rest
    message = ("DKIM-Signature: " + rest.decode()).replace("\n", "\r\n")
    with opendkim(keys, "v", port):
        assert send(instance, message)[0] == 250
        assert send(instance, message.replace("body  with", "bodyx with"))[0] == 550
    wait_for(lambda: len(instance.delivered()) == 2)
    found = b"".join(instance.delivered()).split(b"Authentication-Results: verifier.test;\n")
    assert len(found) == 2 and found[1].lstrip().startswith(b"dkim=pass")


def test_it_signs_what_sendmail_submits(make_instance: Make, keys: Path) -> None:
    """non_smtpd_milters."""
    port = free_port()
    settings = f"non_smtpd_milters = inet:127.0.0.1:{port}\n"
    instance = make_instance(f"local_recipient_maps =\n{settings}")
    instance.start()
    with opendkim(keys, "s", port):
        text = TEXT.replace("\r\n", "\n")
        assert instance.submit("-f", "a@signed.test", f"{instance.user}@localhost", text=text) == 0
        wait_for(lambda: len(instance.delivered()) == 1)
    assert b"\nDKIM-Signature: " in instance.delivered()[0]
