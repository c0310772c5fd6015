"""S23: the connection to a database is verified where the settings say so; nothing is asked, or told, otherwise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure
from tests.support import database_servers
from tests.support.database_servers import PASSWORD, Mariadb, Postgres, Server, Slapd

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
ENTRIES = "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n"
NEEDED = {
    "mysql": ("mariadbd", "mariadb-install-db"),
    "pgsql": ("postgres",),
    "ldap": ("slapd",),
}
QUOTED = PASSWORD.replace("'", "''")


class Secured:
    """A server with a certificate for 127.0.0.1 and localhost; ``authority`` is the file of its authority."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.kind = kind
        authority, self._other = trustme.CA(), trustme.CA()
        self.authority, self.stranger = directory / "ca.pem", directory / "other.pem"
        authority.cert_pem.write_to_path(self.authority)
        self._other.cert_pem.write_to_path(self.stranger)
        pem = directory / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
        self.server: Any = self._make(directory / "s", pem)

    def _make(self, directory: Path, pem: Path) -> Server:
        if self.kind == "ldap":
            made: Any = Slapd(directory, ENTRIES, str(pem))
        else:
            made = Mariadb(directory) if self.kind == "mysql" else Postgres(directory)
            made.certificate = str(pem)
        pem.chmod(0o600)
        made.own(pem)
        return made  # type: ignore[no-any-return]

    def prepare(self) -> None:
        """Make a login and something to find."""
        if self.kind == "mysql":
            self.server.execute(
                "CREATE DATABASE mail;"
                f"CREATE USER app@'%' IDENTIFIED BY '{QUOTED}'; GRANT ALL ON mail.* TO app@'%'"
            )

    def settings(self, authority: Path | None, host: str = "127.0.0.1") -> dict[str, str]:
        """The settings of a table that must verify the server."""
        port = self.server.port
        if self.kind == "ldap":
            found = {
                "server_host": f"ldaps://{host}:{self.server.tls_port}",
                "search_base": "dc=example,dc=com",
                "query_filter": "(dc=%s)",
                "result_attribute": "dc",
                "tls_require_cert": "yes",
            }
            return {**found, "tls_ca_cert_file": str(authority)} if authority else found
        login = {"user": "app", "password": PASSWORD, "dbname": "mail", "query": "SELECT 'example'"}
        if self.kind == "mysql":
            found = {**login, "hosts": f"{host}:{port}", "tls_verify_cert": "yes"}
            return {**found, "tls_CAfile": str(authority)} if authority else found
        uri = f"postgresql://{host}:{port}/postgres?sslmode=verify-full&sslrootcert="
        return {**login, "hosts": uri + (str(authority) if authority else "/none")}


@pytest.fixture(scope="module", params=NEEDED)
def secured(request: pytest.FixtureRequest) -> Iterator[Secured]:
    """Each kind of server in turn."""
    kind = request.param
    if reason := database_servers.missing(*NEEDED[kind]):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="pf") as name:
        Path(name).chmod(0o755)
        made = Secured(kind, Path(name))
        with database_servers.running(made.server):
            made.prepare()
            yield made


@pytest.fixture
def table(secured: Secured, tmp_path: Path) -> Callable[[dict[str, str]], Table]:
    """Opens a table with settings."""

    def make(settings: dict[str, str]) -> Table:
        path = tmp_path / "t.cf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        return open_table(f"{secured.kind}:{path}", CONFIG)

    return make


MakeTable = Callable[[dict[str, str]], Table]


def test_s23_a_server_that_holds_is_asked(secured: Secured, table: MakeTable) -> None:
    """The authority issued its certificate, for the name that was given."""
    assert table(secured.settings(secured.authority)).get("example") == "example"


def test_s23_another_authority_is_a_failure(secured: Secured, table: MakeTable) -> None:
    """So that a lookup fails rather than that a stranger answers."""
    with pytest.raises(TableFailure, match="(?i)certificate"):
        table(secured.settings(secured.stranger)).get("example")


def test_s23_the_systems_authorities_do_not_vouch(secured: Secured, table: MakeTable) -> None:
    """Without a file of authorities."""
    with pytest.raises(TableFailure, match="(?i)certificate"):
        table(secured.settings(None)).get("example")


def test_s23_another_name_is_a_failure(secured: Secured, table: MakeTable) -> None:
    """The same server, under a name that its certificate does not have."""
    host = "localhost" if secured.kind == "pgsql" else "127.1"
    with pytest.raises(TableFailure, match="(?i)certificate"):
        table(secured.settings(secured.authority, host)).get("example")
