""":include: files: which are believed, and with whose rights. Texts are the reference's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.agent_run import OTHER
from tests.support.local_run import DOMAIN, Local, copies

FAILED = ["list: mail system configuration error"]


def listed(place: Path, path: str = "", **settings: str) -> Local:
    """An alias ``list`` for the file ``members``."""
    place.chmod(0o711)
    return Local(place, {"list": f":include:{path or place / 'members'}"}, **settings)


def test_each_member_gets_a_copy(place: Path) -> None:
    """Also one who is here."""
    (place / "members").write_text(f"a@else.test\n{OTHER.pw_name}, b@else.test\n")
    results = listed(place).deliver("list")
    whom = ["a@else.test", f"{OTHER.pw_name}@{DOMAIN}", "b@else.test"]
    assert copies(results) == [(f"list@{DOMAIN}", whom)]


def test_a_file_is_read_once(place: Path) -> None:
    (place / "members").write_text(f"a@else.test\n:include:{place}/members\nb@else.test\n")
    ((_, recipients),) = copies(listed(place).deliver("list"))
    assert recipients == ["a@else.test", "b@else.test"]


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_others_can_write_is_refused(place: Path, mode: int) -> None:
    (place / "members").write_text("a@else.test\n")
    (place / "members").chmod(mode)
    local = listed(place)
    assert local.said("list") == FAILED
    assert local.warnings == [f":include: file {place}/members is world writable"]


def test_other_files_that_are_refused(place: Path) -> None:
    (place / "members").mkdir()
    local = listed(place)
    assert local.said("list") == FAILED
    assert local.warnings == [f":include: file {place}/members is not a regular file"]
    local = listed(place, f"{place}/none")
    assert local.said("list") == FAILED
    reason = "No such file or directory"
    assert local.warnings == [f"unable to lookup :include: file {place}/none: {reason}"]
    local = listed(place, "relative")
    assert local.said("list") == FAILED
    assert local.warnings == [":include:relative uses a relative path"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a file of root")
def test_a_file_of_root_is_read_with_default_privs(place: Path) -> None:
    (place / "members").write_text("a@else.test\n")
    (place / "members").chmod(0o600)
    local = listed(place)
    assert local.said("list") == FAILED
    assert local.warnings == [f"cannot open include file {place}/members: Permission denied"]


def test_commands_and_files_are_not_for_included_files(place: Path) -> None:
    """Unless allow_mail_to_commands and allow_mail_to_files name them."""
    (place / "members").write_text(f'"|true"\n{place}/box\n')
    assert listed(place).said("list") == [
        "list: mail to command is restricted",
        "list: mail to file is restricted",
    ]
    local = listed(place, allow_mail_to_commands="include")
    assert local.said("list")[0] == "list: delivered to command: true"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: commands of other users")
def test_a_command_has_the_rights_of_the_owner_of_the_file(place: Path) -> None:
    """Of the nearest one; root's means default_privs."""
    out = place / "out"
    out.mkdir()
    out.chmod(0o777)
    (place / "members").write_text(f'"|id -u > {out}/id"\n')
    for owner, uid in ((OTHER.pw_uid, OTHER.pw_uid), (0, 65534)):
        os.chown(place / "members", owner, -1)
        listed(place, allow_mail_to_commands="include").deliver("list")
        assert (out / "id").read_text() == f"{uid}\n"
        (out / "id").unlink()
