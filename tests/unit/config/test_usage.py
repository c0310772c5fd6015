"""Which names postconf takes for undefined; the texts are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.config.expand import ExpansionError
from pyfixcli.config.master_entry import parse_entry
from pyfixcli.config.snapshot import Config
from pyfixcli.config.usage import examine, of_process, service_config

UNDEFINED = "undefined parameter"


def warnings_of(settings: dict[str, str], *overrides: str) -> list[str]:
    """What is said of main.cf, and of a service with these overrides."""
    options = "".join(f"  -o {{{override}}}" for override in overrides)
    entry = parse_entry(f"a unix - - n - - smtpd{options}")
    assert entry is not None
    said: list[str] = []
    examine(Config("/c", settings), [entry], said.append)
    return [text.rpartition("/")[2] for text in said]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("one two,three", ["one", "two", "three"]),
        ("$mail_name one", ["N", "one"]),
        ("$smtpd_relay_restrictions $myorigin one", ["one"]),
        ("${mail_name?{y}:{z}} ${mail_version?{v}:{w}}", ["y", "w"]),
    ],
)
def test_classes_of_main_are_made_of_what_main_sets(value: str, names: list[str]) -> None:
    """The defaults of other parameters name no restriction classes."""
    said = warnings_of({"mail_name": "N", "smtpd_restriction_classes": value})
    assert said == [f"main.cf: {UNDEFINED}: {name}" for name in names]


@pytest.mark.parametrize(
    ("override", "names"), [("relayhost = r", ["one"]), ("mail_name = X", ["X", "one"])]
)
def test_classes_of_a_service_are_made_of_its_overrides(override: str, names: list[str]) -> None:
    """Neither main.cf nor defaults count."""
    said = warnings_of(
        {"mail_name": "N"}, override, "smtpd_restriction_classes = $mail_name $myorigin one"
    )
    assert said == [f"master.cf: {UNDEFINED}: {name}" for name in names]


def test_read_only_names_of_services_with_one_name() -> None:
    """Their overrides are one, which is told of once."""
    entries = [parse_entry("a unix - - n - - smtpd -o process_name=x") for _ in range(2)]
    said: list[str] = []
    examine(Config("/c", {}), [entry for entry in entries if entry is not None], said.append)
    assert said == ["/c/master.cf: read-only parameter assignment: process_name=x"]


def test_values_of_main_are_those_of_the_process_that_looks() -> None:
    """The branch for a process with a name counts, and names that main.cf cannot set have no value from there."""
    value = "{ ${process_name?{a}:{b}}"
    assert warnings_of({"stress": value}) == ["main.cf: missing '}' in \"{ a\""]
    said = warnings_of({"virtual_alias_maps": "$service_name", "service_name": "${u1!x}"})
    assert said == ["main.cf: read-only parameter assignment: service_name=${u1!x}"]


@pytest.mark.parametrize("network", ["mynetworks", "mynetworks_style"])
def test_a_bad_level_is_told_of_by_the_defaults_that_depend_on_it(network: str) -> None:
    """One of them is that of mynetworks, which is made at the start of postconf if main.cf has none."""
    assert warnings_of({"compatibility_level": "bad", network: "host"}) == []
    with pytest.raises(ExpansionError, match='malformed compatibility level syntax: "bad"'):
        warnings_of({"compatibility_level": "bad"})


def test_parameters_of_services_have_values() -> None:
    """Their defaults count wherever a value refers to them, in main.cf and in all services."""
    entries = [parse_entry("a unix - - n - - pipe"), parse_entry("b unix - - n - - smtp -o x=y")]
    settings = {"relayhost": "${a_time_limit} ${b_recipient_limit?yes} ${b_time_limit:no}"}
    usage = examine(Config("/c", settings), [e for e in entries if e is not None], print)
    assert of_process(usage.config).text("relayhost") == "1000s yes no"
    assert service_config(usage, 1).text("relayhost") == "1000s yes no"


def test_braces_in_a_value_of_a_service() -> None:
    """Are told of with its name and its type."""
    entry = parse_entry("no/x inet n - n - - smtpd -o {relay_domains = { a b}c}")
    assert entry is not None
    said: list[str] = []
    examine(Config("/c", {}), [entry], said.append)
    assert said == ["master.cf:no/x/inet: syntax error after '}' in \"{ a b}c\""]
