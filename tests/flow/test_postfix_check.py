"""postfix check: what it warns about, what it makes, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.commands import _check_restrictions
from pyfixcli.config.load import load_config
from tests.support import system
from tests.support.instance import Instance


def make(directory: Path) -> Instance:
    """An instance whose queue directory exists; root's has a mail_owner of its own."""
    instance = Instance(directory)
    instance.queue.mkdir()
    if os.geteuid() == 0:
        instance.configure(f"mail_owner = {system.OWNER}\nsetgid_group = {system.GROUP}")
    return instance


def warnings(instance: Instance) -> list[str]:
    """Run postfix check; the warnings that it adds to the log."""
    before = len(instance.log_text())
    assert instance.run("postfix", "check").returncode == 0
    lines = instance.log_text()[before:].split("\n")[:-1]
    return sorted(line.partition(": warning: ")[2] for line in lines if ": warning: " in line)


def test_what_others_may_write_to(tmp_path: Path) -> None:
    """In the configuration directory everything, links too; of the queue the places that matter."""
    instance = make(tmp_path)
    assert warnings(instance) == []
    assert (instance.queue / "maildrop").is_dir()
    etc = instance.config
    (etc / "sub").mkdir()
    (etc / "sub" / "file").write_text("x")
    (etc / "sub" / "file").chmod(0o666)
    (etc / "sub").chmod(0o777)
    (etc / "link").symlink_to("/nowhere/else")
    instance.queue.chmod(0o775)
    (tmp_path / "data").chmod(0o770)
    assert warnings(instance) == [
        f"group or other writable: {tmp_path}/data/.",
        f"group or other writable: {etc}/link",
        f"group or other writable: {etc}/sub",
        f"group or other writable: {etc}/sub/file",
        f"group or other writable: {instance.queue}/.",
        f"symlink leaves directory: {etc}/link",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: gives files away")
def test_what_belongs_to_somebody_else(tmp_path: Path) -> None:
    """Owners as they should be: root for the configuration, mail_owner for the queue and the data."""
    instance = make(tmp_path)
    assert warnings(instance) == []
    os.chown(instance.config / "main.cf", 12345, -1)
    os.chown(tmp_path / "data", 12345, -1)
    os.chown(instance.queue / "private", 12345, -1)
    os.chown(instance.queue / "maildrop", 12345, 12345)
    assert set(warnings(instance)) == {
        f"not owned by {system.OWNER}: {tmp_path}/data/.",
        f"not owned by {system.OWNER}: {instance.queue}/maildrop",
        f"not owned by {system.OWNER}: {instance.queue}/private",
        f"not owned by group {system.GROUP}: {instance.queue}/maildrop",
        f"not owned by root: {instance.config}/main.cf",
    }


@pytest.mark.parametrize(
    "setting",
    ["myhostname =", "message_size_limit = many", "queue_directory"],
)
def test_a_setting_that_is_refused(tmp_path: Path, setting: str) -> None:
    """Exit status 1; texts go to a terminal only."""
    instance = make(tmp_path)
    instance.configure(setting)
    done = instance.run("postfix", "check")
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a mail_owner of its own")
@pytest.mark.parametrize("verb", ["check", "start", "start-fg", "status"])
def test_no_queue_directory(tmp_path: Path, verb: str) -> None:
    """The one of a system is made by its administrator: a mistyped name starts no second queue."""
    instance = make(tmp_path)
    instance.queue.rmdir()
    assert instance.run("postfix", verb).returncode == 1
    assert f"fatal: chdir({instance.queue}): No such file or directory" in instance.log_text()
    assert not instance.queue.exists()


def test_the_directories_of_an_own_instance_are_made(tmp_path: Path) -> None:
    """Root's too, whose mail_owner is root."""
    instance = Instance(tmp_path, "daemon_autostart = yes\n")
    assert warnings(instance) == []
    assert instance.queue.is_dir()


def test_services_that_are_not_there(tmp_path: Path) -> None:
    """Those of Debian's master.cf that have nothing to do here are no reason to warn."""
    instance = make(tmp_path)
    with (instance.config / "master.cf").open("a") as stream:
        stream.write("tlsmgr unix - - n 1000? 1 tlsmgr\n2500 inet n - n - 1 postscreen\n")
        stream.write("policy unix - n n - 0 spawn\n  user=nobody argv=/bin/true\n")
    assert warnings(instance) == [
        "service 2500/inet: there is no postscreen in this implementation",
        "service policy/unix: there is no spawn in this implementation",
    ]


def test_no_master_cf(tmp_path: Path) -> None:
    """It is said in the log."""
    instance = make(tmp_path)
    (instance.config / "master.cf").unlink()
    assert instance.run("postfix", "check").returncode == 1
    assert f"fatal: no {instance.config}/master.cf file found" in instance.log_text()


def test_an_unknown_parameter_is_told(tmp_path: Path) -> None:
    """By postconf, on standard error."""
    instance = make(tmp_path)
    with (instance.config / "main.cf").open("a") as stream:
        stream.write("nosuchparameter = x\n")
    done = instance.run("postfix", "check")
    text = f"postconf: warning: {instance.config}/main.cf: unused parameter: nosuchparameter=x\n"
    assert (done.returncode, done.stderr.decode(), done.stdout) == (0, text, b"")


def test_restrictions_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In lists and classes; what is there is not warned about, nor what no list uses."""
    monkeypatch.setattr(_check_restrictions, "RESTRICTIONS", {"reject_rbl_client": None})
    instance = make(tmp_path)
    instance.configure(
        "smtpd_recipient_restrictions = reject_rbl_client x.test,\n"
        "  check_policy_service inet:127.0.0.1:10023\n"
        "smtpd_restriction_classes = greylist\n"
        "greylist = reject_unverified_sender\n"
        "other = reject_unverified_recipient"
    )
    found = list(_check_restrictions.missing_restrictions(load_config(str(instance.config))))
    assert [line.partition(" is not there")[0] for line in found] == [
        "greylist: reject_unverified_sender",
        "smtpd_recipient_restrictions: check_policy_service",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: accounts of their own")
@pytest.mark.parametrize("verb", ["check", "start"])
@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ("no-such-user", "parameter default_privs: unknown user name value: no-such-user"),
        ("root", "parameter default_privs: user root has privileged user ID"),
        (
            system.OWNER,
            f"parameters default_privs and mail_owner specify the same user {system.OWNER}",
        ),
    ],
)
def test_rights_that_no_command_may_have(
    tmp_path: Path, verb: str, user: str, problem: str
) -> None:
    """Neither root's, nor those of the owner of the queue."""
    instance = make(tmp_path)
    instance.configure(f"default_privs = {user}")
    assert instance.run("postfix", verb).returncode == 1
    assert f"fatal: file {instance.config}/main.cf: {problem}" in instance.log_text()
