"""Programs that people have send mail through a system installation, unchanged, as root and as an ordinary user."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support import system
from tests.support.instance import wait_for
from tests.support.system import SystemInstance

MakeSystem = Callable[..., SystemInstance]
BODY = "body of the message\n.\nFrom the start\n"
RECIPIENT = "games"

pytestmark = pytest.mark.skipif(bool(system.missing()), reason=system.missing() or "-")


@pytest.fixture(params=["", system.USER], ids=["root", system.USER])
def user(request: pytest.FixtureRequest) -> str:
    """Who runs the program; empty for root."""
    return str(request.param)


@pytest.fixture
def running(make_system: MakeSystem) -> SystemInstance:
    """A daemon that delivers to files which nobody else writes."""
    instance = make_system()
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(f"mail_spool_directory = {instance.mail}\n")
    instance.start()
    return instance


def run_program(
    instance: SystemInstance, user: str, *words: str, text: str = "", **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Run any program with the installed commands in its path, in a directory of its own."""
    home = instance.directory / f"home-{user or 'root'}"
    home.mkdir(exist_ok=True)
    rights: dict[str, object] = {}
    if user:
        group = system.group_of(user)
        rights = {"user": user, "group": group, "extra_groups": []}
        shutil.chown(home, user, group)
    environment = {
        "PATH": f"{instance.commands}:/usr/bin:/bin",
        "MAIL_CONFIG": str(instance.config),
        "HOME": str(home),
        **more,
    }
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        words,
        input=text.encode(),
        capture_output=True,
        env=environment,
        cwd=home,
        timeout=60,
        **rights,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stderr.decode()
    return done


def mailbox(instance: SystemInstance) -> str:
    """The recipient's mail, once some is there and the queue is empty."""
    path: Path = instance.mail / RECIPIENT
    wait_for(lambda: "status=" in instance.log_text())
    wait_for(instance.is_queue_empty)
    assert path.exists(), instance.log_text()
    return path.read_text()


def need(program: str, package: str) -> str:
    """The path of a program; skips when it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install {package}")
    return found


def test_s_nail(running: SystemInstance, user: str) -> None:
    """mail(1) through its mta variable."""
    program = need("s-nail", "s-nail")
    mta = f"mta=file://{running.commands}/sendmail"
    run_program(
        running, user, program, "-n", "-S", mta, "-s", "by s-nail", RECIPIENT, text=BODY,
        LC_ALL="C.UTF-8",
    )  # fmt: skip
    mail = mailbox(running)
    assert "\nSubject: by s-nail\n" in mail
    assert "\nbody of the message\n=2E\n=46rom the start\n" in mail  # it is that careful
    assert mail.startswith(f"From {user or 'root'}@mail.example.test  ")


def test_a_caller_like_php(running: SystemInstance, user: str) -> None:
    """`sendmail -t -i -f addr` through a shell, as popen(3) runs it: additional headers, LF line ends, Bcc."""
    text = f"To: {RECIPIENT}@localhost\nBcc: man@localhost\nSubject: by PHP\nX-Mailer: PHP/8.2\n\n{BODY}"
    line = f"{running.commands}/sendmail -t -i -f web@site.test"
    run_program(running, user, "/bin/sh", "-c", line, text=text)
    mail = mailbox(running)
    assert mail.startswith("From web@site.test  ")
    assert "\nX-Mailer: PHP/8.2\n" in mail
    assert BODY.replace("\nFrom ", "\n>From ") in mail
    assert "Bcc" not in mail and (running.mail / "man").exists()


def test_python_with_sendmail(running: SystemInstance, user: str) -> None:
    """subprocess with `sendmail -t -oi`, as the documentation of Python's email package shows it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "A <a@site.test>", RECIPIENT, "Grüße"
    message.set_content("schön\n.\nend\n", cte="quoted-printable")
    for flags in (["-t", "-oi"], ["-oem", "-oi", "-t"]):
        code = (
            "import subprocess, sys;"
            f"subprocess.run(['sendmail', *{flags}], input=sys.stdin.buffer.read(), check=True)"
        )
        run_program(running, user, "/usr/bin/python3", "-c", code, text=message.as_string())
    mail = mailbox(running)
    assert mail.count("\nSubject: =?utf-8?") == 2
    assert mail.count("\nsch=C3=B6n\n.\nend\n") == 2


def test_python_smtplib(running: SystemInstance) -> None:
    """send_message, several recipients, one refused, a second message over the same connection."""
    message = EmailMessage()
    message["From"], message["To"] = "a@site.test", f"{RECIPIENT}@localhost"
    message.set_content(BODY)
    with smtplib.SMTP("127.0.0.1", running.port) as client:
        assert client.send_message(message) == {}
        refused = client.sendmail(
            "a@site.test", [f"{RECIPIENT}@localhost", "gone@localhost"], message.as_bytes()
        )
        assert list(refused) == ["gone@localhost"]
        assert client.noop()[0] == 250
    wait_for(lambda: mailbox(running).count("\nFrom: a@site.test\n") == 2)
    assert mailbox(running).count(BODY.replace("\nFrom ", "\n>From ")) == 2


@pytest.mark.parametrize("server", ["sendmail", "smtp"])
def test_git_send_email(running: SystemInstance, user: str, server: str) -> None:
    """A patch by sendmail (in PATH), or by SMTP; 8-bit text arrives as it is."""
    need("git", "git")
    if not Path("/usr/lib/git-core/git-send-email").exists():
        pytest.skip("needs git send-email: apt-get install git-email")
    script = f"""
        set -e
        git init -q . && git config user.name 'Jürgen' && git config user.email j@site.test
        echo 1 > file && git add file && git commit -q -m 'Erste Änderung'
        git format-patch -q --root
        git send-email --quiet --confirm=never --suppress-cc=all --envelope-sender=auto --to={RECIPIENT}@mail.example.test $1 *.patch
    """
    options = (
        f"--smtp-server={running.commands}/sendmail"
        if server == "sendmail"
        else f"--smtp-server=127.0.0.1 --smtp-server-port={running.port} --smtp-encryption=none"
    )
    run_program(running, user, "/bin/sh", "-c", script.replace("$1", options), LC_ALL="C.UTF-8")
    mail = mailbox(running)
    assert mail.startswith("From j@site.test  ")
    assert "\nSubject: [PATCH] =?UTF-8?q?Erste=20=C3=84nderung?=\n" in mail
    assert "\n+1\n" in mail


def test_who_sent_is_known(running: SystemInstance) -> None:
    """The log has the caller's uid, and Received: the login name's."""
    run_program(running, system.USER, "sendmail", RECIPIENT, text="Subject: x\n\nx\n")
    uid = os.stat(running.directory / f"home-{system.USER}").st_uid
    assert f"(Pyfix, from userid {uid})" in mailbox(running)
    assert f"uid={uid} from=<{system.USER}>" in running.log_text()
