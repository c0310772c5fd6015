"""Rewriting and mapping of addresses, in the order of ADDRESS_REWRITING_README.

Data flow: completed (trivial-rewrite(8)) -> sender_ or recipient_canonical_maps -> canonical_maps -> masquerade_domains.
Which of the last three apply depends on where the address stands (the *_classes parameters).

Diagnostics: with a class that is none no message is accepted.
"""

from __future__ import annotations

from typing import Protocol

from pyfixcli.base.errors import ConfigError
from pyfixcli.cleanup.canonical import CanonicalMap
from pyfixcli.cleanup.mapping import (
    AddressKind,
    NotMapped,
    Warn,
    is_propagated,
    read_classes,
)
from pyfixcli.cleanup.masquerade import Masquerade
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.address_lookup import AddressLookup
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter

CANONICAL = ("sender_canonical", "recipient_canonical", "canonical")


class Stage(Protocol):
    """One mapping of an address in internal form; ``title`` is its parameter."""

    title: str

    async def apply(self, address: str, warn: Warn) -> str:
        """The address that stands for it; raises NotMapped."""
        ...


class Broken:
    """Stands for stages that cannot be set up."""

    title = ""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def apply(self, address: str, warn: Warn) -> str:
        """As Stage.apply: raises NotMapped."""
        raise NotMapped("", problem=self._problem)


class AddressStages:
    """The stages of one view of the configuration."""

    def __init__(
        self, config: Config, rewriter: Rewriter, domains: Domains, waiter: Waiter
    ) -> None:
        self._rewriter = rewriter
        self.problem = ""  # what keeps all of this from being used
        self._observer = waiter.observer
        self._stages: dict[AddressKind, list[Stage]] = {kind: [] for kind in AddressKind}
        try:
            self._set_up(config, domains, waiter)
        except ConfigError as error:
            self.problem = str(error)
            self._stages = {kind: [Broken(self.problem)] for kind in AddressKind}

    def _set_up(self, config: Config, domains: Domains, waiter: Waiter) -> None:
        propagates = is_propagated(config, "canonical")
        for name in CANONICAL:
            lookup = AddressLookup.of(config, f"{name}_maps", domains.is_own, waiter)
            classes = read_classes(config, f"{name}_classes")
            if lookup:
                self._add(CanonicalMap(lookup, self.complete, propagates), classes)
        masquerade = Masquerade(config, waiter)
        classes = read_classes(config, "masquerade_classes")
        if masquerade:
            self._add(masquerade, classes)

    def _add(self, stage: Stage, classes: frozenset[AddressKind]) -> None:
        for kind in classes:
            self._stages[kind].append(stage)

    def complete(self, address: str) -> str:
        """An address in internal form, with a domain of this system where it has none."""
        return self._rewriter.rewrite(address, LOCAL)

    def maps(self, kind: AddressKind) -> bool:
        """Whether any stage applies to addresses that stand there."""
        return bool(self._stages[kind])

    async def map(self, address: str, kind: AddressKind, warn: Warn) -> str:
        """A completed address after all stages; the null address stays null. Raises NotMapped."""
        if not address:
            return ""
        for stage in self._stages[kind]:
            before, address = address, await stage.apply(address, warn)
            if self._observer is not None and address != before:
                self._observer.note_step(stage.title, before, (address,))
        return address
