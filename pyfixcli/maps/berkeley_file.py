"""Files of Berkeley DB 5 (hash and btree), for reading only.

Every number of the file is checked before it is used, and every chain of pages is at most as long as the file, so that a
damaged file gives DamagedFile and nothing else.
"""

from __future__ import annotations

from struct import Struct

from pyfixcli.maps.index_file import DamagedFile, IndexFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HASH_MAGIC, BTREE_MAGIC = 0x061561, 0x053162
HASH_VERSIONS, BTREE_VERSIONS = range(8, 11), range(8, 11)
META = 512  # octets of the smallest page, which the first one fits into
HEADER = 26  # octets of a page before the positions of its items
UNUSED = 0  # a page of a bucket that never had an item
UNSORTED_HASH, INTERNAL, LEAF, OVERFLOW, HASH = 2, 3, 5, 7, 13  # kinds of pages
IN_PAGE, OFF_PAGE = 1, 3  # kinds of items in a hash page, and of a btree page
DELETED = 0x80
MAX_DEPTH = 64


class Page:
    """A page: its kind, its successor and the positions of its items."""

    __slots__ = ("data", "following", "kind", "positions", "used")

    def __init__(self, data: bytes, order: str, number: int) -> None:
        self.data = data
        found, _, self.following, count, self.used, _, self.kind = Struct(
            f"{order}8xIIIHHBB"
        ).unpack_from(data)
        if found != number and self.kind != UNUSED:
            raise DamagedFile(f"page {number} says that it is page {found}")
        self.positions: tuple[int, ...] = ()
        if self.kind in (OVERFLOW, UNUSED):  # the count is one of references
            return
        if HEADER + 2 * count > len(data):
            raise DamagedFile(f"page {number} has {count} items")
        self.positions = Struct(f"{order}{count}H").unpack_from(data, HEADER)
        for position in self.positions:
            if not HEADER + 2 * count <= position < len(data):
                raise DamagedFile(f"page {number} has an item at {position}")


