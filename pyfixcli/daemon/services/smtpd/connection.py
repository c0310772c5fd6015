"""One connection of an SMTP client: octets in, one write for each batch of replies, time limits.

The session runs in line as far as it gets. While it waits (a lookup, the commit, a pause after errors) what comes
in is kept back, and a client that sends more than MAX_WAITING is not read from.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from pyfixcli.access.session import SmtpSession
from pyfixcli.base.errors import PyfixError
from pyfixcli.daemon.linger import QUICK
from pyfixcli.daemon.services.smtpd import stepper
from pyfixcli.daemon.services.smtpd.broken_service import THROTTLE
from pyfixcli.daemon.services.smtpd.client_name import FoundName, nameless
from pyfixcli.mail.reply import Reply

if TYPE_CHECKING:
    from pyfixcli.daemon.services.smtpd.service import SmtpService

MAX_WAITING = 262144  # octets that are kept back while a session waits
LEAST_PAUSE = 0.05  # seconds between two looks at the clock


class SmtpConnection(asyncio.Protocol):
    """A connection, from its acceptance to its end."""

    __slots__ = (
        "_deadline",
        "_is_eof",
        "_is_full",
        "_is_paused",
        "_is_quick",
        "_out",
        "_replied",
        "_service",
        "_session",
        "_task",
        "_timer",
        "_transport",
        "_waiting",
    )

    def __init__(self, service: SmtpService) -> None:
        self._service = service
        self._session: SmtpSession | None = None
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._out: list[bytes] = []
        self._waiting = b""  # came while the session waited
        self._is_eof = False
        self._is_full = False  # the client does not read its replies
        self._is_paused = False
        self._replied = 0.0  # when the last reply was sent
        self._is_quick = False  # the client answers at once

    # -- asyncio.Protocol --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._service.joined(self)

    def data_received(self, data: bytes) -> None:
        session = self._session
        if session is None or self._task is not None or self._is_full:
            self._keep_back(data)
            return
        self._is_quick = time.monotonic() - self._replied < QUICK
        session.engine.receive_data(data)
        self._extend(len(data))
        self._run(session.proceed())

    def eof_received(self) -> bool:
        self._is_eof = True
        if self._session is not None and self._task is None:
            self._session.engine.receive_data(b"")
            self._run(self._session.proceed())
        return True  # what was asked is answered before the connection is closed

    def pause_writing(self) -> None:
        self._is_full = True
        self._pause()

    def resume_writing(self) -> None:
        self._is_full = False
        if self._task is None:
            self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        session = self._session
        if session is not None and not session.is_over:
            if self._task is None:
                self._hang_up()
            else:
                self._is_eof = True
        if self._task is None:
            self._session = (
                None  # each knows the other; without that nothing waits for the collector
            )
        self._service.left(self)

    # -- the session -------------------------------------------------------------------

    def begin(self) -> None:
        """There is a place for this session (maxproc in master.cf)."""
        self._resume()
        self._run(self._begin())

    def hold(self) -> None:
        """There is none yet: as in a listen backlog, nothing is read or said."""
        self._pause()

    async def _begin(self) -> None:
        """Who it is, and the greeting."""
        assert self._transport is not None
        peer = self._transport.get_extra_info("peername") or ("unknown", 0)
        address, port = str(peer[0]).removeprefix("::ffff:"), str(peer[1])
        service = self._service
        found = await self._name(address)
        if found.warning:
            service.log.warning(service.name, found.warning)
        session = self._session = await service.new_session(found.client, port, self)
        self._deadline = service.loop.time() + service.timeout
        self._timer = service.loop.call_at(self._deadline, self._look_at_clock)
        if not session.is_over:
            await session.proceed()

    async def _name(self, address: str) -> FoundName:
        service = self._service
        if not service.looks_up_names:
            return nameless(address)
        return service.names.known(address) or await service.names.find(address)

    def _run(self, step: object) -> None:
        try:
            task = stepper.start(step)  # type: ignore[arg-type]
        except Exception as error:
            self._fail(error)
            return
        if task is None:
            self._settle()
            return
        self._flush()
        self._task = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)
            return
        if self._transport is None:
            self._hang_up()
            self._session = None
            return
        self._extend(0)
        self._settle()
        if not self._is_full:
            self._go_on()

    def _go_on(self) -> None:
        """Look at what was kept back."""
        session = self._session
        if session is None or session.is_over:
            return
        if self._waiting:
            data, self._waiting = self._waiting, b""
            session.engine.receive_data(data)
        elif not self._is_eof:
            self._resume()
            return
        if self._is_eof:
            session.engine.receive_data(b"")
        self._resume()
        self._run(session.proceed())

    def _settle(self) -> None:
        """The session waits for its client, or is over."""
        if self._session is not None and self._session.is_over:
            self._service.log.flush()  # before the client can connect to another process
            self._flush()
            self.close()
            return
        self._flush()
        self._service.flush_log_soon()

    def _fail(self, error: BaseException) -> None:
        """A fault of ours ends this session, not the process."""
        service = self._service
        if isinstance(error, PyfixError):
            service.log.fatal(service.name, str(error))
        else:
            service.log.panic(service.name, f"{type(error).__name__}: {error}")
        service.flush_log_soon()
        if self._session is None:  # nothing was said: as with a service that cannot start
            service.loop.call_later(THROTTLE, self.abort)
        else:
            self.abort()

    def _hang_up(self) -> None:
        """The client is gone."""
        session = self._session
        if session is not None and not session.is_over:
            session.engine.receive_data(b"")
            self._run(session.proceed())

    # -- Wire --------------------------------------------------------------------------

    def write(self, octets: bytes) -> None:
        """Send octets with the rest of their batch."""
        self._out.append(octets)

    async def pause(self, seconds: float) -> None:
        """Send what was written, then wait."""
        self._flush()
        await asyncio.sleep(seconds)

    def own_address(self) -> tuple[str, str]:
        """(address, port) of ours that the client came to."""
        place = self._transport and self._transport.get_extra_info("sockname")
        if not place:
            return "", ""
        return str(place[0]).removeprefix("::ffff:"), str(place[1])

    def _flush(self) -> None:
        out = self._out
        if out:
            if self._transport is not None:
                self._transport.write(out[0] if len(out) == 1 else b"".join(out))
            out.clear()
            self._replied = time.monotonic()
            if self._is_quick:
                self._service.linger.stay()

    # -- flow and time -----------------------------------------------------------------

    def _keep_back(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > MAX_WAITING:
            self._pause()

    def _pause(self) -> None:
        if not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def _extend(self, octets: int) -> None:
        """More time: a whole request has smtpd_timeout, content what smtpd_min_data_rate gives it.

        With smtpd_per_request_deadline = no each piece has smtpd_timeout.
        """
        session, service = self._session, self._service
        if session is None:
            return
        latest = service.loop.time() + service.timeout
        if octets and service.limits_requests and session.engine.is_within_request:
            self._deadline = min(latest, self._deadline + octets / service.min_data_rate)
        else:
            self._deadline = latest

    def _look_at_clock(self) -> None:
        session, loop = self._session, self._service.loop
        now = loop.time()
        if self._task is not None:
            self._deadline = now + self._service.timeout
        if session is None or self._transport is None:
            return
        if now < self._deadline:
            self._timer = loop.call_at(max(self._deadline, now + LEAST_PAUSE), self._look_at_clock)
            return
        if session.is_over:  # it does not read our last words
            self._transport.abort()
            return
        self._deadline = now + self._service.timeout
        self._timer = loop.call_at(self._deadline, self._look_at_clock)
        session.engine.time_out()
        self._run(session.proceed())

    # -- end ---------------------------------------------------------------------------

    def is_idle(self, seconds: float) -> bool:
        """Whether no mail is under way, and nothing was said for so long."""
        session, service = self._session, self._service
        if session is None or self._task is not None or session.is_over:
            return False
        quiet = service.loop.time() - (self._deadline - service.timeout)
        return quiet >= seconds and not session.engine.state.transaction.is_open

    def dismiss(self, goodbye: Reply) -> None:
        """Say goodbye to an idle client."""
        session = self._session
        if session is not None:
            session.engine.end(goodbye, "")
            self._run(session.proceed())

    def close(self) -> None:
        """Hang up after what was written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if self._session is not None:
            self._session.abandon()
        if self._transport is not None:
            self._transport.abort()
