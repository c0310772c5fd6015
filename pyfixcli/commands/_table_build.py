"""Making tables, adding to them and deleting from them (postmap(1), postalias(1))."""

from __future__ import annotations

import os
import time
from io import BytesIO

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._tables import NO_DELETE, Invocation, keys_of, open_for_query
from pyfixcli.maps.build import BUILDERS, Duplicates, Kind, build_file, update_file
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.registry import KINDS, UnsupportedTable, split_name
from pyfixcli.maps.source import Rules
from pyfixcli.maps.source_blocks import encode_pairs, read_chunks, read_in_step
from pyfixcli.maps.table import TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pyfixcli.maps.source_blocks import Chunk
    from pyfixcli.maps.table import Table

# Of the tables that are made, only cdb is never changed.
READ_ONLY = (
    "dict_cdb_open: inappropriate open flags for cdb database"
    " - specify O_RDONLY or O_WRONLY|O_CREAT|O_TRUNC"
)


def delete(call: Invocation, key: str) -> int:
    """-d: remove keys."""
    found = False
    for name in call.names():
        kind, path = split_name(name, call.config)
        builder = _check_deletable(kind, path)
        if builder is None:
            found |= _delete_from(call, open_for_query(call, name), key)
        else:
            found |= _delete_keys(call, key, builder, path)
    return EX_OK if found else 1


def _delete_from(call: Invocation, table: Table, key: str) -> bool:
    """Let a table remove keys itself."""
    found = False
    try:
        for wanted in keys_of(call, key):
            found |= table.delete(wanted)  # type: ignore[attr-defined]
    except TableFailure as failure:
        text, *warnings = str(failure).split("\n")
        for warning in warnings:
            call.warn(warning)
        if not warnings:
            raise PyfixError(text) from failure
        raise PyfixError(f"table {table.name}: delete error: {failure.reason}") from failure
    for warning in table.take_warnings():
        call.warn(warning)
    return found


def _delete_keys(call: Invocation, key: str, builder: Kind, path: str) -> bool:
    index = path + builder.suffix
    fold = key_folding(call.config, call.fold)
    with _as_owner(call, _target_status(index), path, index):
        names = (fold(name).encode("utf-8", "surrogateescape") for name in keys_of(call, key))
        return builder.delete(path, names, call.endings or builder.endings)


def _check_deletable(kind: str, path: str) -> Kind | None:
    """The builder of a table that entries can be deleted from; None for one that does it, or fails, by itself."""
    if kind not in KINDS and kind != "proxy":
        raise UnsupportedTable(f"unsupported dictionary type: {kind}")
    builder = BUILDERS.get(kind)
    if builder is not None:
        if not builder.changes:
            raise PyfixError(READ_ONLY)
        return builder
    if kind in NO_DELETE:
        raise PyfixError(f"table {kind}:{path}: delete operation is not supported")
    if kind not in ("fail", "memcache"):
        raise PyfixError(f"{kind}:{path} map requires O_RDONLY access mode")
    return None


def build(call: Invocation, name: str) -> None:
    """Make a table from its source, or add entries from standard input."""
    kind, path = split_name(name, call.config)
    incremental = "i" in call.letters
    if kind == "fail":
        raise PyfixError(f"table {name}: write error: Application error")
    if kind == "proxy":
        raise PyfixError("can't create maps via the proxy service")
    source = _open_source(path, incremental)
    builder = _check_buildable(kind)
    warnings: list[str] = []
    title = path if kind == "cdb" else f"{kind}:{path}"
    duplicates = Duplicates(call.duplicates == "r", call.duplicates == "w", title, warnings)
    with _open_stream(source, path) as stream:
        if incremental:
            _update(call, stream, path, builder, duplicates, warnings)
        else:
            _rebuild(call, stream, path, builder, duplicates, warnings)
    for text in warnings:
        call.warn(text)


def _open_source(path: str, incremental: bool) -> int:
    try:
        return os.dup(0) if incremental else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise PyfixError(f"open {path}: {error.strerror}") from error


def _open_stream(source: int, path: str) -> BinaryIO:
    try:
        return open(source, "rb")
    except OSError as error:
        os.close(source)
        raise PyfixError(f"read {path}: {error.strerror}") from error


