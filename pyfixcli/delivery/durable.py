"""How a delivery makes a file, or the names in a directory, durable: at once, or together with other deliveries."""

from __future__ import annotations

import os
from typing import Protocol


class Durable(Protocol):
    """What writes to the disk."""

    async def sync(self, descriptor: int) -> None:
        """Have everything that was written to an open file or directory on the disk. Raises OSError.

        Others may act meanwhile, also with other rights.
        """
        ...

    def hurry(self) -> None:
        """What the caller does next may take long: deliveries that wait for the disk are not to wait for that, too.

        Only while nobody's rights are taken.
        """
        ...


class SyncNow:
    """Writes at once, and so never suspends its caller."""

    async def sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def hurry(self) -> None:
        pass


NOW = SyncNow()
