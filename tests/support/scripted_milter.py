"""A milter that does as it is told: a real peer on a real socket, with a codec of its own.

``rules`` maps the letter of a command (``C`` connect ... ``E`` end of body, ``O`` negotiation) to the packets that answer it, each
as (letter, octets). The letter ``!`` hangs up, ``*`` says nothing, ``#`` writes its octets as they are. Commands without a rule are answered by
``c``, or not at all where none is expected. What came is in ``heard``, in order, as (letter, octets).

As a program: ``scripted_milter.py PORT|PATH RULES [LOG]``, the rules as JSON with octets in Latin-1; commands go to LOG.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
import threading

QUIET = "DAQK"  # commands that nobody answers
ALL_ACTIONS = 0x1FF
VERSION = 6
Packets = list[tuple[str, bytes]]


class ScriptedMilter:
    """Listens at once; close() ends it."""

    def __init__(
        self,
        rules: dict[str, Packets] | None = None,
        *,
        steps: int = 0,
        place: str | int = 0,
        actions: int = ALL_ACTIONS,
        log: str = "",
    ) -> None:
        self.rules = rules or {}
        self.heard: list[tuple[str, bytes]] = []
        self._steps = steps
        self._actions = actions
        self._log = log
        if isinstance(place, int):
            self._listener = socket.create_server(("127.0.0.1", place))
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(place)
            os.chmod(place, 0o777)
            self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Of the listening socket."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Listen no more. The thread ends first: else it might accept what comes to the next one of this descriptor."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def wait(self) -> None:
        """Until it is closed."""
        self._thread.join()

    def letters(self) -> str:
        """The commands that came, without macros."""
        return "".join(letter for letter, _ in self.heard if letter != "D")

    def texts(self, letter: str) -> list[bytes]:
        """The octets of each command of this kind."""
        return [octets for heard, octets in self.heard if heard == letter]

    def _accept(self) -> None:
        while True:
            try:
                stream = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream: socket.socket) -> None:
        with stream, stream.makefile("rb") as reader:
            while len(head := reader.read(4)) == 4:
                packet = reader.read(struct.unpack("!I", head)[0])
                letter, octets = chr(packet[0]), packet[1:]
                self._note(letter, octets)
                if letter == "Q":
                    return
                try:
                    if not self._answer(stream, letter, octets):
                        return
                except OSError:
                    return

    def _note(self, letter: str, octets: bytes) -> None:
        self.heard.append((letter, octets))
        if self._log:
            with open(self._log, "a", encoding="utf-8") as log:
                log.write(f"{letter} {octets!r}\n")

    def _answer(self, stream: socket.socket, letter: str, octets: bytes) -> bool:
        packets = self.rules.get(letter)
        if packets is None:
            packets = self._usual(letter, octets)
        for kind, text in packets:
            if kind == "!":
                return False
            if kind == "#":
                stream.sendall(text)
            elif kind != "*":
                stream.sendall(struct.pack("!I", len(text) + 1) + kind.encode("latin-1") + text)
        return True

    def _usual(self, letter: str, octets: bytes) -> Packets:
        if letter in QUIET:
            return []
        if letter == "O":
            version, actions, steps = struct.unpack("!III", octets[:12])
            chosen = (min(version, VERSION), actions & self._actions, steps & self._steps)
            return [("O", struct.pack("!III", *chosen))]
        return [("c", b"")]


def main() -> None:
    """Serve until the process is ended."""
    place, rules, *log = sys.argv[1:]
    told = json.loads(rules)
    steps = int(told.pop("steps", 0))
    actions = int(told.pop("actions", ALL_ACTIONS))
    packets = {
        letter: [(kind, text.encode("latin-1")) for kind, text in answers]
        for letter, answers in told.items()
    }
    where = int(place) if place.isdecimal() else place
    milter = ScriptedMilter(packets, steps=steps, place=where, actions=actions, log="".join(log))
    milter.wait()


if __name__ == "__main__":
    main()
