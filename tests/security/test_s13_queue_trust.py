"""S13: who may open the queue's environment, and what a damaged one does."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.queue import requests as rq
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.salvage import salvage_environment
from pyfixcli.queue.soundness import CRASHED, DAMAGED, look, note_crash
from pyfixcli.queue.store import Store
from tests.support.instance import ROOT, Instance, wait_for
from tests.support.system import USER, SystemInstance, group_of
from tests.unit.test_queue_store import MAP, ask, insert, make_store

PAGE = 4096
FILES = 60

# A process that uses damaged environments as the daemon does; whatever happens must be an exception.
CHILD = """
import sys
sys.path[:0] = [sys.argv[1]]
from tests.security.test_s13_queue_trust import use_all
use_all(sys.argv[2:])
"""


def use_all(directories: list[str]) -> None:
    """Look at each, and use it when it looks sound; runs in a child process."""
    from pyfixcli.queue.codec import CorruptRecord
    from pyfixcli.queue.env import LmdbError
    from pyfixcli.queue.listing import list_slices

    for place in directories:
        try:
            look(f"{place}/mail")
            store = Store(f"{place}/mail", MAP, 0, f"{place}/content")
            for number in range(30):
                fresh, old = f"7FFFF{0x9000 + number:04X}", f"00000{0x1000 + 5 * number:04X}"
                store.commit([rq.Request(1, (insert(fresh),)), rq.Request(2, (rq.Remove(old),))])
            listed = sum(len(part) for part in list_slices(store.environment))
            print("used", listed)
            store.close()
        except (PyfixError, LmdbError, CorruptRecord) as error:
            print("refused", str(error)[:200].replace("\n", " "))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed environment with 300 messages, some held, some removed."""
    place = tmp_path_factory.mktemp("sound")
    store = make_store(place)
    for start in range(0, 300, 50):
        ask(store, *(insert(f"00000{0x1000 + n:04X}", 3) for n in range(start, start + 50)))
    ask(store, rq.ChangeAll(rq.HOLD, "i", 1.0, b"", 40))
    ask(store, *(rq.Remove(f"00000{0x1000 + n:04X}") for n in range(200, 230)))
    store.close()
    return place


def damage(data: bytearray, chance: random.Random) -> bytes:
    """One kind of damage, at random places."""
    pages = len(data) // PAGE

    def page() -> int:
        return chance.randrange(2, pages) * PAGE

    kind = chance.choice(("octets", "noise", "zeroes", "cut", "meta", "headers", "swap"))
    for _ in range(chance.choice((1, 3, 30))):
        start = page()
        if kind == "octets":
            data[chance.randrange(len(data))] = chance.randrange(256)
        elif kind == "noise":
            data[start : start + PAGE] = chance.randbytes(PAGE)
        elif kind == "zeroes":
            data[start : start + PAGE] = bytes(PAGE)
        elif kind == "meta":
            data[chance.randrange(2 * PAGE)] = chance.randrange(256)
        elif kind == "headers":
            data[start + chance.randrange(64)] = chance.randrange(256)
        elif kind == "swap":
            other = page()
            data[start : start + PAGE], data[other : other + PAGE] = (
                data[other : other + PAGE],
                data[start : start + PAGE],
            )
    return bytes(data[: chance.randrange(len(data))] if kind == "cut" else data)


def copy_of(sound: Path, place: Path, data: bytes) -> str:
    """A copy of the environment with this data file."""
    shutil.copytree(sound, place)
    (place / "mail" / "data.mdb").write_bytes(data)
    return str(place)


@pytest.mark.parametrize("seed", range(3))
def test_s13_no_damage_ends_a_process_by_a_signal(sound: Path, place: Path, seed: int) -> None:
    """Damaged files are used or refused; a sound one is used."""
    chance = random.Random(seed)
    good = (sound / "mail" / "data.mdb").read_bytes()
    files = [damage(bytearray(good), chance) for _ in range(FILES)]
    places = [copy_of(sound, place / str(n), data) for n, data in enumerate([good, *files])]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(ROOT), *places], capture_output=True, text=True
    )
    lines = done.stdout.split("\n")[:-1]
    assert done.returncode == 0, (lines[-1:], done.stderr[-500:])
    assert lines[0] == "used 270"
    assert len(lines) == FILES + 1
    assert sum(line.startswith("refused") for line in lines) > FILES // 3


