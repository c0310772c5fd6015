"""cidr: tables; values and warnings are the reference's."""

from __future__ import annotations

import ipaddress
import random
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.cidr import CidrTable

CONFIG = Config("/nowhere", {})
RULES = """\
192.0.2.1          host
192.0.2.0/24       net
   continued
!203.0.113.0/24    not test net
2001:db8::/32      six
[2001:db9::]/32    brackets
"""
NESTED = """\
if 1.2.0.0/16
if 1.2.3.4/30
1.2.3.3  cannot
1.2.3.4  four
endif
endif
if !1.2.3.4/30
1.2.3.3  three
ENDIF
1.2.3.0/24 rest
"""


def table_of(path: Path, text: str) -> CidrTable:
    """The table of a file with these rules."""
    (path / "c").write_text(text)
    return CidrTable("cidr", str(path / "c"), CONFIG, True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("192.0.2.1", "host"),
        ("192.0.2.200", "net   continued"),
        ("198.51.100.1", "not test net"),
        ("203.0.113.1", None),
        ("2001:db8::1", "six"),
        ("2001:DB8:0:0::1", "six"),
        ("2001:db9::1", "brackets"),
        ("::1", None),
        ("host.example.test", None),
        ("192.0.2", None),
        ("192.0.2.01", None),
        ("[192.0.2.1]", None),
        ("fe80::1%eth0", None),
        ("192.0.2.1\0", None),
        ("", None),
    ],
)
def test_addresses(tmp_path: Path, key: str, value: str | None) -> None:
    """The first rule that fits; what is no address has no value."""
    table = table_of(tmp_path, RULES)
    assert (table.get(key), table.warnings) == (value, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [("1.2.3.3", "three"), ("1.2.3.4", "four"), ("1.2.3.5", "rest"), ("9.9.9.9", None)],
)
def test_if_and_endif(tmp_path: Path, key: str, value: str | None) -> None:
    """They nest, and can be negated."""
    assert table_of(tmp_path, NESTED).get(key) == value


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            "192.0.2.1/24 x",
            'non-null host address bits in "192.0.2.1/24", perhaps you should use "192.0.2.0/24" instead',
        ),
        ("192.0.2.0/33 x", 'bad mask length in "192.0.2.0/33"'),
        ("192.0.2.0/9999999999 x", 'bad mask length in "192.0.2.0/9999999999"'),
        ("192.0.2.0/-1 x", 'bad mask value in "192.0.2.0/-1"'),
        ("192.0.2.0/ x", 'bad mask value in "192.0.2.0/"'),
        ("192.0.2/24 x", 'bad network value in "192.0.2/24"'),
        ("192.0.2.256 x", 'bad address pattern: "192.0.2.256"'),
        ("192.0.2.10", "no lookup result"),
        ("[192.0.2.11 x", "missing ']' character after \"[192.0.2.11\""),
        ("[1.2.3.4]x a", 'garbage after "[1.2.3.4]"'),
        ("endif", "ENDIF without IF"),
        ("if", "no address pattern"),
        ("if 10.1.0.0/16 text", 'bad mask value in "10.1.0.0/16 text"'),
        ("if/x", 'bad mask value in "/x"'),
    ],
)
def test_bad_rules_are_skipped(tmp_path: Path, rule: str, text: str) -> None:
    """With a warning that names the line; the others count."""
    table = table_of(tmp_path, f"# c\n{rule}\n9.9.9.9 good\n")
    assert table.warnings == [f"cidr map {tmp_path}/c, line 2: {text}: skipping this rule"]
    assert table.get("9.9.9.9") == "good"


def test_an_if_without_endif_ends_with_the_table(tmp_path: Path) -> None:
    """Innermost first, with the line where it begins."""
    table = table_of(tmp_path, "if 1.0.0.0/8\nif 1.1.0.0/16\n1.1.1.1 x\n")
    assert [text.split("c, ")[1] for text in table.warnings] == [
        "line 2: IF has no matching ENDIF",
        "line 1: IF has no matching ENDIF",
    ]
    assert [table.get(key) for key in ("1.1.1.1", "2.2.2.2")] == ["x", None]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("{{1.2.3.0/24 inline}}", "inline"),
        ("{ {5.5.5.5 x}, { !6.6.6.6 negated } }", "negated"),
        ("{{# x} {1.2.3.4 y}}", "y"),
        ("{}", None),
        ("{{}}", None),
    ],
)
def test_rules_in_the_parameter(name: str, value: str | None) -> None:
    """Each in braces."""
    assert CidrTable("cidr", name, CONFIG, True).get("1.2.3.4") == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("{1.2.3.4 x}", "cidr map: no '{' at start of text in \"1.2.3.4\""),
        ("{{1.2.3.4 x}", "cidr map: missing '}' in \"{{1.2.3.4 x}\""),
        ("{{1.2.3.4 x}}z", "cidr map: syntax error after '}' in \"{{1.2.3.4 x}}z\""),
        ("/nonexistent/c", "open /nonexistent/c: No such file or directory"),
        ("/etc", "cidr map /etc: read error: Is a directory"),
    ],
)
def test_tables_that_cannot_be_read(name: str, text: str) -> None:
    """The texts are the reference's."""
    with pytest.raises(ConfigError) as refused:
        CidrTable("cidr", name, CONFIG, True)
    assert str(refused.value) == text


def test_many_rules_say_what_a_scan_says(tmp_path: Path) -> None:
    """The first rule for an address counts, whatever its mask."""
    generator = random.Random(5)
    rules: list[tuple[bool, ipaddress.IPv4Network]] = []
    for _ in range(300):
        network = ipaddress.ip_network(
            (generator.getrandbits(12) << 20, generator.randint(1, 12)), strict=False
        )
        assert isinstance(network, ipaddress.IPv4Network)
        rules.append((generator.random() < 0.02 and network.prefixlen < 3, network))
    text = "".join(f"{'!' * negated}{network} {n}\n" for n, (negated, network) in enumerate(rules))
    table = table_of(tmp_path, text)
    for _ in range(500):
        address = ipaddress.IPv4Address(generator.getrandbits(32))
        places = (n for n, (negated, net) in enumerate(rules) if (address in net) is not negated)
        first = next(places, None)
        assert table.get(str(address)) == (None if first is None else str(first))


def test_results_that_name_files(tmp_path: Path) -> None:
    """Their content in base64; a rule whose file cannot be read is skipped, and an ``if`` names none."""
    (tmp_path / "f").write_text("one\n")
    text = f"if 1.0.0.0/8\n1.1.1.1 {tmp_path}/f,{tmp_path}/f\nendif\n2.2.2.2 nope\n3.3.3.3 ,\n"
    (tmp_path / "c").write_text(text)
    table = CidrTable("cidr", str(tmp_path / "c"), CONFIG, True, files=True)
    place = f"cidr map {tmp_path}/c, line"
    assert table.warnings == [
        f"{place} 4: open nope: No such file or directory: skipping this rule",
        f"{place} 5: empty pathname list: >>,<<': skipping this rule",
    ]
    assert [table.get(key) for key in ("1.1.1.1", "2.2.2.2")] == ["b25lCgpvbmUK", None]
