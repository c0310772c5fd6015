"""What sendmail does to submit a message: the envelope, who may, and the way into the mail system."""

from __future__ import annotations

import posix
import pwd

from pyfixcli.base.errors import PyfixError, SubmissionRefused
from pyfixcli.base.sysexits import EX_NOPERM, EX_OK, EX_TEMPFAIL
from pyfixcli.config.locate import environment
from pyfixcli.mail import submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyfixcli.commands._context import Diagnostics
    from pyfixcli.commands._line_endings import LineEndings
    from pyfixcli.commands.sendmail import Settings
    from pyfixcli.config.snapshot import Config
    from pyfixcli.ipc.submit_client import Submission

READ = 65536
TOO_BIG = "message file too big"
TOO_LONG = "unable to extract recipients: message header length exceeds safety limit"
_PLAIN = frozenset("@.-_+=%")


def submit(
    settings: Settings, recipients: list[str], config: Config, diagnostics: Diagnostics
) -> int:
    """Submit what stands on standard input, or nothing but a question about recipients (-bv)."""
    uid = posix.getuid()
    check_submitter(config, uid)
    endings = _line_endings(config.sendmail_fix_line_endings)
    user, gecos = _account(uid)
    sender, name = _sender(settings, user, diagnostics)
    me = f"{name}({uid})"
    if settings.verp is not None and not name:
        raise PyfixError(f"{me}: -V option requires non-null sender address")
    if not recipients and not settings.extract:
        raise PyfixError(
            f"{me}: Recipient addresses must be specified on the command line or via the -t option"
        )
    items = _items(settings, recipients, sender, _full_name(settings, user, gecos), config)
    refusal = _refuse_sender(config, items)
    if refusal:
        raise PyfixError(f"{me}: {refusal}", EX_TEMPFAIL)
    _check_lengths(items, config.line_length_limit, me, diagnostics.of("postdrop"))
    envelope = submission.pack_frame(submission.ENVELOPE, submission.pack_envelope(items))
    pieces = _probe(name, recipients) if settings.verifies else _read(settings.dot, endings)
    if settings.extract:
        pieces = refuse_long_headers(pieces, config.header_size_limit)
    try:
        status, text = deliver_pieces(config, envelope, pieces, settings.extract)
    except SubmissionRefused as error:
        status, text = EX_TEMPFAIL, str(error)
    if text == TOO_BIG:
        diagnostics.of("postdrop").warning(f"uid={uid}: File too large")
    if status == EX_NOPERM:
        raise PyfixError(text, EX_TEMPFAIL)
    if status != EX_OK:
        raise PyfixError(f"{me}: {text}", EX_TEMPFAIL)
    if settings.flags:
        _tell_of_report(name)
    return EX_OK


def check_submitter(config: Config, uid: int) -> None:
    """PyfixError unless authorized_submit_users has this user; the daemon checks it again."""
    allowed = config.authorized_submit_users
    if allowed == "static:anyone":
        return
    from pyfixcli.ipc.driver import drive
    from pyfixcli.maps.lookup import BlockingWaiter
    from pyfixcli.maps.match_list import MatchList
    from pyfixcli.maps.table import TableFailure

    name = _account(uid)[0]
    title = "authorized_submit_users"
    users = MatchList(config, allowed, title, BlockingWaiter())
    try:
        found = drive(users.matches_name(name))
    except TableFailure as error:
        raise PyfixError(str(error), EX_TEMPFAIL) from error
    if not found:
        raise PyfixError(f"User {name}({uid}) is not allowed to submit mail", EX_TEMPFAIL)


def _refuse_sender(config: Config, items: list[tuple[str, str]]) -> str:
    """What local_login_sender_maps in main.cf say now; the daemon goes by what it has read, and by tables that users cannot."""
    if config.local_login_sender_maps == "static:*":
        return ""
    from pyfixcli.commands._login_sender import refuse_own_sender

    try:
        return refuse_own_sender(config, items)
    except PyfixError:
        return ""  # whoever takes the message asks again


