"""Random SMTP sessions with a model of what the server may answer."""

from __future__ import annotations

import random
import re
import socket
import time
from pathlib import Path

from tests.support.instance import Instance

REPLY = re.compile(rb"\A(\d{3}-[^\r\n]*\r\n)*(\d{3})( [^\r\n]*)?\r\n")
PATIENCE = 40.0  # seconds until a session counts as hung
MEMORY = 40 * 1024  # KiB that a process may grow
DESCRIPTORS = 40
ROLES = ("master", "zygote", "store", "edge", "queue", "deliver", "local")
DROPPED = b"421"


class Hung(Exception):
    """The server does not answer."""


class Ended(Exception):
    """The connection is over."""


class Fuzzer:
    """Runs sessions until ``stopping``; ``accepted`` are the tokens of messages answered with 250."""

    def __init__(self, instance: Instance, chance: random.Random, name: str) -> None:
        self._instance = instance
        self._chance = chance
        self._name = name
        self._number = 0
        self.sessions = 0
        self.stopping = False
        self.accepted: set[str] = set()
        self.problems: list[str] = []

    def run(self) -> None:
        """Session after session."""
        while not self.stopping and len(self.problems) < 20:
            self.sessions += 1
            session = Session(self._instance, self._chance, self)
            try:
                session.run()
            except (Ended, OSError):
                pass
            except Hung:
                self.problems.append(f"{self._name}: no answer after {session.said[-3:]}")
            except AssertionError as error:
                self.problems.append(f"{self._name}: {error} after {session.said[-4:]}")
            finally:
                session.close()

    def token(self) -> str:
        """A name for a message."""
        self._number += 1
        return f"{self._name}-{self._number}"


