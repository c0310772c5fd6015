"""Which macros go with which event."""

from __future__ import annotations

from pyfixcli.config.snapshot import Config
from pyfixcli.milter.macros import MacroRules, MacroValues
from pyfixcli.protocol.milter import Command

SETTINGS = {
    "myhostname": "mail.test",
    "milter_connect_macros": "j {client_addr} {zz} {nothing}",
    "milter_mail_macros": "i {mail_addr} yy {yy}",
    "milter_macro_defaults": "zz=top, {yy}=2",
}


def values(**session: str) -> MacroValues:
    return MacroValues(MacroRules(Config("/nowhere", SETTINGS)), session)


def test_what_has_no_value_is_left_out() -> None:
    """Names are sent as the parameter has them."""
    found = list(values(client_addr="::1").of(Command.CONNECT, {}, {}))
    assert found == [("j", "mail.test"), ("{client_addr}", "::1"), ("{zz}", "top")]


def test_an_event_adds_its_own() -> None:
    """An empty value is one; braces make no difference for what a macro is."""
    found = list(values().of(Command.MAIL, {}, {"mail_addr": ""}))
    assert found == [("{mail_addr}", ""), ("yy", "2"), ("{yy}", "2")]


def test_the_list_of_the_milter_stands_over_ours() -> None:
    """And content has the macros of the event that ends it."""
    some = values()
    some.message["i"] = "4SqTFD"
    asked: dict[Command, tuple[str, ...]] = {Command.END_OF_BODY: ("i", "{j}")}
    assert list(some.of(Command.BODY, asked, {})) == [("i", "4SqTFD"), ("{j}", "mail.test")]