def _account(uid: int) -> tuple[str, str]:
    """(login name, GECOS field)."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return "unknown", ""
    return entry.pw_name, entry.pw_gecos


def _blank(text: str) -> str:
    """The text on one line."""
    if not any(bad in text for bad in submission.FORBIDDEN):
        return text
    return "".join(" " if character in submission.FORBIDDEN else character for character in text)


def _sender(settings: Settings, user: str, diagnostics: Diagnostics) -> tuple[str, str]:
    """The sender as given, on one line, and its address in internal form; a warning if it is not one address."""
    given = settings.sender
    if given is None:
        return user, user
    plain = given.strip("<>")
    if all(character.isalnum() or character in _PLAIN for character in plain):
        return given, plain
    from pyfixcli.cleanup.sender import parse_sender

    address, is_proper = parse_sender(given)
    if is_proper:
        return _blank(given), address
    if address:
        diagnostics.warning(f"-f option specified malformed sender: {given}")
    from pyfixcli.mail.address import quote_address

    return _blank(quote_address(address)), address


def _full_name(settings: Settings, user: str, gecos: str) -> str:
    name = settings.full_name
    if name is None:
        name = environment().get("NAME")
    if name is None:
        name = gecos.partition(",")[0].replace("&", user.capitalize())
    return _blank(name)


def _items(
    settings: Settings, recipients: list[str], sender: str, full_name: str, config: Config
) -> list[tuple[str, str]]:
    """The envelope of the submission."""
    verp = settings.verp
    optional = (
        ("extract", "1" if settings.extract else ""),
        ("encoding", settings.body),
        ("ret", settings.ret),
        ("envid", settings.envid),
        ("notify", str(settings.notify or "")),
        ("flags", str(settings.flags or "")),
        ("verp", "" if verp is None else verp or config.default_verp_delimiters),
    )
    return [
        ("sender", sender),
        ("full_name", full_name),
        *[item for item in optional if item[1]],
        *[("recipient", _blank(address)) for address in recipients],
    ]


# The letters by which the reference's queue files tell these records.
_RECORDS = {"sender": "S", "full_name": "F", "recipient": "R"}


def _check_lengths(
    items: list[tuple[str, str]], limit: int, me: str, diagnostics: Diagnostics
) -> None:
    """PyfixError for an address or a name of more octets than a record may have (line_length_limit)."""
    for name, value in items:
        if len(value) * 4 <= limit or name not in _RECORDS:
            continue
        for text in _addresses(value) if name == "recipient" else [value]:
            length = len(text.encode("utf-8", "surrogateescape"))
            if length > limit:
                kind = ord(_RECORDS[name])
                diagnostics.warning(f"stdin: illegal length {length}, record type {kind}")
                diagnostics.fatal(f"uid={posix.getuid()}: malformed input")
                raise PyfixError(f"{me}: queue file write error", EX_TEMPFAIL)


def _addresses(value: str) -> list[str]:
    from pyfixcli.mail.tok822 import parse_addresses

    return parse_addresses(value)


def _probe(sender: str, recipients: list[str]) -> Iterator[bytes]:
    """The message of -bv: standard input is not read."""
    from pyfixcli.mail.address import quote_address

    author = f"From: {quote_address(sender)}\n" if sender else ""  # else cleanup names one
    to = ",\n\t".join(map(_blank, recipients))
    text = f"{author}Subject: probe\nTo:\t{to}\n"
    yield text.encode("utf-8", "surrogateescape")


def _tell_of_report(sender: str) -> None:
    text = f"Mail Delivery Status Report will be mailed to <{sender}>.\n"
    try:
        posix.write(1, text.encode("utf-8", "surrogateescape"))
    except OSError:
        return  # the message is in the queue: this is no failure


def _line_endings(value: str) -> LineEndings | None:
    """What is done with the input before anything else; PyfixError for an unknown value."""
    if value == "always":
        return None
    from pyfixcli.commands._line_endings import LineEndings

    return LineEndings(value)


def _read(dot_ends: bool, endings: LineEndings | None) -> Iterator[bytes]:
    """The message from standard input, in pieces that fit a frame."""
    from pyfixcli.ipc.submit_client import LoneDot

    dot = LoneDot(not dot_ends)
    while not dot.ended:
        try:
            data = posix.read(0, READ)
        except OSError as error:
            raise SubmissionRefused(f"error reading input: {error.strerror}") from error
        if endings is None:
            piece = dot.feed(data) if data else dot.finish()
        else:
            piece = dot.feed(endings.feed(data) if data else endings.finish())
            piece += b"" if data else dot.finish()
        if piece:
            yield from (piece[n : n + READ] for n in range(0, len(piece), READ))
        if not data:
            return


def refuse_long_headers(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Pass a message on; SubmissionRefused when a header is longer than ``limit`` octets.

    What exceeds header_size_limit is dropped, and recipients would be lost with it (-t).
    """
    start, reader = b"", None
    for piece in pieces:
        start += piece if reader is None else b""
        if reader is None and len(start) > limit:
            from pyfixcli.cleanup.header_reader import HeaderReader

            reader = HeaderReader(limit)
            reader.feed(start)
        elif reader is not None and reader.is_open:
            reader.feed(piece)
        if reader is not None and reader.is_excessive:
            raise SubmissionRefused(TOO_LONG)
        yield piece
    if reader is not None and reader.is_open:
        reader.finish()
        if reader.is_excessive:
            raise SubmissionRefused(TOO_LONG)


def deliver_pieces(
    config: Config, envelope: bytes, pieces: Iterable[bytes], extract: bool = False
) -> tuple[int, str]:
    """Hand a message over through the socket, else leave it in the maildrop; (exit status, text)."""
    from pyfixcli.ipc.submit_client import NotReachable

    try:
        link = _connect(config)
        link.send(envelope)
    except NotReachable:
        return _leave(config, extract, envelope, pieces)
    try:
        for piece in pieces:
            link.send(submission.pack_frame(submission.CONTENT, piece))
        status, _, text = link.finish()
        return status, text
    except NotReachable:
        return _leave(config, extract, link.replayable or b"", pieces)


def _leave(config: Config, extract: bool, sent: bytes, pieces: Iterable[bytes]) -> tuple[int, str]:
    from pyfixcli.commands._maildrop import leave_in_maildrop

    return leave_in_maildrop(config, extract, sent, pieces)


def _connect(config: Config) -> Submission:
    """A connection; in the user's own instance the daemon is launched for it."""
    from pyfixcli.ipc.submit_client import NotReachable, Submission

    queue = config.queue_directory
    try:
        return Submission(queue)
    except NotReachable:
        if (
            not config.daemon_autostart
            or posix.stat(config.config_directory).st_uid != posix.geteuid()
        ):
            raise
    from pyfixcli.ipc.launch import start

    try:
        start(config)
    except PyfixError as error:
        raise NotReachable(str(error)) from error
    return Submission(queue)
