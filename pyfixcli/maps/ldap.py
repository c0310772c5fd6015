"""ldap: tables: searches in a directory (ldap_table(5)), through ldap3.

ldap_search.py makes one text of what is found; ldap_session.py speaks to the servers, which are tried in the order in which
they are given.
"""

from __future__ import annotations

import time

from pyfixcli.maps.connection_pool import ConnectionPool, Exhausted, Host, share_pool
from pyfixcli.maps.database_table import TIME_LIMIT, DatabaseTable, MissingLibrary
from pyfixcli.maps.ldap_search import Attributes, LdapSearch, NotThere, escape_filter, escape_name
from pyfixcli.maps.ldap_url import SCOPES, is_url
from pyfixcli.maps.query_expansion import Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.ldap_session import LdapSession
    from pyfixcli.maps.query_expansion import Parts

NO_LONGER = ("cache", "cache_expiry", "cache_size")
PORT = 389
SEARCH = (
    "query_filter",
    "result_format",
    "result_filter",
    "domain",
    "expansion_limit",
    "search_base",
)


class LdapTable(DatabaseTable):
    """``ldap:/path/of/settings``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        try:
            from pyfixcli.maps.ldap_session import LdapSession, read_login
        except ImportError as error:
            raise MissingLibrary(self.name, "ldap") from error
        source = self.source
        for setting in NO_LONGER:
            if source.get(setting) is not None:
                self.warn(f"dict_ldap_open: {source.name} ignoring {setting}")
        self._base = self._needed_template("search_base", "")
        self._filter = self._needed_template("query_filter", "mailacceptinggeneralid=%s")
        self._scope = source.text("scope", "sub", is_needed=True).lower()
        where = f"dict_ldap_open: {source.name}"
        if self._scope not in SCOPES:
            self.warn(f"{where}: Unrecognized value {self._scope} specified for scope; using sub")
            self._scope = "sub"
        if not self._filter.letters:
            self.warn(f"{where}: Fixed query_filter {self._filter.text} is probably useless")
        self._attributes = Attributes(
            result=self._names("result_attribute", "maildrop"),
            special=self._names("special_result_attribute"),
            terminal=self._names("terminal_result_attribute"),
            leaf=self._names("leaf_result_attribute"),
        )
        self._depth = source.number("recursion_limit", 1000, 1)
        self._size_limit = source.number("size_limit", self._limit)
        login = read_login(source, self.warn)
        told = tuple(pair for pair in source.identity if pair[0] not in SEARCH)
        names = self._hosts()
        self._pool: ConnectionPool[LdapSession] = share_pool(
            ("ldap", told),
            lambda: ConnectionPool(
                [Host(name) for name in names],
                lambda host, deadline: LdapSession(host, login, deadline),
                LdapSession.close,
                is_ordered=True,
            ),
        )

    def result_format(self) -> str:
        """Also under its old name."""
        return self.source.text("result_format", self.source.text("result_filter", "%s"))

    def _needed_template(self, setting: str, default: str) -> Template:
        template = self.template(self.source.text(setting, default), "query")
        self.require(template.letters)
        return template

    def _names(self, setting: str, default: str = "") -> list[str]:
        return [word.lower() for word in self.source.words(setting, default)]

    def _hosts(self) -> list[str]:
        """URLs of the servers."""
        port = self.source.number("server_port", PORT)
        hosts = []
        for word in self.source.words("server_host", "localhost"):
            has_port = ":" in word.rpartition("]")[2]
            url = word if is_url(word) else f"ldap://{word}"
            hosts.append(url if is_url(word) or has_port else f"{url}:{port}")
        return hosts

    def fetch(self, key: Parts) -> list[str | None]:
        """The values of the attributes that are found."""
        base = self._base.fill_key(key, escape_name)
        query = self._filter.fill_key(key, escape_filter)
        deadline = time.monotonic() + TIME_LIMIT

        def search(session: LdapSession) -> list[str | None]:
            limits = self._size_limit, self._depth, deadline
            asked = LdapSearch(self.source.name, session, self._attributes, *limits)
            try:
                return asked.expand(base, query, SCOPES[self._scope])
            except NotThere:
                if not self._base.letters:  # it never is
                    raise
                return []
            finally:
                for text in asked.warnings:
                    self.warn(text)

        try:
            return self._pool.ask(search, deadline)
        except Exhausted as error:
            raise self.failure(*error.warnings) from error

    def close(self) -> None:
        self._pool.close()
