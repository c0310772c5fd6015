"""Option files of mysql: tables; what they mean is from mariadb(1) and `mariadb --print-defaults`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps import mysql_options
from pyfixcli.maps.mysql_options import read_options

TEXT = """\
# a remark
[mysqld]
user = server
[client]
user=app
password = "s3cr'et # no remark"
ssl_ca = /ca.pem # a remark
; another
ssl-verify-server-cert
[client-server]
socket = /s
[mail]
user = mail
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with TEXT."""
    file = tmp_path / "my.cnf"
    file.write_text(TEXT)
    return file


def test_groups(path: Path) -> None:
    """Those of clients, and the one that is asked for, the last of which counts."""
    options = {
        "user": "app",
        "password": "s3cr'et # no remark",
        "ssl-ca": "/ca.pem",
        "ssl-verify-server-cert": "",
        "socket": "/s",
    }
    assert read_options(str(path), "client") == options
    assert read_options(str(path), "") == options
    assert read_options(str(path), "mail") == {**options, "user": "mail"}


def test_included_files(tmp_path: Path) -> None:
    """A file, and those of a directory that end in .cnf; a circle has an end."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.cnf").write_text("[client]\nuser=a\n")
    (tmp_path / "d" / "b.txt").write_text("[client]\nuser=b\n")
    main = tmp_path / "main.cnf"
    main.write_text(
        f"!includedir {tmp_path}/d\n!include {main}\n!include /none\n[client]\nport=1\n"
    )
    assert read_options(str(main), "client") == {"user": "a", "port": "1"}


def test_the_usual_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are read unless the group is empty; one that is not there is as an empty one."""
    monkeypatch.setattr(mysql_options, "USUAL_FILES", ("/none", str(path)))
    assert read_options("", "client")["user"] == "app"
    assert read_options("", "") == {}
    assert read_options("/none", "client") == {}


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """It may say that TLS is wanted."""
    with pytest.raises(ConfigError):
        read_options(str(tmp_path), "client")


@pytest.mark.parametrize("text", ["user=app\n", "\0\n", "[client\nuser=x\n", "!include\n", "\xff"])
def test_any_text_is_read(tmp_path: Path, text: str) -> None:
    """Without a failure, and nothing is made up."""
    file = tmp_path / "x.cnf"
    file.write_text(text, encoding="latin-1")
    assert set(read_options(str(file), "client")) <= {"user"}
