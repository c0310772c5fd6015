"""What postmap and postalias share: options, queries, listing, deleting, building."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import ConfigError, PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, getopt, program_name
from pyfixcli.maps.registry import KINDS, UnsupportedTable, open_table, split_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.table import Table

OPTIONS = (
    ("N", None, "include the terminating null in keys and values"),
    ("c", "config_dir", "configuration directory"),
    ("d", "key", "delete a key, or keys from standard input (-)"),
    ("f", None, "do not fold keys to lower case"),
    ("i", None, "incremental: add entries from standard input"),
    ("n", None, "no terminating null in keys and values"),
    ("o", None, "do not release root's rights for another user's file"),
    ("p", None, "do not inherit the mode of the source"),
    ("q", "key", "query a key, or keys from standard input (-)"),
    ("r", None, "replace entries instead of warning about duplicates"),
    ("s", None, "list all entries"),
    ("u", None, "no UTF-8 checks"),
    ("v", None, "talk"),
    ("w", None, "no warnings about duplicates"),
)
BUILDABLE = ("lmdb", "hash", "btree")
FROM_TEXT = ("cidr", "pcre", "regexp", "static", "texthash")  # their source is the table


class Invocation:
    """A parsed command line of postmap or postalias."""

    def __init__(self, argv: list[str], usage: str, aliases: bool) -> None:
        self.program = program_name(argv[0])
        self.aliases = aliases
        try:
            found, self.operands = getopt(argv[1:], OPTIONS)
        except UsageError as error:
            complain(f"{self.program}: {error}")
            raise PyfixError(usage) from error
        self.values = dict(found)
        self.letters = {letter for letter, _ in found}
        if len(self.letters & {"d", "i", "q", "s"}) > 1:
            raise PyfixError("specify only one of -s -d -q or -i")
        self.config: Config = open_config(self.values.get("c"))
        if "u" in self.letters:
            self.config = self.config.with_overrides((("smtputf8_enable", "no"),))

    def warn(self, text: str) -> None:
        """A warning on standard error."""
        complain(f"{self.program}: warning: {text}")

    @property
    def fold(self) -> bool:
        """Whether keys are folded."""
        return "f" not in self.letters

    def names(self) -> list[str]:
        """``type:file`` of each operand."""
        return [":".join(split_name(name, self.config)) for name in self.operands]


def execute(call: Invocation) -> int:
    """Do what the options say."""
    if "q" in call.letters:
        return query(call, call.values["q"])
    if "d" in call.letters:
        return delete(call, call.values["d"])
    if "s" in call.letters:
        return listing(call)
    for name in call.names():
        build(call, name)
    return EX_OK


def open_for_query(call: Invocation, name: str) -> Table:
    """An open table; the reference's fatal texts when it cannot be had."""
    table = open_table(name, call.config, call.fold)
    for text in getattr(table, "warnings", ()):
        call.warn(text)
    kind, rest = split_name(name, call.config)
    if kind in BUILDABLE and not os.path.exists(rest + ".lmdb"):
        raise ConfigError(f"open database {rest}.lmdb: No such file or directory")
    return table


def query(call: Invocation, key: str) -> int:
    """-q: one key against the tables in order, or many from standard input."""
    tables = [open_for_query(call, name) for name in call.names()]
    found = False
    for wanted in _keys(key):
        for table in tables:
            value = _ask(call, table, wanted) if wanted else None
            if value is None:
                continue
            if not value:
                call.warn(f"table {table.name}: key {wanted}: empty string result is not allowed")
                call.warn(f"table {table.name} should return NO RESULT in case of NOT FOUND")
            found = True
            text = f"{wanted}\t{value}\n" if key == "-" else f"{value}\n"
            os.write(1, text.encode("utf-8", "surrogateescape"))
            break
    return EX_OK if found else 1


def _ask(call: Invocation, table: Table, key: str) -> str | None:
    from pyfixcli.maps.table import TableFailure

    try:
        return table.get(key)
    except TableFailure as failure:
        text, *warnings = str(failure).split("\n")
        for warning in warnings:
            call.warn(warning)
        if not text.endswith(": lookup error"):
            raise PyfixError(text) from failure
        reason = f": {failure.reason}" if failure.reason else ""
        raise PyfixError(f"table {table.name}: query error{reason}") from failure
    finally:
        for warning in table.take_warnings():
            call.warn(warning)


