"""The settings of kinds of clients."""

from __future__ import annotations

import gc

from pyfixcli.access.ehlo_discard import Discarded
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.services.smtpd.service import MAX_KINDS, ClientKind, View
from pyfixcli.protocol.settings import ServerSettings


def kind_of(address: str) -> ClientKind:
    """A client for which a table has failed."""
    trouble = (f'fail:x lookup error for "{address}"',)
    return ClientKind(False, False, "", False, False, Discarded("", trouble))


def count_settings() -> int:
    """How many are kept anywhere."""
    gc.collect()
    return sum(isinstance(found, ServerSettings) for found in gc.get_objects())


def test_settings_of_many_kinds_are_not_all_kept() -> None:
    """A table that fails says so of each address: clients must not fill the memory."""
    view = View(Config("/nowhere", {"compatibility_level": "3.7"}))
    first = view.settings(kind_of("192.0.2.1"))
    assert view.settings(kind_of("192.0.2.1")) is first
    before = count_settings()
    for number in range(3 * MAX_KINDS):
        view.settings(kind_of(str(number)))
    assert count_settings() - before <= MAX_KINDS
    assert view.settings(kind_of("192.0.2.1")).discard_trouble == first.discard_trouble