class BerkeleyFile:
    """A hash or a btree; the IndexFile is open, and stays the same."""

    def __init__(self, file: IndexFile) -> None:
        self._file = file
        meta = file.read(0, META)
        self._order = _byte_order(meta)
        magic, version, self._size, encryption, _, flags = self._unpack("IIIBBB", meta, 12)
        if encryption or flags & 1:
            raise DamagedFile("it has checksums or is encrypted")
        if self._size < META or self._size & (self._size - 1) or self._size > 65536:
            raise DamagedFile(f"a page size of {self._size}")
        self._pages = file.size // self._size
        self._is_hash = magic == HASH_MAGIC
        if version not in (HASH_VERSIONS if self._is_hash else BTREE_VERSIONS):
            raise DamagedFile(f"version {version} of the format")
        if self._is_hash:
            self._buckets, self._high, self._low = self._unpack("III", meta, 72)
            self._spares = self._unpack("32I", meta, 96)
        else:
            self._root = self._unpack("I", meta, 88)[0]

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        return self._get_hashed(key) if self._is_hash else self._get_sorted(key)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value, in the file's order."""
        if self._is_hash:
            if self._buckets >= self._pages:
                raise DamagedFile(f"{self._buckets} buckets in {self._pages} pages")
            chains = (self._chain(self._page_of(n)) for n in range(self._buckets + 1))
            return self._limited(pair for chain in chains for pair in self._hash_pairs(chain))
        first = self._descend(None)
        return self._limited(self._leaf_pairs(first))

    def _limited(self, pairs: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        """No more pairs than fit into the file, should its pages be linked in odd ways."""
        for number, pair in enumerate(pairs):
            if number > self._file.size:
                raise DamagedFile("pages that belong to two chains")
            yield pair

    # -- pages ---------------------------------------------------------------------------

    def _unpack(self, form: str, data: bytes, position: int) -> tuple[int, ...]:
        layout = Struct(self._order + form)
        if position + layout.size > len(data):
            raise DamagedFile("an item beyond the end of its page")
        return layout.unpack_from(data, position)

    def _page(self, number: int) -> Page:
        if not 0 < number < self._pages:
            raise DamagedFile(f"page {number} of {self._pages}")
        data = self._file.read(number * self._size, self._size)
        return Page(data, self._order, number)

    def _chain(self, number: int) -> Iterator[Page]:
        """A page and those that follow it."""
        for _ in range(self._pages):
            page = self._page(number)
            yield page
            if not page.following:
                return
            number = page.following
        raise DamagedFile("a chain of pages without an end")

    def _long_item(self, number: int, length: int) -> bytes:
        """An item that lies in pages of its own."""
        if length > self._file.size:
            raise DamagedFile(f"an item of {length} octets")
        parts, total = [], 0
        for page in self._chain(number):
            if page.kind != OVERFLOW or page.used > self._size - HEADER:
                raise DamagedFile("a long item with a page of another kind")
            parts.append(page.data[HEADER : HEADER + page.used])
            total += page.used
            if total > length:
                raise DamagedFile("a long item that is longer than it says")
        if total != length:
            raise DamagedFile("a long item that is shorter than it says")
        return b"".join(parts)

    # -- hash ----------------------------------------------------------------------------

    def _page_of(self, bucket: int) -> int:
        return bucket + self._spares[min(bucket.bit_length(), 31)]

    def _get_hashed(self, key: bytes) -> bytes | None:
        hashed = _hash(key)
        bucket = hashed & self._high
        if bucket > self._buckets:
            bucket &= self._low
        for page in self._chain(self._page_of(bucket)):
            for index in self._hash_indexes(page):
                if self._is_key(page, index, key):
                    return self._hash_item(page, index + 1)
        return None

    def _hash_indexes(self, page: Page) -> range:
        if page.kind not in (UNUSED, UNSORTED_HASH, HASH) or len(page.positions) % 2:
            raise DamagedFile("a page of another kind in a hash")
        return range(0, len(page.positions), 2)

    def _is_key(self, page: Page, index: int, key: bytes) -> bool:
        data = self._hash_data(page, index)
        if data[0] == OFF_PAGE and self._unpack("I", data, 8)[0] != len(key):
            return False
        return self._hash_item(page, index) == key

    def _hash_data(self, page: Page, index: int) -> bytes:
        end = page.positions[index - 1] if index else self._size
        data = page.data[page.positions[index] : end]
        if not data:
            raise DamagedFile("an item without a kind")
        return data

    def _hash_item(self, page: Page, index: int) -> bytes:
        data = self._hash_data(page, index)
        if data[0] == IN_PAGE:
            return data[1:]
        if data[0] != OFF_PAGE:
            raise DamagedFile("keys that have several values")
        number, length = self._unpack("II", data, 4)
        return self._long_item(number, length)

    def _hash_pairs(self, chain: Iterator[Page]) -> Iterator[tuple[bytes, bytes]]:
        for page in chain:
            for index in self._hash_indexes(page):
                yield self._hash_item(page, index), self._hash_item(page, index + 1)

    # -- btree ---------------------------------------------------------------------------

    def _descend(self, key: bytes | None) -> Page:
        """The leaf that has a key, if any has; the first leaf for None."""
        number = self._root
        for _ in range(MAX_DEPTH):
            page = self._page(number)
            if page.kind == LEAF:
                return page
            if page.kind != INTERNAL or not page.positions:
                raise DamagedFile("a page of another kind in a btree")
            place = 0 if key is None else self._child(page, key)
            number = self._unpack("I", page.data, page.positions[place] + 4)[0]
        raise DamagedFile("a btree without leaves")

    def _child(self, page: Page, key: bytes) -> int:
        """The last item whose key is not after the one wanted; the first has none."""
        low, high = 0, len(page.positions) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._btree_item(page, middle, 12) <= key:
                low = middle
            else:
                high = middle - 1
        return low

    def _btree_item(self, page: Page, index: int, after: int = 3) -> bytes:
        """An item, whose data begin ``after`` its begin."""
        position = page.positions[index]
        length, kind = self._unpack("HB", page.data, position)
        if kind & ~DELETED == IN_PAGE:
            if position + after + length > self._size:
                raise DamagedFile("an item beyond the end of its page")
            return page.data[position + after : position + after + length]
        if kind & ~DELETED != OFF_PAGE:
            raise DamagedFile("keys that have several values")
        start = position + 4 if after == 3 else position + 16
        number, length = self._unpack("II", page.data, start)
        return self._long_item(number, length)

    def _get_sorted(self, key: bytes) -> bytes | None:
        page = self._descend(key)
        low, high = 0, len(page.positions) // 2
        while low < high:
            middle = (low + high) // 2
            found = self._btree_item(page, middle * 2)
            if found == key:
                return (
                    None
                    if self._is_deleted(page, middle)
                    else self._btree_item(page, middle * 2 + 1)
                )
            if found < key:
                low = middle + 1
            else:
                high = middle
        return None

    def _is_deleted(self, page: Page, pair: int) -> bool:
        position = page.positions[pair * 2 + 1]
        return bool(self._unpack("HB", page.data, position)[1] & DELETED)

    def _leaf_pairs(self, page: Page) -> Iterator[tuple[bytes, bytes]]:
        for _ in range(self._pages):
            if page.kind != LEAF:
                raise DamagedFile("a page of another kind among the leaves")
            for pair in range(len(page.positions) // 2):
                if not self._is_deleted(page, pair):
                    yield self._btree_item(page, pair * 2), self._btree_item(page, pair * 2 + 1)
            if not page.following:
                return
            page = self._page(page.following)
        raise DamagedFile("a chain of pages without an end")


def _byte_order(meta: bytes) -> str:
    """How numbers are written, which the magic number shows."""
    for order in "<", ">":
        if Struct(f"{order}I").unpack_from(meta, 12)[0] in (HASH_MAGIC, BTREE_MAGIC):
            return order
    raise DamagedFile("it is no hash or btree of Berkeley DB")


def _hash(key: bytes) -> int:
    value = 0
    for octet in key:
        value = (value * 16777619 & 0xFFFFFFFF) ^ octet
    return value