class Session:
    """One connection, with what the model knows of its state."""

    def __init__(self, instance: Instance, chance: random.Random, fuzzer: Fuzzer) -> None:
        self._chance = chance
        self._fuzzer = fuzzer
        self._user = instance.user.encode()
        self._socket = socket.create_connection(("127.0.0.1", instance.port), 20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(PATIENCE)
        self._input = b""
        self._has_mail = False
        self._recipients = 0
        self.said: list[bytes] = []

    def close(self) -> None:
        """Hang up, sometimes with a reset."""
        self._socket.close()

    def run(self) -> None:
        """Steps until one ends the session."""
        self._reply()
        for _ in range(self._chance.randrange(1, 30)):
            step = self._chance.choices(STEPS, WEIGHTS)[0]
            step(self)

    # -- the wire ------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        """Send it whole, in pieces, or octet by octet."""
        self.said.append(data[:80])
        way = self._chance.random()
        if way < 0.85 or len(data) > 2000:
            self._socket.sendall(data)
            return
        size = 1 if way > 0.97 else self._chance.randrange(1, 40)
        for start in range(0, len(data), size):
            self._socket.sendall(data[start : start + size])

    def _reply(self) -> bytes:
        """The code of the next reply."""
        while not (found := REPLY.match(self._input)):
            try:
                data = self._socket.recv(65536)
            except TimeoutError as error:
                raise Hung from error
            if not data:
                raise Ended
            self._input += data
        self._input = self._input[found.end() :]
        if found[2] == DROPPED:
            raise Ended
        return found[2]

    def _say(self, command: bytes) -> bytes:
        self._send(command + b"\r\n")
        return self._reply()

    # -- what follows the protocol -------------------------------------------------------

    def greet(self) -> None:
        """EHLO or HELO."""
        verb = self._chance.choice((b"EHLO", b"HELO", b"ehlo"))
        code = self._say(verb + b" client.test")
        assert code == b"250", code
        self._has_mail, self._recipients = False, 0

    def mail(self) -> None:
        """MAIL with or without parameters."""
        parameter = self._chance.choice(
            (b"", b" SIZE=100", b" BODY=8BITMIME", b" RET=HDRS ENVID=x")
        )
        code = self._say(b"MAIL FROM:<a@source.test>" + parameter)
        if self._has_mail:
            assert code == b"503", code
        else:  # a greeting is not required, but parameters are for EHLO
            assert code in (b"250", b"501", b"555"), code
            self._has_mail = code == b"250"

    def recipient(self) -> None:
        """RCPT for the user of the instance."""
        code = self._say(b"RCPT TO:<" + self._user + b"@localhost>")
        if not self._has_mail:
            assert code == b"503", code
        else:
            assert code in (b"250", b"452"), code
            self._recipients += code == b"250"

    def message(self) -> None:
        """DATA, content, end."""
        code = self._say(b"DATA")
        if not self._recipients:
            assert code in (b"503", b"554"), code
            return
        assert code == b"354", code
        token = self._fuzzer.token()
        self._send(self._content(token) + b".\r\n")
        self._finish(token)

    def chunks(self) -> None:
        """The same with BDAT."""
        if not self._recipients:
            return
        token = self._fuzzer.token()
        content = self._content(token).replace(b"\r\n..", b"\r\n.")
        cut = self._chance.randrange(1, len(content))
        self._send(b"BDAT %d\r\n" % cut + content[:cut])
        code = self._reply()
        if code != b"250":  # larger than message_size_limit
            self._say(b"RSET")
            self._has_mail, self._recipients = False, 0
            return
        self._send(b"BDAT %d LAST\r\n" % (len(content) - cut) + content[cut:])
        self._finish(token)

    def _finish(self, token: str) -> None:
        code = self._reply()
        if code == b"250":
            self._fuzzer.accepted.add(token)
        self._has_mail, self._recipients = False, 0
        if code != b"250":
            self._say(b"RSET")

    def _content(self, token: str) -> bytes:
        lines = [b"X-Token: " + token.encode(), b"Subject: f"]
        for _ in range(self._chance.randrange(0, 12)):
            lines.append(self._chance.choice(CONTENT))
        if self._chance.random() < 0.02:
            lines += [b"x" * 900] * self._chance.randrange(1, 300)
        return b"\r\n".join(lines) + b"\r\n"

    def reset(self) -> None:
        """RSET and NOOP."""
        assert self._say(b"NOOP") == b"250"
        assert self._say(b"RSET") == b"250"
        self._has_mail, self._recipients = False, 0

    def pipeline(self) -> None:
        """A whole transaction in one write."""
        rcpt = b"RCPT TO:<" + self._user + b"@localhost>\r\n"
        self._send(b"RSET\r\nMAIL FROM:<a@b.test>\r\n" + rcpt + b"RCPT TO:<nobody@x y>\r\nDATA\r\n")
        codes = [self._reply() for _ in range(5)]
        assert codes[0] == b"250" and codes[1] == b"250" and codes[3][:1] == b"5", codes
        self._has_mail, self._recipients = True, int(codes[2] == b"250")
        if codes[4] == b"354":
            token = self._fuzzer.token()
            self._send(self._content(token) + b".\r\n")
            self._finish(token)

    # -- what breaks it ------------------------------------------------------------------

    def nonsense(self) -> None:
        """A line that is no command, or a broken one: any reply, but a reply."""
        line = self._chance.choice(NONSENSE)
        if self._chance.random() < 0.3:
            line = self._mutate(line)
        code = self._say(line.replace(b"\n", b" ").replace(b"\r", b" "))
        if code == b"354":
            self._send(b".\r\n")
            self._reply()
        if code == b"221":
            raise Ended
        self._lose_track()

    def _mutate(self, line: bytes) -> bytes:
        octets = bytearray(line)
        for _ in range(self._chance.randrange(1, 6)):
            place = self._chance.randrange(0, len(octets) + 1)
            if self._chance.random() < 0.5 and place < len(octets):
                octets[place] = self._chance.randrange(256)
            else:
                octets[place:place] = bytes([self._chance.randrange(256)])
        return bytes(octets)

    def _lose_track(self) -> None:
        """After a broken line the model begins anew."""
        self._say(b"RSET")
        self._has_mail, self._recipients = False, 0

    def long_line(self) -> None:
        """A command without end."""
        self._send(b"NOOP " + b"x" * self._chance.choice((600, 5000, 100_000)) + b"\r\n")
        self._reply()

    def broken_chunk(self) -> None:
        """BDAT with a bad count, or more than it says."""
        line = self._chance.choice(
            (b"BDAT", b"BDAT -1", b"BDAT x", b"BDAT 0", b"BDAT 99999999999 LAST")
        )
        self._send(line + b"\r\n")
        self._reply()
        raise Ended

    def cut(self) -> None:
        """Hang up in the middle of something."""
        data = (
            b"MAIL FROM:<a@b.test>\r\nRCPT TO:<"
            + self._user
            + b"@localhost>\r\nDATA\r\nX: y\r\n\r\nz"
        )
        self._socket.sendall(data[: self._chance.randrange(0, len(data))])
        if self._chance.random() < 0.3:
            linger = b"\x01\0\0\0\0\0\0\0"
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Ended

    def quit(self) -> None:
        """A polite end."""
        assert self._say(b"QUIT") == b"221"
        raise Ended


CONTENT = (
    b"",
    b'To: x@y.test, (comment) "z"@w',
    b"From: a, b <c@d>, group: e, f;",
    b"text",
    b"..stuffed",
    b"From here",
    b" folded",
    b"X: \xff\xfe\0\x80",
    b"Received: from x",
    b"bare\nline",
    b"bare\rreturn",
    b"Content-Type: multipart/mixed; boundary=x",
)
NONSENSE = (
    b"",
    b" ",
    b"EHLO",
    b"EHLO \0",
    b"HELO [127.0.0.1",
    b"MAIL FROM:",
    b"MAIL FROM:<a@b.test> SIZE=99999999999999999999",
    b"MAIL FROM:<a@b.test> FOO=BAR BAZ",
    b'MAIL FROM:<"a\\"b"@c.test',
    b"MAIL FROM:<" + b"a" * 400 + b"@b.test>",
    b"RCPT TO:<@a,@b:c@d>",
    b"RCPT TO:<a@b.test> NOTIFY=NEVER,SUCCESS ORCPT=rfc822;+zz",
    b"RCPT TO: <x@[1.2.3.4.5]>",
    b"VRFY \xff\xff",
    b"ETRN nowhere.test",
    b"HELP me",
    b"XCLIENT NAME=x",
    b"STARTTLS",
    b"AUTH PLAIN AAAA",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"BDAT",
    b"DATA now",
)
STEPS = (
    Session.greet,
    Session.mail,
    Session.recipient,
    Session.message,
    Session.chunks,
    Session.reset,
    Session.pipeline,
    Session.nonsense,
    Session.long_line,
    Session.broken_chunk,
    Session.cut,
    Session.quit,
)
WEIGHTS = (14, 14, 18, 10, 6, 3, 6, 14, 1, 1, 3, 3)


class Growth:
    """Memory and descriptors of the processes now, to be compared with later."""

    def __init__(self, instance: Instance) -> None:
        self._before = {pid: _sizes(pid) for pid in instance.pids(*ROLES)}

    def problems(self) -> list[str]:
        """Processes that grew beyond what caches explain, or are gone."""
        time.sleep(1.0)  # sessions that were cut are noticed
        found = []
        for pid, (memory, descriptors) in self._before.items():
            now = _sizes(pid)
            if now == (0, 0):
                found.append(f"process {pid} is gone")
            elif now[0] > memory + MEMORY or now[1] > descriptors + DESCRIPTORS:
                found.append(
                    f"process {pid} grew from {memory} to {now[0]} KiB, {descriptors} to {now[1]} descriptors"
                )
        return found


def _sizes(pid: int) -> tuple[int, int]:
    """(anonymous memory in KiB, open descriptors); zeros when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        count = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0, 0
    return int(status.partition("RssAnon:")[2].split()[0]), count
