"""What postmap and postalias share: options, queries, listing, deleting; _table_build.py makes tables."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, parse_options, program_name
from pyfixcli.maps.registry import open_table, split_name
from pyfixcli.maps.table import TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfixcli.commands._run import Options
    from pyfixcli.config.snapshot import Config
    from pyfixcli.mail.mime import MimeRules
    from pyfixcli.maps.table import Table

SHARED_OPTIONS = (
    ("N", None, "include the terminating null in keys and values"),
    ("c", "config_dir", "configuration directory"),
    ("d", "key", "delete a key, or keys from standard input (-)"),
    ("f", None, "do not fold keys to lower case"),
    ("i", None, "incremental: add entries from standard input"),
    ("j", None, "show what is found as JSON"),
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
POSTMAP_OPTIONS = (
    ("F", None, "values are names of files, and stored as their content in base64"),
    ("U", None, "UTF-8 checks also with -b and -h"),
    ("b", None, "take the body lines of a message as keys (-q -)"),
    ("h", None, "take the headers of a message as keys (-q -)"),
    ("m", None, "with -b and -h, look into MIME parts"),
    *SHARED_OPTIONS,
)
BUFFER = 1 << 16  # octets of output that are written at a time
# What deleting says of tables that cannot: most can only be opened for reading
NO_DELETE = ("static", "environ")


class Invocation:
    """A parsed command line of postmap or postalias."""

    def __init__(self, argv: list[str], options: Options, usage: str, aliases: bool) -> None:
        self.program = program_name(argv[0])
        self.aliases = aliases
        found, self.operands = parse_options(argv, options, usage)
        self.values = dict(found)
        self.letters = {letter for letter, _ in found}
        # What to do with a key that is there already: the last of -r and -w counts, and so for its end.
        self.duplicates = next((letter for letter, _ in reversed(found) if letter in "rw"), "")
        self._ending = next((letter for letter, _ in reversed(found) if letter in "Nn"), "")
        _check_requests([letter for letter, _ in found if letter in "dqs"])
        self.config: Config = open_config(self.values.get("c"))
        if "u" in self.letters:
            self.config = self.config.with_overrides((("smtputf8_enable", "no"),))
        self._check_message_options()

    def _check_message_options(self) -> None:
        """-b, -h and -m go with ``-q -``."""
        given = self.letters & set("bhm")
        if given and self.values.get("q") != "-":
            raise PyfixError('specify -b -h or -m only with "-q -"')
        if given == {"m"}:
            self.warn("ignoring -m option without -b or -h")

    def warn(self, text: str) -> None:
        """A warning on standard error."""
        complain(f"{self.program}: warning: {text}")

    @property
    def fold(self) -> bool:
        """Whether keys are folded."""
        return "f" not in self.letters

    @property
    def files(self) -> bool:
        """Whether values stand for the content of files."""
        return "F" in self.letters

    @property
    def utf8(self) -> bool:
        """Whether keys and values must be UTF-8."""
        if self.letters & set("bh") and "U" not in self.letters:
            return False
        return self.config.smtputf8_enable

    @property
    def endings(self) -> tuple[bytes, ...] | None:
        """What keys in a file end with; None: whatever is usual there."""
        return {"N": (b"\0",), "n": (b"",)}.get(self._ending)

    @property
    def colon(self) -> str:
        """What stands between a key and the blank before its value, apart from that blank."""
        return ":" if self.aliases else ""

    def names(self) -> list[str]:
        """``type:file`` of each operand."""
        return [":".join(split_name(name, self.config)) for name in self.operands]


def _check_requests(letters: list[str]) -> None:
    for index, letter in enumerate(letters):
        before = letters[:index]
        if letter == "s" and {"q", "d"} & set(before):
            raise PyfixError("specify only one of -s or -q or -d")
        if letter != "s" and before:
            raise PyfixError("specify only one of -s -q or -d")


def execute(call: Invocation) -> int:
    """Do what the options say."""
    if "q" in call.letters:
        return query(call, call.values["q"])
    if "d" in call.letters:
        from pyfixcli.commands._table_build import delete

        return delete(call, call.values["d"])
    if "s" in call.letters:
        return listing(call)
    from pyfixcli.commands._table_build import build

    for name in call.names():
        build(call, name)
    return EX_OK


def open_for_query(call: Invocation, name: str) -> Table:
    """An open table; the reference's fatal texts when it cannot be had."""
    table = open_table(name, call.config, call.fold, call.files)
    if call.endings is not None and hasattr(table, "endings"):
        table.endings = call.endings
    if name.startswith(("lmdb:", "hash:", "btree:", "cdb:", "dbm:", "texthash:")):
        try:
            table.prepare()
        except TableFailure as failure:
            raise ConfigError(str(failure).removeprefix(f"table {table.name}: ")) from failure
    if hasattr(table, "hold"):
        table.hold()
    for text in table.pop_warnings():
        call.warn(text)
    return table


class Output:
    """Standard output in large pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def put(self, data: bytes) -> None:
        """Something to write."""
        self._parts.append(data)
        self._size += len(data)
        if self._size > BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write all that was put."""
        data = memoryview(b"".join(self._parts))
        self._parts.clear()
        self._size = 0
        while data:
            data = data[os.write(1, data) :]


