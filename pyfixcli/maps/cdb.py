"""cdb: tables: constant databases, in one file that is never changed (DATABASE_README).

Format: 256 pairs (position, slots) of 32 bits, little-endian; the entries, each with the lengths of key and value;
256 hash tables of (hash, position of the entry). A key is looked for from slot (hash / 256) mod slots of table hash mod 256.

See also: https://cr.yp.to/cdb/cdb.txt
"""

from __future__ import annotations

from struct import Struct

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.index_file import DamagedFile, IndexFile, stale_warning
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.source_blocks import Chunk

SUFFIX = ".cdb"
TABLES = 256
HEADER = TABLES * 8
LIMIT = 1 << 32  # octets of a file
PAIR = Struct("<II")


def hash_key(key: bytes) -> int:
    """The hash of a key, 32 bits."""
    value = 5381
    for octet in key:
        value = (value * 33 ^ octet) & 0xFFFFFFFF
    return value


class CdbTable(Table):
    """A table file."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        path = name + SUFFIX
        super().__init__(f"{kind}:{path}")
        self.index_path = path
        self.endings: tuple[bytes, ...] = (b"", b"\0")  # of keys in the file
        self._source = name
        self._fold = key_folding(config, fold)
        self._file = IndexFile(path)

    def prepare(self) -> None:
        """As Table.prepare; an index that is older than its source is warned about."""
        self._open()
        if warning := stale_warning(self.index_path, self._source):
            self.warnings.append(warning)

    def _open(self) -> None:
        try:
            self._file.refresh()
        except OSError as error:
            text = f"table {self.name}: open database {self.index_path}: {error.strerror}"
            raise TableFailure(text) from error

    def get(self, key: str) -> str | None:
        name = self._fold(key).encode("utf-8", "surrogateescape")
        self._open()
        try:
            for ending in self.endings:
                value = find(self._file, name + ending)
                if value is not None:
                    return value.rstrip(b"\0").decode("utf-8", "surrogateescape")
        except (DamagedFile, OSError) as error:
            text = f"table {self.name}: error reading {self.index_path}: {error}"
            raise TableFailure(text) from error
        return None

    def close(self) -> None:
        self._file.close()


def find(file: IndexFile, key: bytes) -> bytes | None:
    """The first value of a key; DamagedFile."""
    wanted = hash_key(key)
    position, slots = PAIR.unpack(file.read(wanted % TABLES * 8, 8))
    if not slots:
        return None
    if position + slots * 8 > file.size:
        raise DamagedFile("a hash table lies beyond the end")
    for step in range(slots):
        slot = (wanted // TABLES + step) % slots
        found, entry = PAIR.unpack(file.read(position + slot * 8, 8))
        if not entry:
            return None
        if found != wanted:
            continue
        length, size = PAIR.unpack(file.read(entry, 8))
        if length == len(key) and file.read(entry + 8, length) == key:
            return file.read(entry + 8 + length, size)
    return None


def write_entries(file: BinaryIO, entries: Chunk, path: str) -> None:
    """Write a whole table to an empty file; ConfigError when it grows too large."""
    tables: list[list[tuple[int, int]]] = [[] for _ in range(TABLES)]
    file.write(bytes(HEADER))
    position = HEADER
    for key, value in entries:
        file.write(PAIR.pack(len(key), len(value)) + key + value)
        hashed = hash_key(key)
        tables[hashed % TABLES].append((hashed, position))
        position += 8 + len(key) + len(value)
        if position + 16 * len(entries) > LIMIT:
            raise ConfigError(f"error writing {path}: File too large")
    header = []
    for table in tables:
        header.append(PAIR.pack(position, len(table) * 2))
        file.write(b"".join(PAIR.pack(*slot) for slot in _spread(table)))
        position += len(table) * 16
    file.seek(0)
    file.write(b"".join(header))


def _spread(table: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The slots of a hash table, half of them empty."""
    slots = [(0, 0)] * (len(table) * 2)
    for hashed, position in table:
        place = hashed // TABLES % len(slots)
        while slots[place][1]:
            place = (place + 1) % len(slots)
        slots[place] = (hashed, position)
    return slots
