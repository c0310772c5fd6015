"""What tables have in common that ask a database (mysql_table(5), pgsql_table(5), sqlite_table(5), ldap_table(5)).

Data flow: key -> Parts -> question, if the domain is one of those and nothing is missing -> values -> result_format -> one text.

Diagnostics: whatever keeps the database from answering is a TableFailure; it is never "not found".
"""

from __future__ import annotations

from collections import deque

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.complaints import failure_text
from pyfixcli.maps.database_source import DatabaseSource
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.query_expansion import BadTemplate, Parts, Template, has_all
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.maps.utf8 import check_value, key_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.match_list import MatchList

TIME_LIMIT = 30.0  # seconds for a lookup
KEPT_WARNINGS = 20


class MissingLibrary(ConfigError):
    """The client library of a kind of table is not installed; ``extra`` has it."""

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(
            f'{name}: its client library is not installed (run "pip install pyfixcli[{extra}]")'
        )


class DatabaseTable(Table):
    """A table behind a query. Subclasses say what is asked, and ask it."""

    immediate = False
    connected = True
    colon = ":"  # after "key" in what is said about expansion_limit

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._kind = kind
        self.source = DatabaseSource(name, config)
        self._fold = key_folding(config, fold)
        self._is_checked = config.smtputf8_enable
        self._warnings: deque[str] = deque(maxlen=KEPT_WARNINGS)
        self._needed: frozenset[str] = frozenset()
        self._result = self.template(self.result_format(), "result")
        self._limit = self.source.number("expansion_limit", 0)
        self._domains = self._open_domains(config)
        self.require(self._result.key_letters)

    # -- settings ------------------------------------------------------------------------

    def template(self, text: str, role: str) -> Template:
        """A template among the settings; ConfigError."""
        try:
            return Template(text)
        except BadTemplate as error:
            where = f"db_common_parse: {self.source.name}"
            raise ConfigError(f"{where}: Invalid {role} template: {text}") from error

    def result_format(self) -> str:
        """What is made of each value."""
        return self.source.text("result_format", "%s", is_needed=True)

    def require(self, letters: frozenset[str]) -> None:
        """Ask nothing for a key that lacks one of these parts."""
        self._needed |= letters

    def _open_domains(self, config: Config) -> MatchList | None:
        """The domains whose addresses are asked for; None: every key is."""
        patterns = self.source.text("domain")
        if not patterns:
            return None
        from pyfixcli.maps.lookup import BlockingWaiter
        from pyfixcli.maps.match_list import MatchList

        waiter = BlockingWaiter(lambda text, is_error: self.warn(text))
        return MatchList(config, patterns, self.source.name, waiter)

    # -- asking --------------------------------------------------------------------------

    def get(self, key: str) -> str | None:
        """As Table.get; answers, or fails, in about TIME_LIMIT seconds."""
        key = self._fold(key)
        if not key:
            self.warn(f'table "{self.name}": empty query string -- ignored')
            return None
        if problem := key_problem(self.name, key):
            self.warn(problem)
            return None
        if "\0" in key:  # no database has it, and some would cut the key there
            return None
        parts = Parts(key)
        if not has_all(parts, self._needed) or not self._is_own(parts):
            return None
        value = self.find(parts)
        if value is not None and self._is_checked:
            check_value(self.name, key, value)
        return value

    def find(self, key: Parts) -> str | None:
        """As Table.get, for a key that the table is for."""
        return self._format(self.fetch(key), key)

    def fetch(self, key: Parts) -> Iterable[str | None]:
        """The values that the database has for a key; TableFailure."""
        raise NotImplementedError

    def _is_own(self, key: Parts) -> bool:
        """Whether the key is an address in one of the domains that the table is for."""
        if self._domains is None:
            return True
        if not key.local or not key.domain:
            return False
        asking = self._domains.matches_name(key.domain)
        try:
            asking.send(None)  # it awaits nothing: this thread may wait
        except StopIteration as answer:
            return bool(answer.value)
        except TableFailure as failure:
            raise self.failure(*str(failure).split("\n")) from failure
        raise RuntimeError("a blocking lookup did not end")

    def _format(self, values: Iterable[str | None], key: Parts) -> str | None:
        """The values as one text; None when there are none."""
        texts: list[str] = []
        for value in values:
            if value == "":
                self.warn(f'table "{self.name}": empty lookup result for: "{key.whole}" -- ignored')
            if not value:
                continue
            text = self._result.fill_value(Parts(value), key)
            if text is None:
                continue
            if self._limit and len(texts) == self._limit:
                problem = f"Expansion limit exceeded for key{self.colon} '{key.whole}'"
                raise self.failure(f"dict_{self._kind}_lookup: {self.source.name}: {problem}")
            texts.append(text)
        return ",".join(texts) or None

    # -- saying --------------------------------------------------------------------------

    def failure(self, *warnings: str, reason: str = "Application error") -> TableFailure:
        """The table cannot answer; ``warnings`` say why, ``reason`` is for postmap."""
        return TableFailure(failure_text(self.name, warnings), reason)

    def warn(self, text: str) -> None:
        """Something to log though no lookup failed."""
        self._warnings.append(text.replace("\n", "?"))

    def take_warnings(self) -> list[str]:
        """As Table.take_warnings."""
        taken = []
        while self._warnings:
            taken.append(self._warnings.popleft())
        return taken


def text_of(value: object) -> str | None:
    """What a database gave for a column, as text up to the first NUL; None for NULL."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value).decode("utf-8", "surrogateescape")
    return str(value).partition("\0")[0]


def sql_template(table: DatabaseTable) -> Template:
    """``query``, or the older settings that name a table and its columns; ConfigError."""
    source = table.source
    text = source.text("query")
    if not text:
        name = source.text("table", is_needed=True)
        select_field = source.text("select_field", is_needed=True)
        where_field = source.text("where_field", is_needed=True)
        conditions = source.text("additional_conditions")
        text = f"SELECT {select_field} FROM {name} WHERE {where_field} = '%s' {conditions}"
    template = table.template(text, "query")
    table.require(template.letters)
    return template
