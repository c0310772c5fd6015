"""S40: rights that are given up stay given up."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

import pytest

from pyfixcli.base.privilege import Rights, RightsRefused, acting_as
from tests.support.instance import ROOT, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it gives rights up")
USER = pwd.getpwnam("games")

CHILD = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from pyfixcli.base import privilege
uid, gid = int(sys.argv[2]), int(sys.argv[3])
"""


def in_child(code: str) -> subprocess.CompletedProcess[str]:
    """Run code as root in a process of its own, which has groups to lose."""
    words = [sys.executable, "-I", "-S", "-c", CHILD + code, str(ROOT)]
    return subprocess.run(
        [*words, str(USER.pw_uid), str(USER.pw_gid)],
        capture_output=True,
        text=True,
        extra_groups=[0, 4, 6],
        cwd="/",
    )


def test_s40_all_ids_and_groups_are_dropped() -> None:
    """Real, effective, saved and filesystem ids, and every supplementary group."""
    done = in_child(
        "privilege.drop_for_good(uid, gid, [])\n"
        "text = open('/proc/self/status').read().split('\\n')\n"
        "print([line.split()[1:] for line in text if line[:4] in ('Uid:', 'Gid:')], os.getgroups())"
    )
    assert done.stdout == f"{[[str(USER.pw_uid)] * 4, [str(USER.pw_gid)] * 4]} []\n", done.stderr


@pytest.mark.parametrize(
    "attempt",
    ["os.setuid(0)", "os.seteuid(0)", "os.setresuid(0, 0, 0)", "os.setegid(0)", "os.setgroups([0])"]
    + ["os.setreuid(-1, 0)", "open('/proc/1/environ')", "os.chown('/tmp', 0, 0)"],
)
def test_s40_rights_do_not_come_back(attempt: str) -> None:
    """Whatever is tried afterwards."""
    done = in_child(f"privilege.drop_for_good(uid, gid, [])\n{attempt}\n")
    assert "PermissionError" in done.stderr


@pytest.mark.parametrize("call", ["setgroups", "setresgid", "setresuid"])
def test_s40_a_call_that_fails_is_noticed(call: str) -> None:
    """An error is raised, and the block is never entered with root's rights."""
    done = in_child(
        f"def fail(*ids): raise PermissionError({call!r})\n"
        f"os.{call} = fail\n"
        "privilege.drop_for_good(uid, gid, [])\nprint('went on')\n"
    )
    assert "PermissionError" in done.stderr and "went on" not in done.stdout


@pytest.mark.parametrize("call", ["setresgid", "setresuid"])
def test_s40_a_call_that_does_nothing_is_noticed(call: str) -> None:
    """Success is looked at, not believed."""
    done = in_child(
        f"os.{call} = lambda *ids: None\nprivilege.drop_for_good(uid, gid, [])\nprint('went on')\n"
    )
    assert "could not become uid" in done.stderr and "went on" not in done.stdout


def test_s40_a_process_that_cannot_get_its_rights_back_ends() -> None:
    """Exit status 71, at once, whatever would catch exceptions."""
    done = in_child(
        "def fail(*ids): raise PermissionError\n"
        "try:\n"
        "    with privilege.acting_as(privilege.Rights(uid, gid)):\n"
        "        os.seteuid = fail\n"
        "except BaseException:\n"
        "    print('went on')\n"
    )
    assert (done.returncode, done.stdout) == (71, "")


@pytest.mark.parametrize("rights", [Rights(0, 0), Rights(0, 5), Rights(5, 0)])
def test_s40_nobody_acts_with_uid_or_gid_0(rights: Rights) -> None:
    """As a table might ask for."""
    with pytest.raises(RightsRefused), acting_as(rights):
        pass
    assert os.geteuid() == 0


def test_s40_supplementary_groups_of_root_are_not_lent() -> None:
    """Inside the block only the groups that were given."""
    before = os.getgroups()
    os.setgroups([0, 4])
    try:
        with acting_as(Rights(USER.pw_uid, USER.pw_gid, (6,))):
            assert os.getgroups() == [6]
    finally:
        os.setgroups(before)


def test_s40_workers_of_a_system_run_as_mail_owner(make_system) -> None:  # type: ignore[no-untyped-def]
    """All but master, zygote and local have no id of root's, not even saved, and no groups."""
    instance = make_system()
    instance.start()
    owner = pwd.getpwnam("news")
    for role in ("store", "queue", "edge", "deliver"):
        wait_for(lambda role=role: instance.pids(role))
        for pid in instance.pids(role):
            with open(f"/proc/{pid}/status", encoding="ascii") as stream:
                fields = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
            assert set(fields["Uid"].split()) == {str(owner.pw_uid)}
            assert set(fields["Gid"].split()) == {str(owner.pw_gid)}
            assert fields["Groups"].split() == []
            assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0


@pytest.mark.parametrize("rights", ["2**32 - 1, gid, (5,)", "2**32, gid", "uid, gid, (2**40,)"])
def test_s40_rights_that_cannot_be_taken_leave_nothing_behind(rights: str) -> None:
    """Neither the group nor supplementary groups of who nobody can be."""
    done = in_child(
        "try:\n"
        f"    with privilege.acting_as(privilege.Rights({rights})):\n"
        "        print('acted')\n"
        "except (OSError, OverflowError):\n"
        "    print(os.geteuid(), os.getegid(), os.getgroups())\n"
    )
    assert done.stdout == "0 0 []\n", done.stderr
