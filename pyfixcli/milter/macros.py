"""Macros: what milters are told besides the arguments of an event (MILTER_README, Sendmail macro emulation)."""

from __future__ import annotations

from collections.abc import Iterator

from pyfixcli.config.braced_words import braced_words
from pyfixcli.config.snapshot import Config
from pyfixcli.protocol.milter import Command, split_macros

PARAMETERS = {
    Command.CONNECT: "milter_connect_macros",
    Command.HELO: "milter_helo_macros",
    Command.MAIL: "milter_mail_macros",
    Command.RCPT: "milter_rcpt_macros",
    Command.DATA: "milter_data_macros",
    Command.END_OF_HEADER: "milter_end_of_header_macros",
    Command.END_OF_BODY: "milter_end_of_data_macros",
    Command.UNKNOWN: "milter_unknown_command_macros",
}
# Content has the macros of the event that ends it.
STANDS_FOR = {Command.HEADER: Command.END_OF_HEADER, Command.BODY: Command.END_OF_BODY}


class MacroRules:
    """Which macros go with which event, and the values that are the same for all mail; one view of the configuration."""

    def __init__(self, config: Config) -> None:
        self.names = {
            command: split_macros(config.text(name)) for command, name in PARAMETERS.items()
        }
        self.constants = {
            "j": config.myhostname,
            "daemon_name": config.milter_macro_daemon_name,
            "v": config.milter_macro_v,
        }
        self.defaults = dict(_read_defaults(config.milter_macro_defaults))


def bare(name: str) -> str:
    """The name of a macro without its braces."""
    return name[1:-1] if name.startswith("{") and name.endswith("}") else name


def _read_defaults(text: str) -> Iterator[tuple[str, str]]:
    """``name=value``; in braces of its own when there are blanks in it."""
    for word in braced_words(text):
        name, _, value = bare(word).partition("=")
        yield bare(name.strip()), value.strip()


class MacroValues:
    """The values at one moment of a session. ``session`` is kept, ``message`` forgotten with the message."""

    def __init__(self, rules: MacroRules, session: dict[str, str]) -> None:
        self._rules = rules
        self._session = session
        self.message: dict[str, str] = {}

    def of(
        self,
        command: Command,
        asked: dict[Command, tuple[str, ...]],
        event: dict[str, str],
    ) -> Iterator[tuple[str, str]]:
        """(name, value) of those that go with an event and have a value; ``asked`` are the milter's own lists."""
        stage = STANDS_FOR.get(command, command)
        names = asked.get(stage)
        for name in self._rules.names[stage] if names is None else names:
            value = self._find(bare(name), event)
            if value is not None:
                yield name, value

    def _find(self, name: str, event: dict[str, str]) -> str | None:
        rules = self._rules
        for values in (event, self.message, self._session, rules.constants, rules.defaults):
            value = values.get(name)
            if value is not None:
                return value
        return None
