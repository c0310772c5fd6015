"""What myorigin stands for. The messages are those of Debian's Postfix 3.7.11."""

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.load import check_shared_values
from pyfixcli.config.snapshot import Config


def config(value: str) -> Config:
    return Config("/nowhere", {"myorigin": value, "mydestination": "$myorigin"})


@pytest.mark.parametrize("text", ["o.test\n", "  o.test  \nsecond.test\n", "o.test", "o.test\0x\n"])
def test_origin_is_first_line_of_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mailname"
    path.write_text(text)
    assert config(str(path)).myorigin == "o.test"


def test_other_parameters_see_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mailname"
    path.write_text("o.test\n")
    assert config(str(path)).mydestination == str(path)


@pytest.mark.parametrize("text", ["a.test, b.test", "a.test,", "# comment"])
def test_several_domains_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mailname"
    path.write_text(text + "\n")
    for value in (str(path), text):
        with pytest.raises(ConfigError) as caught:
            check_shared_values(config(value))
        words = "myorigin parameter setting must not contain multiple values"
        assert str(caught.value) == f"{words}: {text}"


@pytest.mark.parametrize("text", ["", "\no.test\n", "  \n"])
def test_empty_first_line_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mailname"
    path.write_text(text)
    with pytest.raises(ConfigError, match="^myorigin file .*/mailname is empty$"):
        check_shared_values(config(str(path)))


def test_missing_file_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        check_shared_values(config("/nowhere/mailname"))
    assert str(caught.value) == "/nowhere/mailname: cannot open file: No such file or directory"


def test_empty_origin_is_refused() -> None:
    with pytest.raises(ConfigError, match="^bad string length 0 < 1: myorigin = $"):
        check_shared_values(config(""))