def query(call: Invocation, key: str) -> int:
    """-q: one key against the tables in order, or many from standard input.

    A table is opened when the first key gets that far.
    """
    tables: dict[str, Table] = {}
    names = call.names()
    output = Output()
    ask = _ask_plainly if not call.files else _ask_content
    is_shown = key == "-" or "j" in call.letters
    found = False
    try:
        for wanted in keys_of(call, key):
            for name in names:
                if name not in tables:
                    tables[name] = open_for_query(call, name)
                value = ask(call, tables[name], wanted)
                if value is not None:
                    found = True
                    output.put(_format(call, wanted if is_shown else None, value))
                    break
    finally:
        output.flush()
    return EX_OK if found else 1


def _format(call: Invocation, key: str | None, value: bytes) -> bytes:
    """A line of output; without the key when that is None."""
    if key is None:
        return value + b"\n"
    if "j" in call.letters:
        import json

        text = value.decode("utf-8", "replace")
        return json.dumps({key: text}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    name = f"{key}{call.colon}\t".encode("utf-8", "surrogateescape")
    return name + value + b"\n"


def _ask_plainly(call: Invocation, table: Table, key: str) -> bytes | None:
    value = _ask(call, table, key)
    if value is None:
        return None
    return _noted(call, table, key, value.encode("utf-8", "surrogateescape"))


def _noted(call: Invocation, table: Table, key: str, content: bytes) -> bytes:
    """What is found, with warnings if it is empty: then a table should say that it has nothing."""
    if not content:
        call.warn(f"table {table.name}: key {key}: empty string result is not allowed")
        call.warn(f"table {table.name} should return NO RESULT in case of NOT FOUND")
    return content


def _ask_content(call: Invocation, table: Table, key: str) -> bytes | None:
    value = _ask(call, table, key)
    if value is None:
        return None
    content = content_of(call, table, key, value)
    if content is None:
        raise PyfixError(f"table {table.name}: query error")
    return _noted(call, table, key, content)


def content_of(call: Invocation, table: Table, key: str, value: str) -> bytes | None:
    """What a value stands for (-F); a warning and None when it is not base64."""
    from pyfixcli.maps.file_content import decode_value, start_of

    content = decode_value(value)
    if content is None:
        call.warn(f"table {table.name}: key {key}: malformed BASE64 value: {start_of(value)}")
    return content


def _ask(call: Invocation, table: Table, key: str) -> str | None:
    """The value of a key; PyfixError when the table cannot answer."""
    try:
        if not key and table.name.startswith("lmdb:") and b"" in getattr(table, "endings", ()):
            problem = (
                "MDB_BAD_VALSIZE: Unsupported size of key/DB name/data, or wrong DUPFIXED size"
            )
            raise PyfixError(f"error reading {table.name}: {problem}")
        if not key.isascii() and call.utf8:
            from pyfixcli.maps.utf8 import key_problem

            if problem := key_problem(table.name, key):
                call.warn(problem)
                return None
        value = table.get(key)
        if value is not None and not value.isascii() and call.utf8:
            from pyfixcli.maps.utf8 import check_value

            check_value(table.name, key, value)
        return value
    except TableFailure as failure:
        raise query_failure(call, table, failure) from failure
    finally:
        if news := table.take_warnings():
            for warning in news:
                call.warn(warning)


def query_failure(call: Invocation, table: Table, failure: TableFailure) -> PyfixError:
    """What ends the command when a table cannot answer; its warnings are printed."""
    text, *warnings = str(failure).split("\n")
    for warning in warnings:
        call.warn(warning)
    _, cannot_open, why = text.partition(": open ")
    if cannot_open:
        return PyfixError(f"open {why}")
    if not text.endswith(": lookup error"):
        return PyfixError(text)
    reason = f": {failure.reason}" if failure.reason else ""
    return PyfixError(f"table {table.name}: query error{reason}")


def keys_of(call: Invocation, key: str) -> Iterator[str]:
    """The key, or (``-``) the lines of standard input, or what -b and -h take of the message there."""
    if key != "-":
        yield key
    elif call.letters & set("bh"):
        from pyfixcli.mail.message_keys import message_keys

        has_headers, has_body = "h" in call.letters, "b" in call.letters
        for text in message_keys(sys.stdin.buffer, has_headers, has_body, _mime_rules(call)):
            yield text.decode("utf-8", "surrogateescape")
    else:
        for line in sys.stdin.buffer:
            yield line.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _mime_rules(call: Invocation) -> MimeRules:
    """How the message on standard input is taken apart: into parts only with -m."""
    from pyfixcli.mail.mime import MimeRules

    config = call.config
    return MimeRules(
        header_size=config.header_size_limit,
        line_length=config.line_length_limit,
        nesting=config.mime_nesting_limit,
        boundary_length=config.mime_boundary_length_limit,
        has_parts="m" in call.letters,
        separates=True,
    )


def listing(call: Invocation) -> int:
    """-s: all entries of the first table."""
    if not call.operands:
        return 1
    output = Output()
    for name in call.names()[:1]:
        table = open_for_query(call, name)
        items = getattr(table, "items", None)
        if items is None:
            raise PyfixError(f"table {table.name}: sequence operation is not supported")
        try:
            entries = items()
        except TableFailure as failure:
            raise query_failure(call, table, failure) from failure
        for key, value in entries:
            content = value.encode("utf-8", "surrogateescape")
            if call.files:
                found = content_of(call, table, key, value)
                if found is None:
                    continue
                content = found
            output.put(_format(call, key, _noted(call, table, key, content)))
    output.flush()
    return EX_OK
