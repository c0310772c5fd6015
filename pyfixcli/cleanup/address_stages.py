"""Rewriting and mapping of addresses, in the order of ADDRESS_REWRITING_README.

Data flow: completed (trivial-rewrite(8)) -> sender_ or recipient_canonical_maps -> canonical_maps -> masquerade_domains.
Which of the last three apply depends on where the address stands (the *_classes parameters).

Diagnostics: with a class that is none no message is accepted.
"""

from __future__ import annotations

from typing import Protocol

from pyfixcli.base.errors import ConfigError
from pyfixcli.cleanup.canonical import CanonicalMap
from pyfixcli.cleanup.known_results import KnownResults
from pyfixcli.cleanup.mapping import (
    AddressKind,
    NotMapped,
    Warn,
    Warnings,
    is_propagated,
    read_classes,
)
from pyfixcli.cleanup.masquerade import Masquerade
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.address_lookup import AddressLookup
from pyfixcli.maps.lookup import Stateful, Waiter, joint_state
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter

CANONICAL = ("sender_canonical", "recipient_canonical", "canonical")


class Stage(Protocol):
    """One mapping of an address in internal form; ``title`` is its parameter."""

    title: str

    def state(self) -> object:
        """What the results depend on besides the address, as Table.state."""
        ...

    async def apply(self, address: str, warn: Warn) -> str:
        """The address that stands for it; raises NotMapped."""
        ...


class Broken:
    """Stands for stages that cannot be set up."""

    title = ""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def state(self) -> object:
        """As Stage.state."""
        return None

    async def apply(self, address: str, warn: Warn) -> str:
        """As Stage.apply: raises NotMapped."""
        raise NotMapped("", problem=self._problem)


class AddressStages:
    """The stages of one view of the configuration."""

    def __init__(
        self,
        config: Config,
        rewriter: Rewriter,
        domains: Domains,
        waiter: Waiter,
        known: KnownResults,
    ) -> None:
        self._rewriter = rewriter
        self._known = known
        self.problem = ""  # what keeps all of this from being used
        self._observer = waiter.observer
        self._stages: dict[AddressKind, list[Stage]] = {kind: [] for kind in AddressKind}
        self._parts: list[Stateful] = []  # what a result depends on
        try:
            self._set_up(config, domains, waiter)
        except ConfigError as error:
            self.problem = str(error)
            broken = Broken(self.problem)
            self._stages = {kind: [broken] for kind in AddressKind}
            self._parts.append(broken)

    def _set_up(self, config: Config, domains: Domains, waiter: Waiter) -> None:
        propagates = is_propagated(config, "canonical")
        for name in CANONICAL:
            lookup = AddressLookup.of(config, f"{name}_maps", domains.is_own, waiter)
            classes = read_classes(config, f"{name}_classes")
            if lookup:
                self._parts = self._parts or [domains]
                self._add(CanonicalMap(lookup, self.complete, propagates), classes)
        masquerade = Masquerade(config, waiter)
        classes = read_classes(config, "masquerade_classes")
        if masquerade:
            self._add(masquerade, classes)

    def _add(self, stage: Stage, classes: frozenset[AddressKind]) -> None:
        self._parts.append(stage)
        for kind in classes:
            self._stages[kind].append(stage)

    def complete(self, address: str) -> str:
        """An address in internal form, with a domain of this system where it has none."""
        return self._rewriter.rewrite(address, LOCAL)

    def maps(self, kind: AddressKind) -> bool:
        """Whether any stage applies to addresses that stand there."""
        return bool(self._stages[kind])

    def state(self) -> object:
        """What the mapping depends on besides the address, as Table.state; None also where somebody watches each step."""
        if self._observer is not None:
            return None
        return joint_state(self._parts)

    async def map(self, address: str, kind: AddressKind, warn: Warn) -> str:
        """A completed address after all stages; the null address stays null. Raises NotMapped."""
        stages = self._stages[kind]
        if not address or not stages:
            return address
        mapped = self._known.address(address, kind)
        if mapped is None:
            warnings = Warnings(warn)
            mapped = await self._apply(stages, address, warnings)
            if not warnings.count:  # else the next one is warned about too
                self._known.note_address(address, kind, mapped)
        return mapped

    async def _apply(self, stages: list[Stage], address: str, warn: Warn) -> str:
        for stage in stages:
            before, address = address, await stage.apply(address, warn)
            if self._observer is not None and address != before:
                self._observer.note_step(stage.title, before, (address,))
        return address
