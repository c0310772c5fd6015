"""sendmail -bs: SMTP on standard input and output.

Drives the SMTP server's session without a loop. Nothing is refused for who it is from or for: the caller could submit
anything anyway. A message goes the way of every local submission, so that a user needs no rights for it.

Bugs: NOTIFY and ORCPT of single recipients are not kept; a local submission has one NOTIFY for all of them.
"""

from __future__ import annotations

import dataclasses
import os
import select
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator

from pyfixcli.access.command_filter import CommandFilter
from pyfixcli.access.ehlo_discard import EhloDiscard
from pyfixcli.access.facts import Case, Client
from pyfixcli.access.footer import RejectFooter
from pyfixcli.access.server_settings import make_settings
from pyfixcli.access.session import SmtpSession
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.cleanup.received import format_received
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.mail import submission
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.envelope import Asked, Origin
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.milter.session import MilterSession
from pyfixcli.queue.queue_id import make_queue_id
from pyfixcli.rewrite.rewrite import LOCAL

READ = 65536
IN_MEMORY = 1 << 20  # octets of a message that are not written to a temporary file

# Hands a submission over: envelope frame and pieces of content to (exit status, text).
HandOver = Callable[[bytes, Iterable[bytes]], tuple[int, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message (access.session.Outcome)."""

    status: int
    dsn: str
    text: str
    code: int = 0


class Permissive:
    """A policy that refuses nothing but ETRN (access.session.Policy)."""

    def __init__(self, log: MailLog) -> None:
        self._log = log

    async def connect(self, case: Case) -> Reply | None:
        """Granted."""
        return None

    helo = mail = rcpt = data = end_of_data = verify = connect

    async def etrn(self, case: Case) -> Reply | None:
        """There is no daemon to ask."""
        self._log.warning("smtpd", 'do not use ETRN in "sendmail -bs" mode')
        return Reply(458, "", "Unable to queue messages")

    async def rewrite_context(self, case: Case) -> str:
        """It is a local submission."""
        return LOCAL


class PipedMessage:
    """A message that is handed over at its end (access.session.Incoming)."""

    def __init__(self, envelope: bytes, head: bytes, hand_over: HandOver) -> None:
        self._envelope = envelope
        self._hand_over = hand_over
        self._content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._content.write(head)

    async def feed(self, data: bytes) -> None:
        """Content."""
        self._content.write(data)

    def ask(self, asked: Asked) -> None:
        """Nothing is asked: there are no restrictions here."""

    def show_to(self, milters: MilterSession) -> None:
        """The daemon asks its own milters when it takes the message up."""

    async def finish(self) -> Taken:
        """Hand it over; the exit status says whether it is durable."""
        self._content.seek(0)
        try:
            status, text = self._hand_over(self._envelope, self._pieces())
        except PyfixError as error:
            status, text = EX_TEMPFAIL, str(error)
        finally:
            self._content.close()
        return Taken(status, "" if status == EX_OK else "4.3.0", text)

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._content.read(submission.MAX_FRAME):
            yield piece

    def discard(self) -> None:
        """Forget it."""
        self._content.close()


class Submissions:
    """The way of local submissions (access.session.Queue)."""

    def __init__(self, config: Config, hand_over: HandOver) -> None:
        self._myhostname = config.myhostname
        self._mail_name = config.mail_name
        self._is_long = config.enable_long_queue_ids
        self._hand_over = hand_over
        self._clock = SystemClock()

    async def queue_id(self, arrival: float) -> str:
        """A name for the log; the message gets its queue id when it is taken."""
        return make_queue_id(arrival, os.getpid(), self._is_long)

    def begin(self, origin: Origin, queue_id: str) -> PipedMessage:
        """Take a message; it gets the Received: header of this session."""
        received = format_received(origin, queue_id, self._myhostname, self._mail_name)
        envelope = submission.pack_envelope(envelope_items(origin))
        frame = submission.pack_frame(submission.ENVELOPE, envelope)
        return PipedMessage(frame, received + b"\n", self._hand_over)

    def lacks_room(self) -> str:
        """Whoever takes the submission finds out."""
        return ""

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now()

    async def flush_site(self, domain: str) -> None:
        """ETRN is refused."""


def envelope_items(origin: Origin) -> list[tuple[str, str]]:
    """The envelope of a submission."""
    asked = {recipient.notify for recipient in origin.recipients}
    notify = asked.pop() if len(asked) == 1 else 0
    optional = (
        ("encoding", origin.encoding),
        ("ret", origin.ret),
        ("envid", origin.envid),
        ("notify", str(notify or "")),
    )
    return [
        ("sender", quote_address(origin.sender)),
        *[item for item in optional if item[1]],
        *[("recipient", quote_address(recipient.address)) for recipient in origin.recipients],
    ]


class StandardStreams:
    """Standard input and output (access.session.Wire)."""

    def write(self, octets: bytes) -> None:
        """Send octets."""
        view = memoryview(octets)
        while view:
            view = view[os.write(1, view) :]

    async def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class StandAlone:
    """The service of one process (access.session.Service)."""

    name = "smtpd"

    def __init__(self, config: Config, log: MailLog, hand_over: HandOver) -> None:
        self.log = log
        self.policy = Permissive(log)
        self.queue = Submissions(config, hand_over)
        self.footer = RejectFooter(config)
        self.commands = CommandFilter(config, table_waiter(log))


def table_waiter(log: MailLog) -> BlockingWaiter:
    """Asks tables; what they have to say is logged."""

    def tell(text: str, is_error: bool) -> None:
        (log.error if is_error else log.warning)("smtpd", text)

    return BlockingWaiter(tell)


def check_submitter(config: Config, name: str, uid: int) -> None:
    """PyfixError unless authorized_submit_users has this user."""
    allowed = config.authorized_submit_users
    users = MatchList(config, allowed, "authorized_submit_users", BlockingWaiter())
    if not drive(users.matches_name(name)):
        raise PyfixError(f"User {name}({uid}) is not allowed to submit mail", EX_TEMPFAIL)


def make_log(config: Config, log: MailLog) -> MailLog:
    """The log of root and mail_owner; whoever else runs this could claim anything in it."""
    if os.geteuid() in (0, os.stat(config.queue_directory).st_uid):
        return log
    return MailLog(NullSink(), config.syslog_name, config.myhostname, SystemClock())


def serve(config: Config, log: MailLog, hand_over: HandOver) -> int:
    """Talk SMTP on standard input and output until QUIT or the end of the input."""
    client = Client("localhost", "127.0.0.1", logs_port=config.smtpd_client_port_logging)
    discarded = drive(EhloDiscard(config, table_waiter(log)).find(client.address))
    settings = dataclasses.replace(
        make_settings(config, is_excluded=True, discarded=discarded),
        expects_waiting=False,
        requires_tls=False,
    )
    log.info("smtpd", f"connect from {client}")
    service = StandAlone(config, log, hand_over)
    session = SmtpSession(service, settings, client, StandardStreams())
    drive(session.proceed())
    while not session.is_over:
        ready, _, _ = select.select([0], [], [], config.smtpd_timeout)
        if ready:
            session.engine.receive_data(os.read(0, READ))
        else:
            session.engine.time_out()
        drive(session.proceed())
    return EX_OK
