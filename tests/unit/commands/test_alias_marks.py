"""postalias: the entries by which Sendmail and NIS know an alias table, as the reference writes them."""

from __future__ import annotations

import os
from pathlib import Path

import lmdb
import pytest

from pyfixcli.commands import postalias
from pyfixcli.config.load import load_config

SENDMAIL = {b"@\0": b"@\0"}
NIS = {b"YP_MASTER_NAME": b"mail.example.test"}
STAMP = b"YP_LAST_MODIFIED"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration and a source."""
    (tmp_path / "main.cf").write_text("compatibility_level = 3.7\nmyhostname = mail.example.test\n")
    (tmp_path / "t").write_text("a: b\n")
    monkeypatch.setattr(
        "pyfixcli.commands._tables.open_config", lambda _: load_config(str(tmp_path))
    )
    return tmp_path


def make(place: Path, *options: str, data: bytes = b"") -> None:
    """Run postalias on the source, or with these lines as standard input."""
    path = place / "input"
    path.write_bytes(data)
    before = os.dup(0)
    given = os.open(path, os.O_RDONLY)
    os.dup2(given, 0)
    try:
        assert postalias.main(["postalias", *options, f"lmdb:{place}/t"]) == 0
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(given)


def entries(place: Path) -> dict[bytes, bytes]:
    """What is in the index file."""
    path = f"{place}/t.lmdb"
    with (
        lmdb.open(path, subdir=False, lock=False, readonly=True) as environment,
        environment.begin() as transaction,
    ):
        return dict(transaction.cursor())


def test_those_of_nis_have_no_null_at_their_ends(place: Path) -> None:
    """Whatever the others have."""
    make(place)
    found = entries(place)
    assert found.pop(STAMP).isdigit()
    assert found == {b"a\0": b"b\0", **SENDMAIL, **NIS}
    make(place, "-n")
    found = entries(place)
    assert found.pop(STAMP).isdigit()
    assert found == {b"a": b"b", b"@": b"@", **NIS}


def test_they_are_renewed_when_entries_are_added(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a word about duplicates; also in a file that was not there."""
    make(place, "-i", data=b"k: v\n")
    with (
        lmdb.open(f"{place}/t.lmdb", subdir=False, lock=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(STAMP, b"0")
    make(place, "-i", data=b"l: w\n")
    found = entries(place)
    assert found.pop(STAMP) != b"0"
    assert found == {b"k\0": b"v\0", b"l\0": b"w\0", **SENDMAIL, **NIS}
    assert capfd.readouterr().err == ""


def test_a_name_of_the_source_goes_before(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is a duplicate where both are written in the same way."""
    (place / "t").write_text("YP_MASTER_NAME: z\n")
    make(place, "-fn")
    assert entries(place)[b"YP_MASTER_NAME"] == b"z"
    warning = f'warning: lmdb:{place}/t: duplicate entry: "YP_MASTER_NAME"\n'
    assert capfd.readouterr().err == f"postalias: {warning}"


def test_a_listing_of_nothing(place: Path) -> None:
    """Fails without a word, and may be asked for twice."""
    assert postalias.main(["postalias", "-s"]) == 1
    make(place)
    assert postalias.main(["postalias", "-s", "-s", f"lmdb:{place}/t"]) == 0
