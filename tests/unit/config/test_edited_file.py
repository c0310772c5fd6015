"""An edited file is the old or the new one whole, and two editors do not lose each other's work."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.edited_file import edit_file
from tests.support.instance import ROOT

# argv: directory, name of the parameter, how many edits. Says "ready" once it can begin.
EDITOR = """
import sys
sys.path.insert(0, sys.argv[1])
from pyfixcli.config.edit import SET, edit_main
print("ready", flush=True)
for number in range(int(sys.argv[4])):
    edit_main(sys.argv[2], SET, [f"{sys.argv[3]}_{number} = 1"], print)
"""
# argv: directory. Changes one value from many a's to many b's and back until it is killed.
SWITCHER = """
import sys
sys.path.insert(0, sys.argv[1])
from pyfixcli.config.edit import SET, edit_main
print("ready", flush=True)
while True:
    for letter in "ab":
        edit_main(sys.argv[2], SET, ["value = " + letter * 100_000], print)
"""
KILLS = int(os.environ.get("PYFIX_KILLS", "0")) or 15


def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process that runs this code, and is ready."""
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def same(lines: list[str]) -> list[str]:
    """A change that changes nothing."""
    return lines


def test_two_editors_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each of two processes adds names of its own; all are there in the end."""
    (tmp_path / "main.cf").write_text("biff = no\n")
    editors = [start(EDITOR, str(tmp_path), name, "100") for name in ("left", "right")]
    for editor in editors:
        editor.communicate(timeout=60)
        assert editor.returncode == 0
    names = {line.split()[0] for line in (tmp_path / "main.cf").read_text().splitlines()}
    assert names == {"biff"} | {f"{side}_{n}" for side in ("left", "right") for n in range(100)}
    assert os.listdir(tmp_path) == ["main.cf"]


def test_a_killed_editor_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """Whenever it is killed; what it left behind does not keep the next one from its work."""
    path = tmp_path / "main.cf"
    path.write_text("value = " + "a" * 100_000 + "\n")
    whole = {"value = " + letter * 100_000 + "\n" for letter in "ab"}
    moments = random.Random(5)
    for _ in range(KILLS):
        editor = start(SWITCHER, str(tmp_path))
        time.sleep(moments.random() / 50)
        editor.kill()
        editor.communicate(timeout=30)
        assert path.read_text() in whole
    edit_file(str(path), same)
    assert path.read_text() in whole
    assert os.listdir(tmp_path) == ["main.cf"]


def test_an_editor_that_fails_leaves_the_file(tmp_path: Path) -> None:
    """And no temporary one."""
    path = tmp_path / "main.cf"
    path.write_text("a = 1\n")

    def fail(lines: list[str]) -> list[str]:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        edit_file(str(path), fail)
    assert path.read_text() == "a = 1\n"
    assert os.listdir(tmp_path) == ["main.cf"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o664])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    """A main.cf may hold passwords; Postfix makes it readable for all, which we do not copy."""
    path = tmp_path / "main.cf"
    path.write_text("a = 1\n")
    path.chmod(mode)
    edit_file(str(path), same)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_owner_stays(tmp_path: Path) -> None:
    """Postfix gives the file to who edits it, which we do not copy."""
    path = tmp_path / "main.cf"
    path.write_text("a = 1\n")
    os.chown(path, 1234, 2345)
    edit_file(str(path), same)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_link_is_replaced(tmp_path: Path) -> None:
    """As Postfix does; the file that it leads to stays."""
    (tmp_path / "real").write_text("a = 1\n")
    (tmp_path / "main.cf").symlink_to("real")
    edit_file(str(tmp_path / "main.cf"), lambda lines: [*lines, "b = 2"])
    assert not (tmp_path / "main.cf").is_symlink()
    assert (tmp_path / "main.cf").read_text() == "a = 1\nb = 2\n"
    assert (tmp_path / "real").read_text() == "a = 1\n"


@pytest.mark.parametrize("hard", [False, True], ids=["symbolic", "hard"])
def test_s14_a_link_in_place_of_the_temporary_file_is_not_followed(
    tmp_path: Path, hard: bool
) -> None:
    """The file that it leads to stays."""
    other = tmp_path / "other"
    other.write_text("precious\n")
    path = tmp_path / "main.cf"
    path.write_text("a = 1\n")
    link = tmp_path / "main.cf.tmp"
    link.hardlink_to(other) if hard else link.symlink_to(other)
    edit_file(str(path), lambda lines: ["b = 2"])
    assert other.read_text() == "precious\n"
    assert path.read_text() == "b = 2\n"


def test_what_cannot_be_opened_is_named_as_in_the_reference(tmp_path: Path) -> None:
    """The directory, and the file."""
    for place, complaint in (
        ("none", f"open {tmp_path}/none/main.cf.tmp: No such file or directory"),
        (".", f"open {tmp_path}/./main.cf for reading: No such file or directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            edit_file(f"{tmp_path}/{place}/main.cf", same)
        assert str(caught.value) == complaint
    assert os.listdir(tmp_path) == []
