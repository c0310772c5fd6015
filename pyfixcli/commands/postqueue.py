"""postqueue(1): listing and flushing the queue."""

from __future__ import annotations

import _socket
import posix
import sys

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_UNAVAILABLE
from pyfixcli.commands._context import Diagnostics, is_own_instance, open_config
from pyfixcli.commands._run import end, parse_options, run
from pyfixcli.mail import submission
from pyfixcli.queue.queue_id import may_be_queue_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfixcli.config.snapshot import Config

STATUS = EX_UNAVAILABLE
OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("f", None, "flush the queue: try to deliver everything"),
    ("i", "queue_id", "try to deliver one message"),
    ("j", None, "list the queue as JSON, an object a line"),
    ("p", None, "list the queue"),
    ("s", "site", "try to deliver mail for a destination"),
    ("v", None, "talk"),
)
USAGE = (
    "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site"
)
DOWN = "Cannot flush mail queue - mail system is down"  # or nobody can tell whether it may be
QUERY, FLUSH = ord("Q"), ord("F")
TIMEOUT = 3600.0


def main(argv: list[str]) -> int:
    """Run postqueue."""
    found, operands = parse_options(argv, OPTIONS, USAGE)
    values = dict(found)
    wanted = [letter for letter, _ in found if letter in "fijps"]
    config = open_config(values.get("c"))
    diagnostics = Diagnostics(config, argv[0])
    try:
        if operands or len(wanted) != 1:
            raise PyfixError(USAGE)
        letter = wanted[0]
        if letter in "jp":
            return show(config, letter == "j", diagnostics)
        return flush(config, letter, values[letter], diagnostics)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


def connect(config: Config, name: str) -> _socket.socket | None:
    """A connection to one of the daemon's sockets, or None when it is down."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(f"{config.queue_directory}/{name}")
    except OSError:
        connection.close()
        return None
    return connection


def frames(connection: _socket.socket) -> Iterator[tuple[int, bytes]]:
    """Frames of the answer."""
    reader = submission.FrameReader()
    while True:
        while (found := reader.next_frame()) is None:
            data = connection.recv(262144)
            if not data:
                raise PyfixError("connection to the mail system is lost")
            reader.receive(data)
        yield found


def show(config: Config, as_json: bool, diagnostics: Diagnostics) -> int:
    """Copy the listing that the daemon sends; read the queue directly while it is down."""
    connection = connect(config, paths.SHOWQ)
    if connection is None:
        return _show_directly(config, as_json, diagnostics)
    connection.sendall(submission.pack_frame(QUERY, b"json" if as_json else b"text"))
    for kind, payload in frames(connection):
        if kind == submission.CONTENT:
            while payload:
                payload = payload[posix.write(1, payload) :]
        elif kind == submission.REPLY:
            raise PyfixError(submission.unpack_reply(payload)[2])
        else:
            break
    return EX_OK


def _show_directly(config: Config, as_json: bool, diagnostics: Diagnostics) -> int:
    from pyfixcli.commands._direct import show_directly

    if posix.getuid() != 0 and not is_own_instance(config):
        raise PyfixError("Queue report unavailable - mail system is down")
    diagnostics.warning("Mail system is down -- accessing queue directly")
    return show_directly(config, as_json)


def flush(config: Config, letter: str, value: str, diagnostics: Diagnostics) -> int:
    """Ask the scheduler for a delivery attempt."""
    request = {"f": "all", "i": f"id {value}", "s": f"site {value}"}[letter]
    if letter == "i" and not may_be_queue_id(value):
        raise PyfixError(f'Cannot flush queue ID - invalid name: "{value}"')
    if letter == "s":
        if not _is_destination(value):
            raise PyfixError(f'Cannot flush mail queue - invalid destination: "{value}"')
        if not _is_flushable(config, value, diagnostics):
            text = f'Flush service is not configured for destination "{value}"'
            raise PyfixError(text)
    connection = connect(config, paths.FLUSH)
    if connection is None:
        raise PyfixError(DOWN)
    connection.sendall(submission.pack_frame(FLUSH, request.encode("utf-8", "surrogateescape")))
    for kind, payload in frames(connection):
        if kind == submission.REPLY:
            status, _, text = submission.unpack_reply(payload)
            if status != EX_OK:
                raise PyfixError(text)
            break
    return EX_OK


def _is_destination(value: str) -> bool:
    """Whether this is a domain name or ``[address]``."""
    from pyfixcli.mail.hostname import is_hostname, literal_problem

    if value.startswith("["):
        return value.endswith("]") and literal_problem(value) is None
    return is_hostname(value)


def _is_flushable(config: Config, site: str, diagnostics: Diagnostics) -> bool:
    """Whether fast_flush_domains covers a destination; PyfixError, with warnings, when a table cannot answer."""
    from pyfixcli.ipc.driver import drive
    from pyfixcli.maps.lookup import BlockingWaiter
    from pyfixcli.maps.match_list import MatchList
    from pyfixcli.maps.table import TableFailure

    names = config.fast_flush_domains
    domains = MatchList(config, names, "fast_flush_domains", BlockingWaiter())
    try:
        return drive(domains.matches_domain(site.strip("[]")))
    except TableFailure as failure:
        for line in str(failure).split("\n"):
            diagnostics.warning(line)
        raise PyfixError(DOWN) from failure


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, STATUS))
