"""The submit socket: what sendmail hands over while the daemon is up (mail/submission.py).

The submitter's uid comes from the kernel (SO_PEERCRED), never from the client. Every peer is
bounded in connections, octets and time; whatever it does closes its connection, nothing else.

Data flow: envelope, content -> cleanup -> commit -> the answer; what cleanup cannot take now -> maildrop -> the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from pyfixcli.access.login_senders import refuse_sender
from pyfixcli.base import paths
from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_DATAERR, EX_NOPERM, EX_OK, EX_TEMPFAIL
from pyfixcli.cleanup.input_lines import InputLines
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.intake import IncomingMessage, Intake, Taken
from pyfixcli.daemon.listener import peer_uid
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.submitted import Submitted, has_files
from pyfixcli.daemon.submitted_origin import read_origin
from pyfixcli.ipc.trigger import send_trigger
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail import submission
from pyfixcli.mail.envelope import Origin
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure
from pyfixcli.queue.maildrop import ALLOWED_FLAGS

CONNECTIONS_A_USER = 50
IDLE = 3600.0  # seconds without an octet; somebody may be typing
READ = 65536
WRITE_ERROR = "queue file write error"


class CannotStore(Exception):
    """The queue takes nothing now: there is no room, or no store."""


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
        self._maildrop = os.path.join(view.config.queue_directory, paths.MAILDROP)
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
                taken = await self._take(reader, uid)
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

    async def _take(self, reader: asyncio.StreamReader, uid: int) -> Taken:
        view = self._view
        frames = submission.FrameReader()
        kind, payload = await next_frame(reader, frames)
        if kind != submission.ENVELOPE:
            raise ValueError("no envelope")
        refusal = await may_submit(view.config, uid)
        if refusal:
            return Taken(EX_NOPERM, "", refusal)
        items = submission.unpack_envelope(payload)
        if submission.SUBMITTER in dict(items):
            raise ValueError("bad envelope item")
        origin = await read_origin(
            items,
            uid,
            view.intake.clock.now(),
            lambda service, text: self._log.warning(service, text),
        )
        if isinstance(origin, Refused):
            return Taken(origin.status, "", origin.text)
        if origin.flags & ~ALLOWED_FLAGS:
            return Taken(EX_DATAERR, "", "flags that only the mail system may set")
        refusal = await self._refuse_sender(uid, origin.sender)
        if refusal:
            await _hear_out(content(reader, frames, None))
            return Taken(EX_TEMPFAIL, "", refusal)
        frames.limit = submission.MAX_FRAME
        submitted = Submitted(self._maildrop, items, uid, view.config.message_size_limit)
        try:
            return await self._offer(origin, content(reader, frames, submitted), submitted)
        finally:
            submitted.discard()

    async def _refuse_sender(self, uid: int, sender: str) -> str:
        """Why this user may not send as this sender, or empty; no message passes a table that fails."""
        try:
            return await refuse_sender(self._view.config, uid, sender, _UserWaiter())
        except (ConfigError, TableFailure) as error:
            self._log.fatal("postdrop", str(error))
            return WRITE_ERROR

    async def _offer(
        self, origin: Origin, pieces: AsyncIterator[bytes], submitted: Submitted
    ) -> Taken:
        """Into the queue; what cleanup cannot take now waits in the maildrop, and pickup says why."""
        try:
            taken = await self._clean(origin, pieces)
        except CannotStore:
            await _hear_out(pieces)
            return Taken(EX_TEMPFAIL, "", WRITE_ERROR)
        except PyfixError:
            await _hear_out(pieces)
        else:
            if not taken.can_wait:
                submitted.discard()
                if taken.status == EX_OK and has_files(self._maildrop):
                    await self._wake_pickup()
                return taken
        if submitted.is_too_big:
            return Taken(EX_DATAERR, "", "message file too big")
        return await self._leave(submitted)

    async def _clean(self, origin: Origin, pieces: AsyncIterator[bytes]) -> Taken:
        """Through cleanup. CannotStore, or PyfixError when the configuration cannot be used: nothing of it is stored."""
        intake = self._view.intake
        intake.cleanup.check()
        queue_id = await intake.queue_id(origin.arrival_time)
        if not queue_id:
            raise CannotStore
        incoming = intake.begin(origin, queue_id)
        lines = InputLines()
        try:
            async for piece in pieces:
                await self._feed(incoming, lines.feed(piece))
            await self._feed(incoming, lines.finish())
        except BaseException:
            incoming.discard()
            raise
        with self._refusing_write_errors():
            return await incoming.finish()

    async def _feed(self, incoming: IncomingMessage, data: bytes) -> None:
        """A piece of the message."""
        with self._refusing_write_errors():
            await incoming.feed(data)

    @contextlib.contextmanager
    def _refusing_write_errors(self) -> Iterator[None]:
        """What cannot be written cannot be stored."""
        try:
            yield
        except OSError as error:
            self._log.warning("cleanup", f"queue file write error: {error.strerror}")
            raise CannotStore from error

    async def _leave(self, submitted: Submitted) -> Taken:
        """In the maildrop directory: exit 0 once it is durable there."""
        try:
            await asyncio.get_running_loop().run_in_executor(None, submitted.keep)
        except OSError as error:
            self._log.warning("pickup", f"{self._maildrop}: {error.strerror}")
            return Taken(EX_TEMPFAIL, "", WRITE_ERROR)
        await self._wake_pickup()
        return Taken(EX_OK, "")

    async def _wake_pickup(self) -> None:
        """What waits in the maildrop is tried again with each message, as in the reference."""
        loop = asyncio.get_running_loop()
        directory = self._view.config.queue_directory
        with contextlib.suppress(OSError):
            await loop.run_in_executor(None, send_trigger, directory, "public", "pickup", "W")


async def content(
    reader: asyncio.StreamReader, frames: submission.FrameReader, submitted: Submitted | None
) -> AsyncIterator[bytes]:
    """The pieces of the message, which ``submitted`` notes if there is one; ValueError for what is no piece."""
    while True:
        kind, payload = await next_frame(reader, frames)
        if kind == submission.END:
            return
        if kind != submission.CONTENT:
            raise ValueError("unexpected frame")
        if submitted is not None:
            submitted.add(payload)
        yield payload


async def _hear_out(pieces: AsyncIterator[bytes]) -> None:
    """Take the rest of a message, so that the submitter hears the answer and not a reset connection."""
    async for _ in pieces:
        pass


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


async def may_submit(config: Config, uid: int) -> str:
    """Why this user may not submit mail (authorized_submit_users), or empty."""
    return await may_use(config, "authorized_submit_users", uid, "is not allowed to submit mail")


async def may_use(config: Config, parameter: str, uid: int, refusal: str) -> str:
    """Why a user is not in one of the authorized_*_users lists, or empty.

    Others are served meanwhile: a ``proxy:`` table of the queue process is asked through its own loop.
    """
    allowed = config.text(parameter)
    if allowed == "static:anyone":
        return ""
    name = user_name(uid)
    users = MatchList(config, allowed, parameter, _UserWaiter())
    try:
        found = await users.matches_name(name)
    except (ConfigError, TableFailure) as error:
        return str(error)
    return "" if found else f"User {name}({uid}) {refusal}"


class _UserWaiter(PoolWaiter):
    """To whom a table that cannot be opened is why nobody is let in."""

    def report(self, text: str, is_error: bool = False) -> None:
        """As BlockingWaiter.report."""
        if is_error:
            raise ConfigError(text)


def user_name(uid: int) -> str:
    """The login name of a uid, or ``unknown``."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "unknown"
