"""Tables of systems that are rare or gone."""

from __future__ import annotations

from ctypes.util import find_library
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.nis import NisTable
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import TableFailure

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


@pytest.mark.parametrize("kind", ["netinfo", "nisplus", "sdbm"])
def test_types_whose_systems_are_gone(kind: str) -> None:
    """Refused with the reason, and with what to do."""
    with pytest.raises(ConfigError, match=f"unsupported dictionary type: {kind}: .*lmdb:"):
        open_table(f"{kind}:x", CONFIG)


@pytest.mark.skipif(not find_library("nsl"), reason="needs libnsl: apt-get install libnsl2")
class TestNis:
    """The library without a domain, and answers that it would give."""

    def test_without_a_domain_nothing_is_found(self) -> None:
        """With a warning, as in the reference."""
        table = open_table("nis:mail.aliases", CONFIG)
        assert isinstance(table, NisTable)
        if table._domain:
            pytest.skip("this system has a NIS domain")
        assert table.get("root") is None
        assert table.pop_warnings() == [
            "dict_nis_init: NIS domain name not set - NIS lookups disabled"
        ]

    def test_a_server_that_is_not_there_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Never "not found"."""
        table = open_table("nis:mail.aliases", CONFIG)
        assert isinstance(table, NisTable)
        table._domain = b"nowhere.example"
        monkeypatch.setattr(table._library, "yp_match", lambda *arguments: 10)  # YPERR_YPBIND
        with pytest.raises(TableFailure, match="lookup nis:mail.aliases: "):
            table.get("root")


def test_dbm_files(tmp_path: Path) -> None:
    """As other programs made them: with a null octet at the end of keys, or without."""
    try:
        from dbm import ndbm
    except ImportError:
        with pytest.raises(ConfigError, match="lmdb:"):
            open_table(f"dbm:{tmp_path}/t", CONFIG)
        pytest.skip("needs a Python with dbm.ndbm")
    with ndbm.open(f"{tmp_path}/t", "c") as file:
        file[b"k\0"] = b"v\0"
        file[b"plain"] = b"w"
    table = open_table(f"dbm:{tmp_path}/t", CONFIG)
    assert [table.get(key) for key in ("K", "plain", "none")] == ["v", "w", None]
    with pytest.raises(TableFailure, match="open database"):
        open_table(f"dbm:{tmp_path}/none", CONFIG).get("k")
