"""The SMTP listener of an edge process.

It greets, names its extensions and says goodbye. Mail is not taken by SMTP in this version: every mail transaction is
refused with 451, so that a client keeps its message and tries again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog, printable

MAX_LINE = 2048
NOT_TAKEN = "451 4.3.2 Mail is not accepted by SMTP in this version"
SYNTAX = "500 5.5.2 Error: bad syntax"


@dataclass(slots=True)
class Session:
    """What a session did, for its last log line."""

    peer: str
    counts: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def note(self, verb: str, accepted: bool) -> None:
        """A command was answered."""
        self.counts[verb] = self.counts.get(verb, 0) + 1
        if not accepted:
            self.failed[verb] = self.failed.get(verb, 0) + 1

    def summary(self) -> str:
        """``ehlo=1 mail=0/1 quit=1 commands=2/3`` as the log has it."""
        words = [f"{verb}={self._ratio(verb)}" for verb in self.counts]
        total, bad = sum(self.counts.values()), sum(self.failed.values())
        return " ".join([*words, f"commands={total - bad}/{total}" if bad else f"commands={total}"])

    def _ratio(self, verb: str) -> str:
        total, bad = self.counts[verb], self.failed.get(verb, 0)
        return f"{total - bad}/{total}" if bad else str(total)


def answer(verb: str, argument: str, config: Config) -> tuple[str, bool]:
    """(reply, whether the command was accepted)."""
    if verb in ("ehlo", "helo"):
        if not argument:
            return f"501 Syntax: {verb.upper()} hostname", False
        return f"250 {config.myhostname}", True
    if verb in ("noop", "rset"):
        return "250 2.0.0 Ok", True
    if verb == "quit":
        return "221 2.0.0 Bye", True
    if verb in ("mail", "rcpt", "data", "bdat", "vrfy", "etrn"):
        return NOT_TAKEN, False
    return "502 5.5.2 Error: command not recognized", False


class SmtpListener:
    """Serves the inet smtpd services of one edge process."""

    def __init__(self, config: Config, log: MailLog) -> None:
        self._config = config
        self._log = log

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session."""
        address = str((writer.get_extra_info("peername") or ("unknown",))[0])
        name = "localhost" if address in ("127.0.0.1", "::1") else "unknown"
        session = Session(f"{name}[{address}]")
        self._log.info("smtpd", f"connect from {session.peer}")
        try:
            await self._converse(reader, writer, session)
        except (OSError, TimeoutError, asyncio.LimitOverrunError, ValueError):
            self._log.info("smtpd", f"lost connection from {session.peer}")
        finally:
            self._log.info("smtpd", f"disconnect from {session.peer} {session.summary()}")
            self._log.flush()
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session
    ) -> None:
        config = self._config
        banner = config.smtpd_banner
        writer.write(f"220 {banner}\r\n".encode())
        for _ in range(config.smtpd_junk_command_limit):
            line = await asyncio.wait_for(reader.readuntil(b"\n"), config.smtpd_timeout)
            if len(line) > MAX_LINE:
                writer.write(f"{SYNTAX}\r\n".encode())
                return
            text = printable(line.decode("utf-8", "surrogateescape").strip("\r\n"))
            verb, _, argument = text.partition(" ")
            reply, accepted = answer(verb.lower(), argument.strip(), config)
            session.note(verb.lower() if verb.isalpha() else "unknown", accepted)
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
            if verb.lower() == "quit":
                return
