""".forward files: which is read, and which is believed. Texts are the reference's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.agent_run import OTHER
from tests.support.local_run import DOMAIN, Local, copies

ME = OTHER.pw_name
DELIVERED = [f"{ME}: delivered to mailbox"]


def forward(path: Path, text: str, mode: int = 0o644, owner: int = OTHER.pw_uid) -> None:
    """A file of the user."""
    path.parent.chmod(0o711)
    path.write_text(text)
    path.chmod(mode)
    os.chown(path, owner, -1)


def test_members_get_copies_the_user_the_mail(place: Path) -> None:
    forward(place / "f", f"a@else.test, \\{ME}\n# b@else.test\n{ME}\n")
    local = Local(place, forward_path=f"{place}/f")
    assert copies(results := local.deliver(ME)) == [(f"{ME}@{DOMAIN}", ["a@else.test"])]
    assert [part.text for part in results[0].outcomes][:1] == ["delivered to mailbox"]
    assert (local.mail / ME).read_bytes().count(b"\nbody\n") == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
def test_an_empty_file_is_none(place: Path, text: str) -> None:
    forward(place / "f", text)
    assert Local(place, forward_path=f"{place}/f").said(ME) == DELIVERED


def test_the_first_that_is_there_counts(place: Path) -> None:
    """forward_path with the extension before the one without."""
    for name in ("f", "f+ext"):
        forward(place / name, f"{name.replace('+', '-')}@else.test\n")
    path = f"{place}/f$recipient_delimiter$extension, {place}/f"
    for name, found in ((f"{ME}+ext", "f-ext"), (f"{ME}+other", "f"), (ME, "f")):
        local = Local(place, forward_path=path)
        ((_, recipients),) = copies(local.deliver(name))
        assert recipients == [f"{found}@else.test"]


def test_an_extension_cannot_leave_the_directory(place: Path) -> None:
    """forward_expansion_filter has no slash."""
    (place / "f").mkdir()
    forward(place / "g", "a@else.test\n")
    local = Local(place, forward_path=f"{place}/f/.$extension")
    assert local.said(f"{ME}+./../../g") == [f"{ME}+./../../g: delivered to mailbox"]


@pytest.mark.parametrize(
    ("mode", "warning"),
    [(0o666, "file {} is world writable"), (0o646, "file {} is world writable")],
)
def test_a_file_that_others_can_write_is_not_read(place: Path, mode: int, warning: str) -> None:
    forward(place / "f", "a@else.test\n", mode)
    local = Local(place, forward_path=f"{place}/f")
    assert local.said(ME) == DELIVERED
    assert local.warnings == [warning.format(place / "f")]


def test_a_directory_is_no_file(place: Path) -> None:
    place.chmod(0o711)
    (place / "f").mkdir()
    local = Local(place, forward_path=f"{place}/f")
    assert local.said(ME) == DELIVERED
    assert local.warnings == [f"file {place}/f is not a regular file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a file of somebody else")
def test_a_file_of_somebody_else_is_not_read(place: Path) -> None:
    forward(place / "f", "a@else.test\n", owner=65534)
    local = Local(place, forward_path=f"{place}/f")
    assert local.said(ME) == DELIVERED
    assert local.warnings == [f"file {place}/f has bad owner uid 65534"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a file that its user may not read")
def test_the_user_must_be_able_to_read_it(place: Path) -> None:
    """root's rights do not count."""
    forward(place / "f", "a@else.test\n", 0o600, owner=0)
    local = Local(place, forward_path=f"{place}/f")
    assert local.said(ME) == DELIVERED
    assert local.warnings == [f"cannot open file {place}/f: Permission denied"]


def test_a_command_runs_with_the_rights_of_the_user(place: Path) -> None:
    out = place / "out"
    out.mkdir()
    os.chown(out, OTHER.pw_uid, -1)
    forward(place / "f", f'"|(id -u; echo $HOME) > {out}/ids"\n')
    local = Local(place, forward_path=f"{place}/f")
    assert local.said(ME) == [f"{ME}: delivered to command: (id -u; echo $HOME) > {out}/ids"]
    assert (out / "ids").read_text() == f"{OTHER.pw_uid}\n{OTHER.pw_dir}\n"


def test_what_may_be_named_is_limited(place: Path) -> None:
    """allow_mail_to_commands, allow_mail_to_files."""
    forward(place / "f", f'"|true"\n{place}/box\n')
    local = Local(
        place,
        forward_path=f"{place}/f",
        allow_mail_to_commands="alias",
        allow_mail_to_files="alias",
    )
    assert local.said(ME) == [
        f"{ME}: mail to command is restricted",
        f"{ME}: mail to file is restricted",
    ]


def test_a_file_that_another_branch_has_read(place: Path) -> None:
    """Who comes to it once more gets no mailbox for it: only who is in the file that is being expanded."""
    forward(place / "f", "a@else.test\n")
    forward(place / "f+m", f"{ME}\n")
    path = f"{place}/f$recipient_delimiter$extension, {place}/f"
    local = Local(place, {"x": f"{ME}, {ME}+m"}, forward_path=path, recipient_delimiter="+")
    assert [recipients for _, recipients in copies(local.deliver("x"))] == [["a@else.test"]]
    assert not (local.mail / ME).exists()


def test_an_extension_that_is_only_tested_is_not_used(place: Path) -> None:
    """It still goes on to the members (propagate_unmatched_extensions)."""
    forward(place / "f-x", "a@else.test\n")
    local = Local(
        place,
        forward_path=f"{place}/f-${{extension?x}}",
        recipient_delimiter="+",
        propagate_unmatched_extensions="forward",
    )
    assert [recipients for _, recipients in copies(local.deliver(f"{ME}+e"))] == [["a+e@else.test"]]


@pytest.mark.parametrize("text", ["<>", "<>, <>"])
def test_a_file_of_null_addresses_is_as_none(place: Path, text: str) -> None:
    forward(place / "f", f"{text}\n")
    assert Local(place, forward_path=f"{place}/f").said(ME) == DELIVERED


@pytest.mark.parametrize(("text", "mode"), [("", 0o644), ("a@else.test\n", 0o666)])
def test_a_file_that_is_not_used_stands_in_nobodys_way(place: Path, text: str, mode: int) -> None:
    """Each address that leads to it gets the mail."""
    forward(place / "f", text, mode)
    local = Local(
        place, {"all": f"{ME}, {ME}+x"}, forward_path=f"{place}/f", recipient_delimiter="+"
    )
    local.deliver("all")
    assert (local.mail / ME).read_bytes().count(b"\nbody\n") == 2
