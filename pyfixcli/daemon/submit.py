"""The submit socket: what sendmail hands over while the daemon is up (mail/submission.py).

The submitter's uid comes from the kernel (SO_PEERCRED), never from the client. Every peer is
bounded in connections, octets and time; whatever it does closes its connection, nothing else.
"""

from __future__ import annotations

import asyncio
import pwd
from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_DATAERR, EX_NOPERM, EX_TEMPFAIL
from pyfixcli.cleanup.input_lines import InputLines
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.submission import build_origin
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.intake import IncomingMessage, Intake, Taken
from pyfixcli.daemon.listener import peer_uid
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail import submission
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure
from pyfixcli.queue.maildrop import ALLOWED_FLAGS

CONNECTIONS_A_USER = 50
IDLE = 3600.0  # seconds without an octet; somebody may be typing
READ = 65536


@dataclass(frozen=True, slots=True)
class SubmitView:
    """What the submit socket uses of the configuration; replaced whole at a reload."""

    config: Config
    intake: Intake


class SubmitServer:
    """Serves the submit socket of one edge process."""

    def __init__(self, view: SubmitView, log: MailLog) -> None:
        self._view = view
        self._log = log
        self._connections: dict[int, int] = {}
        self._open: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a submission is under way."""
        return bool(self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one message."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        uid = peer_uid(writer.get_extra_info("socket"))
        count = self._connections.get(uid, 0)
        self._connections[uid] = count + 1
        try:
            if count >= CONNECTIONS_A_USER and uid != 0:
                taken = Taken(EX_TEMPFAIL, "", "too many simultaneous submissions")
            else:
                writer.write(submission.pack_frame(submission.GREETING, b""))
                taken = await self._attempt(reader, uid)
            self._log.flush()
            writer.write(
                submission.pack_frame(
                    submission.REPLY,
                    submission.pack_reply(taken.status, taken.queue_id, taken.text),
                )
            )
            await writer.drain()
        except ConnectionError:
            pass  # the submitter is gone, and so is what it had sent
        except (OSError, ValueError, TimeoutError) as error:
            self._log.warning("pickup", f"submission by uid {uid} broken off: {error}")
        finally:
            self._open.discard(task)
            self._forget(uid)
            self._log.flush()
            writer.close()

    def _forget(self, uid: int) -> None:
        left = self._connections[uid] - 1
        if left:
            self._connections[uid] = left
        else:
            del self._connections[uid]

    async def _attempt(self, reader: asyncio.StreamReader, uid: int) -> Taken:
        """The message, unless the configuration cannot be used; the log says why, the submitter tries again."""
        try:
            return await self._take(reader, uid)
        except PyfixError as error:
            self._log.fatal("cleanup", str(error))
            return Taken(EX_TEMPFAIL, "", "queue file write error")

    async def _take(self, reader: asyncio.StreamReader, uid: int) -> Taken:
        view = self._view
        frames = submission.FrameReader()
        kind, payload = await next_frame(reader, frames)
        if kind != submission.ENVELOPE:
            raise ValueError("no envelope")
        refusal = may_submit(view.config, uid)
        if refusal:
            return Taken(EX_NOPERM, "", refusal)
        origin = build_origin(
            submission.unpack_envelope(payload),
            uid,
            view.intake.clock.now(),
            lambda service, text: self._log.warning(service, text),
        )
        if isinstance(origin, Refused):
            return Taken(origin.status, "", origin.text)
        if origin.flags & ~ALLOWED_FLAGS:
            return Taken(EX_DATAERR, "", "flags that only the mail system may set")
        queue_id = await view.intake.queue_id(origin.arrival_time)
        if not queue_id:
            return Taken(EX_TEMPFAIL, "", "queue file write error")
        incoming = view.intake.begin(origin, queue_id)
        try:
            await self._copy(reader, frames, incoming)
        except BaseException:
            incoming.discard()
            raise
        return await incoming.finish()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        frames: submission.FrameReader,
        incoming: IncomingMessage,
    ) -> None:
        frames.limit = submission.MAX_FRAME
        lines = InputLines()
        while True:
            kind, payload = await next_frame(reader, frames)
            if kind == submission.END:
                await incoming.feed(lines.finish())
                return
            if kind != submission.CONTENT:
                raise ValueError("unexpected frame")
            await incoming.feed(lines.feed(payload))


async def next_frame(
    reader: asyncio.StreamReader, frames: submission.FrameReader
) -> tuple[int, bytes]:
    """The next frame of the peer; ConnectionError when it hangs up before."""
    while (found := frames.next_frame()) is None:
        data = await asyncio.wait_for(reader.read(READ), IDLE)
        if not data:
            raise ConnectionAbortedError("end of input before the end of the message")
        frames.receive(data)
    return found


def may_submit(config: Config, uid: int) -> str:
    """Why this user may not submit mail (authorized_submit_users), or empty."""
    return may_use(config, "authorized_submit_users", uid, "is not allowed to submit mail")


def may_use(config: Config, parameter: str, uid: int, refusal: str) -> str:
    """Why a user is not in one of the authorized_*_users lists, or empty."""
    allowed = config.text(parameter)
    if allowed == "static:anyone":
        return ""
    name = user_name(uid)
    users = MatchList(config, allowed, parameter, BlockingWaiter())
    try:
        found = drive(users.matches_name(name))
    except (ConfigError, TableFailure) as error:
        return str(error)
    return "" if found else f"User {name}({uid}) {refusal}"


def user_name(uid: int) -> str:
    """The login name of a uid, or ``unknown``."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "unknown"
