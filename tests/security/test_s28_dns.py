"""S28: what a hostile name server answers is bounded, and never more than a failure."""

from __future__ import annotations

import asyncio
import contextlib
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rrset
import pytest

from pyfixcli.dns.resolver import MAX_RECORDS, Answer, DnsResolver, Found

Reply = Callable[[dns.message.Message], bytes]
UDP_ROOM = 512


def respond(query: dns.message.Message, *records: str) -> dns.message.Message:
    """A response with these records (``name ttl IN type data``)."""
    response = dns.message.make_response(query)
    for record in records:
        name, ttl, rdclass, kind, data = record.split(" ", 4)
        rrset = dns.rrset.from_text(name, int(ttl), rdclass, kind, data)
        response.answer.append(rrset)
    return response


@contextlib.contextmanager
def name_server(reply: Reply, patience: float = 2.0) -> Iterator[DnsResolver]:
    """A server over UDP and TCP, and a resolver that asks it; over UDP, what is too long is truncated."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, connection = self.request
            query = dns.message.from_wire(data)
            wire = reply(query)
            if len(wire) > UDP_ROOM:
                short = dns.message.make_response(query)
                short.flags |= dns.flags.TC
                wire = short.to_wire()
            connection.sendto(wire, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (size,) = struct.unpack("!H", self.rfile.read(2))
            wire = reply(dns.message.from_wire(self.rfile.read(size)))
            self.wfile.write(struct.pack("!H", len(wire)) + wire)

    tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tcp)
    udp = socketserver.ThreadingUDPServer(("127.0.0.1", tcp.server_address[1]), Udp)
    for server in (tcp, udp):
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    system = dns.asyncresolver.Resolver(configure=False)
    system.nameservers, system.port = ["127.0.0.1"], int(tcp.server_address[1])
    system.timeout = system.lifetime = patience
    try:
        yield DnsResolver(system, lifetime=patience)
    finally:
        for server in (tcp, udp):
            server.shutdown()
            server.server_close()


def ask(reply: Reply, kind: str = "MX", lifetime: float = 10.0, patience: float = 2.0) -> Answer:
    """What the resolver makes of a server's answer, within a time; it waits for the server for ``patience`` seconds."""
    with name_server(reply, patience) as resolver:

        async def go() -> Answer:
            return await asyncio.wait_for(resolver.lookup("hostile.test", kind), lifetime)

        return asyncio.run(go())


def test_s28_thousands_of_records_are_capped() -> None:
    """As many MX as fit into 64 KiB."""
    hosts = [f"hostile.test. 60 IN MX {n} m{n}." for n in range(3000)]
    answer = ask(
        lambda query: respond(query, *hosts).to_wire(max_size=65535), lifetime=60.0, patience=30.0
    )
    assert answer.found is Found.RECORDS
    assert len(answer.exchanges) == MAX_RECORDS


def test_s28_an_alias_of_itself_is_a_failure() -> None:
    """And does not go round for ever."""
    loop = ("hostile.test. 60 IN CNAME other.test.", "other.test. 60 IN CNAME hostile.test.")
    assert ask(lambda query: respond(query, *loop).to_wire(), "A").found is not Found.RECORDS


def test_s28_a_long_chain_of_aliases_is_a_failure() -> None:
    """More steps than a resolver follows."""
    names = ["hostile.test.", *(f"n{n}.test." for n in range(40))]
    chain = [f"{a} 60 IN CNAME {b}" for a, b in zip(names, names[1:], strict=False)]
    last = f"{names[-1]} 60 IN A 192.0.2.1"
    assert ask(lambda query: respond(query, *chain, last).to_wire(), "A").found is Found.FAILED


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_s28_cut_off_records_are_a_failure(cut: int) -> None:
    """RDATA that is shorter than it says."""
    record = "hostile.test. 60 IN MX 10 mail.hostile.test."
    assert ask(lambda query: respond(query, record).to_wire()[:-cut]).found is Found.FAILED


def test_s28_garbage_is_a_failure() -> None:
    """Octets that are no message."""
    assert ask(lambda query: b"\xff" * 40).found is Found.FAILED


def test_s28_an_answer_to_another_question_is_not_taken() -> None:
    """Another id, as somebody who guesses would send it."""

    def forged(query: dns.message.Message) -> bytes:
        response = respond(query, "hostile.test. 60 IN MX 10 evil.test.")
        response.id = query.id ^ 1
        return response.to_wire()

    assert ask(forged).found is Found.FAILED


def test_s28_ids_and_ports_differ_from_question_to_question() -> None:
    """So that they cannot be guessed."""
    seen: set[int] = set()

    def note(query: dns.message.Message) -> bytes:
        seen.add(query.id)
        return respond(query).to_wire()

    with name_server(note) as resolver:

        async def go() -> None:
            for number in range(20):
                await resolver.lookup(f"d{number}.test", "MX")

        asyncio.run(go())
    assert len(seen) > 15
