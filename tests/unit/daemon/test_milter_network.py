"""Connections to milters: what is left of them when the milter does not read."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pyfixcli.daemon import milter_network
from pyfixcli.daemon.milter_network import MilterNetwork
from pyfixcli.milter.settings import MilterSettings


def test_a_milter_that_reads_no_more_keeps_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is given some time, then the connection ends."""
    monkeypatch.setattr(milter_network, "FAREWELL", 0.05)
    settings = MilterSettings("unix:m", "m", 0, 5.0, 5.0, 5.0, "tempfail", 6)

    async def hang_up() -> bytes:
        channel = await MilterNetwork(str(tmp_path)).connect(settings)
        peer, _ = listener.accept()
        with peer:
            channel.write(b"x" * 4_000_000)
            channel.close()
            async with asyncio.timeout(5):
                return await channel.read(5.0)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "m"))
        listener.listen()
        assert asyncio.run(hang_up()) == b""