def _check_buildable(kind: str) -> Kind:
    builder = BUILDERS.get(kind)
    if builder is not None:
        return builder
    if kind not in KINDS:
        hint = f"Is the postfix-{kind} package installed?"
        raise UnsupportedTable(f"unsupported dictionary type: {kind}. {hint}")
    text = f"unsupported dictionary type: {kind} does not support bulk-mode creation."
    raise UnsupportedTable(text)


def _update(
    call: Invocation,
    stream: BinaryIO,
    path: str,
    builder: Kind,
    duplicates: Duplicates,
    warnings: list[str],
) -> None:
    """-i: add the entries of standard input."""
    if not builder.changes:
        raise PyfixError(READ_ONLY)
    index = path + builder.suffix
    with _as_owner(call, _target_status(index), path, index):
        entries = _chunks(call, stream, "stdin", builder, warnings, in_step=True)
        update_file(path, builder, entries, 0o644, duplicates)
        if call.aliases:
            renewed = Duplicates(replace=True, silent=True, title=path, warnings=warnings)
            update_file(path, builder, [_marks(call, builder)], 0o644, renewed)


def _rebuild(
    call: Invocation,
    stream: BinaryIO,
    path: str,
    builder: Kind,
    duplicates: Duplicates,
    warnings: list[str],
) -> None:
    """Make the table anew, with the source's mode."""
    status = os.fstat(stream.fileno())
    mode = 0o644 if "p" in call.letters else 0o600 | status.st_mode & 0o044
    again = stream if stream.seekable() else BytesIO(stream.read())

    def read(in_step: bool) -> Iterable[Chunk]:
        again.seek(0)
        warnings.clear()
        return _chunks(call, again, path, builder, warnings, in_step)

    with _as_owner(call, status, path, path + builder.suffix):
        build_file(path, builder, read, mode, duplicates)


def _chunks(
    call: Invocation,
    stream: BinaryIO,
    path: str,
    builder: Kind,
    warnings: list[str],
    in_step: bool,
) -> Iterator[Chunk]:
    """The entries of a source; ``in_step``: each comes with no more than the warnings before it."""
    if call.aliases:
        pairs = _alias_pairs(call, stream, path, warnings)
        chunks: Iterator[Chunk] = (encode_pairs([pair]) for pair in pairs)
    else:
        rules = Rules(key_folding(call.config, call.fold), call.utf8, call.files)
        chunks = (read_in_step if in_step else read_chunks)(stream, path, warnings, rules)
    if not _ending(call, builder):
        chunks = ([(key[:-1], value[:-1]) for key, value in chunk] for chunk in chunks)
    yield from chunks
    if call.aliases and "i" not in call.letters:
        yield _marks(call, builder)


def _ending(call: Invocation, builder: Kind) -> bytes:
    """What new keys and values end with."""
    return (call.endings or builder.endings)[0]


def _alias_pairs(
    call: Invocation, stream: BinaryIO, path: str, warnings: list[str]
) -> Iterator[tuple[str, str]]:
    from pyfixcli.maps.alias_source import read_aliases

    fold = key_folding(call.config, call.fold)
    lines = (line.decode("utf-8", "surrogateescape") for line in stream)
    for name, value in read_aliases(lines, path, warnings, call.utf8):
        yield fold(name), value


def _marks(call: Invocation, builder: Kind) -> Chunk:
    """The entries by which Sendmail and NIS know an alias table; those of NIS have no null at their ends."""
    ending = _ending(call, builder)
    return [
        (b"@" + ending, b"@" + ending),
        (b"YP_LAST_MODIFIED", b"%010d" % time.time()),
        (b"YP_MASTER_NAME", call.config.myhostname.encode()),
    ]


def _target_status(index: str) -> os.stat_result | None:
    try:
        return os.stat(index)
    except OSError:
        return None


class _as_owner:  # noqa: N801  (reads as a statement: with _as_owner(...))
    """Root builds another user's table with that user's rights, unless -o says otherwise.

    A table of root's in a directory of a user's is built as that user: in such a place every name
    may be a link of the user's making.
    """

    def __init__(
        self, call: Invocation, status: os.stat_result | None, path: str, index: str
    ) -> None:
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
            call.warn(f"{place} is owned by uid {found.st_uid}: {index} is written as that user")

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
