"""Names and addresses of hosts. What is wrong with them is said in the words of the reference."""

from __future__ import annotations

import pytest

from pyfixcli.mail.hostname import address_problem, is_hostname, literal_problem


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        ("[192.0.2.1]", None),
        ("[1.02.3.4]", None),
        ("[0.0.0.0]", None),
        ("[0.0.0.1]", "valid_ipv4_hostaddr: bad initial octet value: 0.0.0.1"),
        ("[1..2.3.4]", "valid_ipv4_hostaddr: misplaced dot: 1..2.3.4"),
        ("[1.2.3.4.]", "valid_ipv4_hostaddr: misplaced dot: 1.2.3.4."),
        ("[1.2.3.4.5]", "valid_ipv4_hostaddr: invalid octet count: 1.2.3.4.5"),
        ("[1.2.3.256]", "valid_ipv4_hostaddr: invalid octet value: 1.2.3.256"),
        ("[1.2.3.4f]", "valid_ipv4_hostaddr: invalid character 102(decimal): 1.2.3.4f"),
        ("[::1]", "valid_ipv4_hostaddr: invalid character 58(decimal): ::1"),
        ("[]", "valid_ipv4_hostaddr: invalid octet count: "),
        ("[IPv6:::1]", None),
        ("[ipv6:a:b:c:d:e:f:a:b]", None),
        ("[ipv6:a:b::1.2.3.4]", None),
        ("[ipv6:]", "valid_ipv6_hostaddr: too few `:' in IPv6 address: "),
        ("[ipv6:a:b]", "valid_ipv6_hostaddr: too few `:' in IPv6 address: a:b"),
        ("[ipv6::a]", "valid_ipv6_hostaddr: bad null first field in IPv6 address: :a"),
        ("[ipv6:1::2:]", "valid_ipv6_hostaddr: bad null last field in IPv6 address: 1::2:"),
        ("[ipv6:a::b::c]", "valid_ipv6_hostaddr: too many `::' in IPv6 address: a::b::c"),
        (
            "[ipv6:a:b:c:d:e:f:a::]",
            "valid_ipv6_hostaddr: too many `:' in IPv6 address: a:b:c:d:e:f:a::",
        ),
        ("[ipv6:::12345]", "valid_ipv6_hostaddr: malformed IPv6 address: ::12345"),
        ("[ipv6:1.2.3.4]", "valid_ipv6_hostaddr: malformed IPv4-in-IPv6 address: 1.2.3.4"),
        ("[ipv6:::%1]", "valid_ipv6_hostaddr: invalid character 37(decimal) in IPv6 address: ::%1"),
        ("[ipv6:::1.2.3.4:5]", "valid_ipv4_hostaddr: invalid character 58(decimal): 1.2.3.4:5"),
    ],
)
def test_literals(domain: str, problem: str | None) -> None:
    """Address literals of mail domains: IPv6 needs its tag."""
    assert literal_problem(domain) == problem


@pytest.mark.parametrize(("text", "is_good"), [("::1", True), ("192.0.2.1", True), ("a", False)])
def test_addresses(text: str, is_good: bool) -> None:
    """Without brackets IPv6 has no tag."""
    assert (not address_problem(text)) is is_good


@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("a-a.b-b", True),
        ("a_b.c", True),
        ("1.2.3.4", False),
        ("a..b", False),
        ("a.b-", False),
        ("*.a", False),
        (f"{'a' * 63}.b", True),
        (f"{'a' * 64}.b", False),
    ],
)
def test_names(name: str, is_good: bool) -> None:
    """Letters, digits, hyphens inside labels and underscores."""
    assert is_hostname(name) is is_good
