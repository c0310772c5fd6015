"""What postmap and postalias share: options, queries, listing, deleting, building."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, parse_options, program_name
from pyfixcli.maps.registry import KINDS, UnsupportedTable, open_table, split_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.source_blocks import Chunk
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
        found, self.operands = parse_options(argv, OPTIONS, usage)
        self.values = dict(found)
        self.letters = {letter for letter, _ in found}
        _check_requests([letter for letter, _ in found if letter in "dqs"])
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

    @property
    def colon(self) -> str:
        """What stands between a key and the blank before its value, apart from that blank."""
        return ":" if self.aliases else ""

    def names(self) -> list[str]:
        """``type:file`` of each operand."""
        return [":".join(split_name(name, self.config)) for name in self.operands]


def _check_requests(letters: list[str]) -> None:
    if len(letters) > 1:
        others = "-s or -q or -d" if letters[1] == "s" else "-s -q or -d"
        raise PyfixError(f"specify only one of {others}")


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


def open_for_query(call: Invocation, name: str, reads: bool = True) -> Table:
    """An open table; the reference's fatal texts when it cannot be had. It is not read without ``reads``."""
    table = open_table(name, call.config, call.fold)
    if reads and table.name.startswith("texthash:"):
        _read_now(table)
    for text in table.take_warnings() or getattr(table, "warnings", []):
        call.warn(text)
    kind, rest = split_name(name, call.config)
    if kind in BUILDABLE and not os.path.exists(rest + ".lmdb"):
        raise ConfigError(f"open database {rest}.lmdb: No such file or directory")
    return table


def _read_now(table: Table) -> None:
    """Have the table look at its file, for the warnings; what fails is told by the query."""
    from pyfixcli.maps.table import TableFailure

    try:
        table.get("")
    except TableFailure:
        return


def query(call: Invocation, key: str) -> int:
    """-q: one key against the tables in order, or many from standard input."""
    tables = [open_for_query(call, name) for name in call.names()]
    found = False
    for wanted in _keys(key):
        for table in tables:
            value = _ask(call, table, wanted)
            if value is None:
                continue
            if not value:
                call.warn(f"table {table.name}: key {wanted}: empty string result is not allowed")
                call.warn(f"table {table.name} should return NO RESULT in case of NOT FOUND")
            found = True
            text = f"{wanted}{call.colon}\t{value}\n" if key == "-" else f"{value}\n"
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
        _, cannot_open, why = text.partition(": open ")
        if cannot_open:
            raise PyfixError(f"open {why}") from failure
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
        table = open_for_query(call, name, reads=False)
        remover = getattr(table, "delete", None)
        if remover is None:
            raise PyfixError(f"{name} map requires O_RDONLY access mode")
        path = name.partition(":")[2]
        with _as_owner(call, _target_status(path), path):
            for wanted in _keys(key):
                found |= remover(wanted)
    return EX_OK if found else 1


def listing(call: Invocation) -> int:
    """-s: all entries of the first table."""
    for name in call.names()[:1]:
        table = open_for_query(call, name)
        items = getattr(table, "items", None)
        if items is None:
            raise PyfixError(f"table {name}: sequence operation is not supported")
        for key, value in items():
            os.write(1, f"{key}{call.colon}\t{value}\n".encode("utf-8", "surrogateescape"))
    return EX_OK


def build(call: Invocation, name: str) -> None:
    """Make a table from its source, or add entries from standard input."""
    from io import BytesIO

    from pyfixcli.maps.build import Duplicates, build_file, update_file

    kind, path = split_name(name, call.config)
    warnings: list[str] = []
    duplicates = Duplicates("r" in call.letters, "w" in call.letters, f"{kind}:{path}", warnings)
    incremental = "i" in call.letters
    try:
        source = os.dup(0) if incremental else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise PyfixError(f"open {path}: {error.strerror}") from error
    _check_buildable(kind, path)
    status = os.fstat(source)
    mode = 0o644 if incremental or "p" in call.letters else status.st_mode & 0o777
    with open(source, "rb") as stream:
        if incremental:
            with _as_owner(call, _target_status(path), path):
                entries = _chunks(call, stream, "stdin", warnings, in_step=True)
                update_file(path, entries, mode, duplicates)
        else:
            again = stream if stream.seekable() else BytesIO(stream.read())

            def read(in_step: bool) -> Iterable[Chunk]:
                again.seek(0)
                warnings.clear()
                return _chunks(call, again, path, warnings, in_step)

            with _as_owner(call, status, path):
                build_file(path, read, mode, duplicates)
    for text in warnings:
        call.warn(text)


def _check_buildable(kind: str, path: str) -> None:
    if kind in BUILDABLE:
        return
    if kind not in KINDS:
        raise UnsupportedTable(
            f"unsupported dictionary type: {kind}. Is the name of the type right?"
        )
    if kind in FROM_TEXT:
        text = f"unsupported dictionary type: {kind} does not support bulk-mode creation."
        raise UnsupportedTable(text)
    raise PyfixError(f"open {path}: No such file or directory")


def _chunks(
    call: Invocation, stream: BinaryIO, path: str, warnings: list[str], in_step: bool
) -> Iterable[Chunk]:
    """The entries of a source; ``in_step``: each comes with no more than the warnings before it."""
    from pyfixcli.maps.source_blocks import encode_pairs, read_chunks, read_in_step

    if call.aliases:
        pairs = _alias_pairs(call, stream, path, warnings)
        return (encode_pairs([pair], fold=False) for pair in pairs)
    read = read_in_step if in_step else read_chunks
    return read(stream, path, call.fold, warnings)


def _alias_pairs(
    call: Invocation, stream: BinaryIO, path: str, warnings: list[str]
) -> Iterator[tuple[str, str]]:
    import time

    from pyfixcli.maps.alias_source import read_aliases
    from pyfixcli.maps.folding import fold_key

    lines = (line.decode("utf-8", "surrogateescape") for line in stream)
    for name, value in read_aliases(lines, path, warnings):
        yield fold_key(name) if call.fold else name, value
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
