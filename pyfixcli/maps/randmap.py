"""randmap: tables: one of several values, at random (DATABASE_README)."""

from __future__ import annotations

import os

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.compound import split_members
from pyfixcli.maps.file_content import encode_files
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.snapshot import Config


class RandomTable(Table):
    """``randmap:{ value, value ... }``: any key has one of them, each as often as the others."""

    fixed_keys = False
    reads_files = True

    def __init__(
        self,
        kind: str,
        name: str,
        config: Config,
        fold: bool,
        random_octets: Callable[[int], bytes] = os.urandom,
        files: bool = False,
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self._values = split_members(name)
        if files:
            self._values = [encode_files(value) for value in self._values]
        self._random_octets = random_octets
        if not self._values:
            raise ConfigError(f'bad syntax: "{self.name}"; need "{kind}:{{value...}}"')

    def get(self, key: str) -> str | None:
        number = int.from_bytes(self._random_octets(8), "big")
        return self._values[number % len(self._values)]
