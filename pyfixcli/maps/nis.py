"""nis: tables: maps of the Network Information Service, asked through libnsl where the system has it (DATABASE_README).

Without a domain nothing is found, with a warning, as in the reference: the table stands in configurations of systems that
never had the service.
"""

from __future__ import annotations

import ctypes
from ctypes.util import find_library

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.complaints import failure_text
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

NO_SUCH_KEY = 5  # YPERR_KEY
NO_DOMAIN = ("", "(none)")


class NisTable(Table):
    """``nis:map``, for example ``nis:mail.aliases``."""

    immediate = False

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._map = name.encode("utf-8", "surrogateescape")
        self._fold = key_folding(config, fold)
        self._library = _load(self.name)
        self._domain = self._find_domain()
        if not self._domain:
            self.warnings = ["dict_nis_init: NIS domain name not set - NIS lookups disabled"]

    def _find_domain(self) -> bytes:
        found = ctypes.c_char_p()
        if self._library.yp_get_default_domain(ctypes.byref(found)):
            return b""
        domain = found.value or b""
        return b"" if domain.decode("ascii", "replace") in NO_DOMAIN else domain

    def get(self, key: str) -> str | None:
        name = self._fold(key).encode("utf-8", "surrogateescape")
        if not self._domain or not name or b"\0" in name:
            return None
        for ending in (b"\0", b""):  # with it in maps that makemap or sendmail made
            value = self._match(name + ending)
            if value is not None:
                return value.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return None

    def _match(self, key: bytes) -> bytes | None:
        value, length = ctypes.c_void_p(), ctypes.c_int()
        code = self._library.yp_match(
            self._domain, self._map, key, len(key), ctypes.byref(value), ctypes.byref(length)
        )
        if code == NO_SUCH_KEY:
            return None
        if code or not value.value:
            why = self._library.yperr_string(code) or b"?"
            text = f"lookup {self.name}: {why.decode('utf-8', 'replace')}"
            raise TableFailure(failure_text(self.name, [text]))
        try:
            return ctypes.string_at(value.value, length.value)
        finally:
            ctypes.CDLL(None).free(value)


def _load(name: str) -> ctypes.CDLL:
    found = find_library("nsl")
    if not found:
        raise ConfigError(f"{name}: the library libnsl is not installed")
    try:
        library = ctypes.CDLL(found)
        library.yperr_string.restype = ctypes.c_char_p
        for function in (library.yp_match, library.yp_get_default_domain):
            function.restype = ctypes.c_int
    except (OSError, AttributeError) as error:
        raise ConfigError(f"{name}: the library {found} cannot be used: {error}") from error
    return library