def _keys(key: str) -> Iterator[str]:
    if key != "-":
        yield key
        return
    for line in sys.stdin.buffer:
        yield line.rstrip(b"\n").decode("utf-8", "surrogateescape")


def delete(call: Invocation, key: str) -> int:
    """-d: remove keys."""
    found = False
    for name in call.names():
        table = open_for_query(call, name)
        remover = getattr(table, "delete", None)
        if remover is None:
            raise PyfixError(f"{name} map requires O_RDONLY access mode")
        path = name.partition(":")[2]
        with _as_owner(call, _target_status(path), path):
            for wanted in _keys(key):
                found |= remover(wanted)
    return EX_OK if found else 1


def listing(call: Invocation) -> int:
    """-s: all entries."""
    for name in call.names():
        table = open_for_query(call, name)
        items = getattr(table, "items", None)
        if items is None:
            raise PyfixError(f"table {name}: sequence operation is not supported")
        for key, value in items():
            os.write(1, f"{key}\t{value}\n".encode("utf-8", "surrogateescape"))
    return EX_OK


def build(call: Invocation, name: str) -> None:
    """Make a table from its source, or add entries from standard input."""
    from pyfixcli.maps.build import Duplicates, build_file, update_file

    kind, path = split_name(name, call.config)
    if kind in FROM_TEXT:
        text = f"unsupported dictionary type: {kind} does not support bulk-mode creation."
        raise UnsupportedTable(text)
    if kind in KINDS and kind not in BUILDABLE:
        raise PyfixError(f"open {path}: No such file or directory")
    if kind not in BUILDABLE:
        raise UnsupportedTable(f"unsupported dictionary type: {kind}")
    warnings: list[str] = []
    duplicates = Duplicates("r" in call.letters, "w" in call.letters, path + ".lmdb", warnings)
    incremental = "i" in call.letters
    try:
        source = os.dup(0) if incremental else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise PyfixError(f"open {path}: {error.strerror}") from error
    status = os.fstat(source)
    mode = 0o644 if incremental or "p" in call.letters else status.st_mode & 0o777
    with open(source, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
        pairs = _pairs(call, stream, "stdin" if incremental else path, warnings)
        with _as_owner(call, status if not incremental else _target_status(path), path):
            make = update_file if incremental else build_file
            make(path, pairs, call.fold, mode, duplicates)
    for text in warnings:
        call.warn(text)


def _pairs(call: Invocation, stream: object, path: str, warnings: list[str]):  # type: ignore[no-untyped-def]
    if not call.aliases:
        from pyfixcli.maps.source import read_pairs

        yield from read_pairs(stream, path, warnings)  # type: ignore[arg-type]
        return
    import time

    from pyfixcli.maps.alias_source import read_aliases

    yield from read_aliases(stream, path, warnings)  # type: ignore[arg-type]
    if "i" not in call.letters:
        yield "@", "@"
        yield "YP_LAST_MODIFIED", f"{int(time.time()):010d}"
        yield "YP_MASTER_NAME", os.uname().nodename


def _target_status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path + ".lmdb")
    except OSError:
        return None


class _as_owner:  # noqa: N801  (reads as a statement: with _as_owner(...))
    """Root builds another user's table with that user's rights, unless -o says otherwise.

    A table of root's in a directory of a user's is built as that user: in such a place every name
    may be a link of the user's making.
    """

    def __init__(self, call: Invocation, status: os.stat_result | None, path: str) -> None:
        self._owner = (0, 0)
        if os.geteuid() != 0 or "o" in call.letters:
            return
        if status is not None and status.st_uid:
            self._owner = (status.st_uid, status.st_gid)
            return
        place = os.path.dirname(path) or "."
        try:
            found = os.stat(place)
        except OSError:
            return  # opening the table says what is wrong
        if found.st_uid:
            self._owner = (found.st_uid, found.st_gid)
            call.warn(
                f"{place} is owned by uid {found.st_uid}: {path}.lmdb is written as that user"
            )

    def __enter__(self) -> None:
        if self._owner[0]:
            self._groups = os.getgroups()
            os.setgroups([])
            os.setegid(self._owner[1])
            os.seteuid(self._owner[0])

    def __exit__(self, *exception: object) -> None:
        if self._owner[0]:
            os.seteuid(0)
            os.setegid(os.getgid())
            os.setgroups(self._groups)
