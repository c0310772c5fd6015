"""The name of a client: looked up in threads, and checked that it leads back to the address.

Diagnostics: a warning for a name that does not resolve to the client's address.
"""

from __future__ import annotations

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from pyfixcli.access.facts import UNKNOWN, Client, NameStatus
from pyfixcli.mail.hostname import address_problem, is_hostname

THREADS = 32  # lookups at a time; a name server that does not answer holds each for some seconds
OWN_THREADS = 1  # for clients on this machine, whose name needs no name server
KEPT = 1.0  # seconds that a name is remembered: a client that connects again and again
MAX_KEPT = 1000
_TEMPORARY = frozenset((socket.EAI_AGAIN, socket.EAI_FAIL))


class FoundName:
    """What was found: the client but for its port, and a warning or an empty text."""

    __slots__ = ("client", "warning")

    def __init__(self, client: Client, warning: str = "") -> None:
        self.client = client
        self.warning = warning


class ClientNames:
    """Finds names without blocking the loop; equal addresses are asked once."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="client-name")
        self._own_pool = ThreadPoolExecutor(OWN_THREADS, thread_name_prefix="own-name")
        self._asked: dict[str, asyncio.Future[FoundName]] = {}
        self._known: dict[str, FoundName] = {}
        self._until = 0.0

    def known(self, address: str) -> FoundName | None:
        """What was found a moment ago."""
        now = time.monotonic()
        if now > self._until or len(self._known) > MAX_KEPT:
            self._known.clear()
            self._until = now + KEPT
        return self._known.get(address)

    async def find(self, address: str) -> FoundName:
        """The name of an address."""
        future = self._asked.get(address)
        if future is None:
            loop = asyncio.get_running_loop()
            is_own = address.startswith("127.") or address == "::1"
            pool = self._own_pool if is_own else self._pool
            future = loop.run_in_executor(pool, find_name, address)
            self._asked[address] = future
            future.add_done_callback(lambda _: self._asked.pop(address, None))
        found = await asyncio.shield(future)
        self._known[address] = found
        return found


def nameless(address: str) -> FoundName:
    """A client whose name is not looked up (smtpd_peername_lookup)."""
    none = NameStatus.PERMANENT
    return FoundName(Client(UNKNOWN, address, "", UNKNOWN, none, none))


def find_name(address: str) -> FoundName:
    """Ask the system's resolver for the name, and then for the addresses of the name."""
    try:
        name = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
    except OSError as error:
        status = _status(error)
        return FoundName(Client(UNKNOWN, address, "", UNKNOWN, status, status))
    if not address_problem(name):
        nobody = Client(UNKNOWN, address, "", UNKNOWN, NameStatus.PERMANENT, NameStatus.PERMANENT)
        return FoundName(nobody, f"numeric hostname: {name}")
    if not is_hostname(name):
        nobody = Client(UNKNOWN, address, "", UNKNOWN, NameStatus.PERMANENT, NameStatus.PERMANENT)
        return FoundName(nobody)
    return _verify(name, address)


def _verify(name: str, address: str) -> FoundName:
    """Whether the name has the address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    complaint = f"hostname {name} does not resolve to address {address}"
    try:
        found = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)
    except OSError as error:
        client = Client(UNKNOWN, address, "", name, _status(error))
        return FoundName(client, f"{complaint}: {error.strerror}")
    if any(entry[4][0] == address for entry in found):
        return FoundName(Client(name, address, "", name))
    return FoundName(Client(UNKNOWN, address, "", name, NameStatus.FORGED), complaint)


def _status(error: OSError) -> NameStatus:
    return NameStatus.TEMPORARY if error.errno in _TEMPORARY else NameStatus.PERMANENT
