"""Real database servers for tests: started on loopback in a directory of their own, ended by their pid.

Each comes from a package of Debian; ``missing`` says which one is not there.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.instance import free_port

HOST = "127.0.0.1"
PASSWORD = "s3cr'et"
START = 60.0  # seconds for a server to come up
# name -> (program, package of Debian)
PROGRAMS = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "postgres": "postgresql",
    "slapd": "slapd",
    "memcached": "memcached",
}
ELSEWHERE = ("/usr/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))))


def find_program(name: str) -> str:
    """The path of a program, or nothing."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *ELSEWHERE))) or ""


def missing(*names: str) -> str:
    """What keeps these programs from running, or nothing."""
    for name in names:
        if not find_program(name):
            return f"needs {name}: apt-get install {PROGRAMS[name]}"
    return ""


class Server:
    """A process that serves. ``user`` is whom it runs as when root runs the tests."""

    def __init__(self, directory: Path, user: str) -> None:
        self.directory = directory
        self.port = free_port()
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            self._account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(mode=0o755, parents=True)
        self.own(directory)

    def own(self, path: Path) -> None:
        """Give a file to the server's user."""
        if self._account:
            os.chown(path, self._account["user"], self._account["group"])

    def run(self, *words: object, text: str = "") -> str:
        """A program of the server's, to its end."""
        program = find_program(str(words[0])) or str(words[0])
        done = subprocess.run(
            [program, *map(str, words[1:])],
            input=text,
            capture_output=True,
            text=True,
            cwd=self.directory,
            **self._account,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def start(self, *words: object) -> None:
        """Start the server; it is up when it takes connections."""
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                [find_program(str(words[0])), *map(str, words[1:])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **self._account,
            )
        self.wait_for(self._takes_connections)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Until a condition holds, while the server runs."""
        assert self._process is not None
        deadline = time.monotonic() + START
        while not condition():
            problem = (self.directory / "log").read_text(errors="replace")[-3000:]
            assert self._process.poll() is None, problem
            assert time.monotonic() < deadline, problem
            time.sleep(0.02)

    def _takes_connections(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
            return True
        return False

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(20)
            self._process = None


class Postgres(Server):
    """PostgreSQL with a database ``mail``, and ``app`` who logs in with PASSWORD."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "postgres")
        secret = directory / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ("-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C")
        self.run("initdb", "-D", directory / "data", *options, "-U", "app", "--pwfile", secret)
        self.certificate = ""

    def begin(self) -> None:
        """Start it."""
        options = ["-c", f"unix_socket_directories={self.directory}", "-c", "fsync=off"]
        if self.certificate:
            options += ["-c", "ssl=on", "-c", f"ssl_cert_file={self.certificate}"]
            options += ["-c", f"ssl_key_file={self.certificate}"]
        data = self.directory / "data"
        self.start("postgres", "-D", data, "-h", HOST, "-p", self.port, *options)
        self.wait_for(
            lambda: b"ready to accept connections" in (self.directory / "log").read_bytes()
        )

    def execute(self, text: str, database: str = "postgres") -> None:
        """Run statements."""
        place = f"host={HOST} port={self.port} user=app dbname={database}"
        quoted = PASSWORD.replace("'", "\\'")
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", f"{place} password='{quoted}'", text=text)


class Mariadb(Server):
    """MariaDB with a database ``mail``, and ``app`` who logs in with PASSWORD."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "mysql")
        self.socket = directory / "s"
        self.certificate = ""
        options = ("--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db")
        self.run("mariadb-install-db", *options, f"--datadir={directory}/data")

    def begin(self) -> None:
        """Start it."""
        places = [f"--datadir={self.directory}/data", f"--socket={self.socket}"]
        places += [f"--pid-file={self.directory}/pid", f"--port={self.port}"]
        if self.certificate:
            places += [f"--ssl-cert={self.certificate}", f"--ssl-key={self.certificate}"]
        options = ("--no-defaults", f"--bind-address={HOST}", "--skip-name-resolve")
        small = ("--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0")
        self.start("mariadbd", *options, *places, *small)

    def execute(self, text: str, database: str = "mysql") -> None:
        """Run statements as the server's root."""
        client = ("mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", database)
        self.run(*client, text=text)


class Memcached(Server):
    """An empty cache."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "nobody")

    def begin(self) -> None:
        """Start it."""
        self.start("memcached", "-l", HOST, "-p", self.port, "-m", "16")

    def exchange(self, request: bytes) -> bytes:
        """What it says to a request."""
        with socket.create_connection((HOST, self.port), 5) as stream:
            stream.sendall(request)
            return stream.recv(65536)


SLAPD = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {directory}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
password-hash {{CLEARTEXT}}
authz-regexp uid=([^,]+),.*cn=auth cn=$1,ou=people,dc=example,dc=com
sasl-secprops noanonymous
{tls}
database mdb
suffix "dc=example,dc=com"
rootdn "cn=admin,dc=example,dc=com"
rootpw "{password}"
directory {directory}/data
"""


class Slapd(Server):
    """OpenLDAP with the entries of a text in LDIF, for dc=example,dc=com."""

    def __init__(
        self, directory: Path, entries: str, certificate: str = "", authority: str = ""
    ) -> None:
        super().__init__(directory, "openldap")
        (directory / "data").mkdir(mode=0o755)
        self.own(directory / "data")
        tls = f"TLSCertificateFile {certificate}\nTLSCertificateKeyFile {certificate}"
        self._settings = directory / "slapd.conf"
        self._settings.write_text(
            SLAPD.format(directory=directory, tls=tls if certificate else "", password=PASSWORD)
        )
        (directory / "entries").write_text(entries)
        self.run("slapadd", "-q", "-f", self._settings, "-l", directory / "entries")
        self.tls_port = free_port()
        self.socket = directory / "ipc"

    def begin(self) -> None:
        """Start it."""
        places = f"ldap://{HOST}:{self.port}/ ldaps://{HOST}:{self.tls_port}/ {self.local_url()}"
        self.start("slapd", "-h", places, "-f", self._settings, "-d", "0")

    def local_url(self) -> str:
        """The URL of its socket on this machine."""
        return f"ldapi://{str(self.socket).replace('/', '%2F')}/"


@contextlib.contextmanager
def running(server: Any) -> Iterator[Any]:
    """Start a server, and end it in the end."""
    try:
        server.begin()
        yield server
    finally:
        server.stop()