def test_s13_damage_is_noted_for_everybody_until_it_is_gone(sound: Path, place: Path) -> None:
    """No process maps the environment meanwhile."""
    good = (sound / "mail" / "data.mdb").read_bytes()
    copy = Path(copy_of(sound, place / "c", good[: len(good) // 2])) / "mail"
    with pytest.raises(PyfixError, match="is damaged .*pyfix salvage"):
        look(str(copy))
    with pytest.raises(PyfixError, match="is damaged"):
        Store(str(copy), MAP, 0, str(place))
    (copy / "data.mdb").write_bytes(good)
    look(str(copy))
    assert not (copy / DAMAGED).exists()
    Store(str(copy), MAP, 0, str(place)).close()


def test_s13_the_note_of_a_crash_ends_with_a_look(sound: Path, place: Path) -> None:
    """And is never written through a link."""
    copy = Path(copy_of(sound, place / "c", (sound / "mail" / "data.mdb").read_bytes())) / "mail"
    (place / "target").write_text("x")
    (copy / CRASHED).symlink_to(place / "target")
    note_crash(str(copy))
    assert (place / "target").read_text() == "x"
    look(str(copy))
    assert not (copy / CRASHED).is_symlink()


def test_s13_salvage_reads_what_lmdb_would_die_of(sound: Path, place: Path) -> None:
    """A file that is cut in the middle gives back the messages that it still has."""
    good = (sound / "mail" / "data.mdb").read_bytes()
    copy = copy_of(sound, place / "c", good[: len(good) * 3 // 4])
    saved = salvage_environment(f"{copy}/mail", str(place / "saved"))
    assert saved.messages > 50
    store = Store(str(place / "saved"), MAP, 0, str(place))
    assert len(QueueReader(store.environment).slice("i")) > 0


def test_s13_a_queue_damaged_while_down_is_refused_at_the_start(
    make_instance: Callable[..., Instance],
) -> None:
    """postfix start fails and the log says why; mailq and postsuper say so too; salvage is named."""
    instance = make_instance("default_transport = retry:4.3.0 later")
    instance.start()
    for _ in range(8):
        assert instance.submit("x@else.test") == 0
    instance.stop()
    path = instance.queue / "mail" / "data.mdb"
    os.truncate(path, path.stat().st_size // 2)
    done = instance.run("postfix", "start")
    assert done.returncode == 1
    assert "is damaged" in instance.log_text() and "pyfix salvage" in instance.log_text()
    for command in (("postqueue", "-p"), ("postsuper", "-d", "ALL")):
        done = instance.run(*command)
        assert done.returncode in (1, 69)
        assert b"is damaged" in done.stderr and b"Traceback" not in done.stderr


def test_s13_a_queue_damaged_under_the_daemon_stops_the_mail_cleanly(
    make_instance: Callable[..., Instance],
) -> None:
    """Whatever process meets it first; the store then refuses, with a reason in the log."""
    instance = make_instance("default_transport = retry:4.3.0 later")
    instance.start()
    for _ in range(8):
        assert instance.submit("x@else.test") == 0
    path = instance.queue / "mail" / "data.mdb"
    os.truncate(path, path.stat().st_size // 2)

    def refused() -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            instance.run("sendmail", "x@else.test", data=b"x\n", timeout=2)
        return "is damaged" in instance.log_text()

    wait_for(refused)
    assert "pyfix salvage" in instance.log_text()


def test_s13_only_mail_owner_may_open_the_environment(
    make_system: Callable[..., SystemInstance],
) -> None:
    """Directory 0700, files 0600; another user cannot open data or lock file."""
    instance = make_system()
    instance.start()
    directory = instance.queue / "mail"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for name in ("data.mdb", "lock.mdb"):
        path = directory / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.owner() == "news"
        for mode in ("r", "r+"):
            code = f"open({str(path)!r}, {mode!r})"
            done = subprocess.run(
                ["/usr/bin/python3", "-c", code],
                user=USER,
                group=group_of(USER),
                extra_groups=[],
                capture_output=True,
            )
            assert b"PermissionError" in done.stderr


def test_s13_users_list_the_queue_through_the_daemon(
    make_system: Callable[..., SystemInstance],
) -> None:
    """mailq works for anybody while it is up, and for nobody but root while it is down."""
    instance = make_system("default_transport = retry:4.3.0 later")
    instance.start()
    assert instance.run("sendmail", "x@else.test", data=b"x\n", user=USER).returncode == 0
    wait_for(lambda: b"x@else.test" in instance.run("mailq", user=USER).stdout)
    instance.stop()
    done = instance.run("postqueue", "-p", user=USER)
    assert done.returncode == 69
    assert done.stderr == (b"postqueue: fatal: Queue report unavailable - mail system is down\n")
    assert b"x@else.test" in instance.run("postqueue", "-p").stdout
