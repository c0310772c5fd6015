"""Leaving a message in the maildrop while the daemon is down: directly, or through postdrop."""

from __future__ import annotations

import os
import sys

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError, SubmissionRefused
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL, EX_USAGE
from pyfixcli.mail import submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfixcli.config.snapshot import Config


def leave_in_maildrop(
    config: Config, extract: bool, sent: bytes, pieces: Iterable[bytes]
) -> tuple[int, str]:
    """Write the submission, of which ``sent`` is the part that was made into frames already.

    Returns (exit status, text); exit status 0 only once it is durable. SubmissionRefused with the reason when the
    daemon would refuse it.
    """
    refusal = _refuse_sender(config, sent)
    if refusal:
        return EX_TEMPFAIL, refusal
    maildrop = os.path.join(config.queue_directory, paths.MAILDROP)
    stream = _frames(config, extract, sent, pieces)
    if os.access(maildrop, os.W_OK | os.R_OK | os.X_OK):
        left = _write_file(maildrop, stream)
    else:
        left = _pipe_to_postdrop(config, stream)
    if left[0] == EX_OK:
        _tell_pickup(config)
    return left


def _refuse_sender(config: Config, sent: bytes) -> str:
    """Why the user may not name the sender in what was sent, or empty (local_login_sender_maps)."""
    if config.local_login_sender_maps == "static:*":
        return ""
    from pyfixcli.commands._login_sender import refuse_own_sender, sent_items

    return refuse_own_sender(config, sent_items(sent))


def _tell_pickup(config: Config) -> None:
    """A daemon that came up meanwhile need not wait until it looks again by itself."""
    from pyfixcli.ipc.trigger import send_trigger

    try:
        send_trigger(config.queue_directory, "public", "pickup", "W")
    except OSError:
        return


def _frames(
    config: Config, extract: bool, start: bytes, pieces: Iterable[bytes]
) -> Iterable[bytes]:
    """The whole stream, with the checks that the daemon would have made at once."""
    yield start
    total = 0
    found = not extract
    seen = b""
    limit = config.message_size_limit
    for piece in pieces:
        total += len(piece)
        if limit and total > limit:
            raise SubmissionRefused("message file too big")
        if not found and len(seen) < 1 << 20:
            seen += piece
            found = _has_recipients(seen)
        yield submission.pack_frame(submission.CONTENT, piece)
    if not found and not _has_recipients(seen + b"\n\n") and b"recipient=" not in start:
        raise SubmissionRefused("No recipient addresses found in message header")
    yield submission.pack_frame(submission.END, b"")


def _has_recipients(seen: bytes) -> bool:
    """Whether a complete header names a recipient (sendmail -t)."""
    from pyfixcli.mail.header import RECIPIENTS, RESENT_RECIPIENTS, header_value, split_header
    from pyfixcli.mail.tok822 import parse_recipients

    header, end, _ = seen.partition(b"\n\n")
    if not end:
        return False
    unfolded = header.replace(b"\n ", b" ").replace(b"\n\t", b" ")
    for line in unfolded.split(b"\n"):
        found = split_header(line)
        if found is None or found[0].lower() not in RECIPIENTS | RESENT_RECIPIENTS:
            continue
        if parse_recipients(header_value(line, found[1])):
            return True
    return False


def _write_file(maildrop: str, stream: Iterable[bytes]) -> tuple[int, str]:
    from pyfixcli.queue import maildrop_file as drop

    try:
        descriptor, path = drop.create(maildrop)
    except OSError as error:
        return EX_TEMPFAIL, f"queue file write error: {error.strerror}"
    try:
        for octets in stream:
            while octets:
                octets = octets[os.write(descriptor, octets) :]
        drop.complete(descriptor)
        return EX_OK, ""
    except OSError as error:
        drop.discard(descriptor, path)
        return EX_TEMPFAIL, f"queue file write error: {error.strerror}"
    except BaseException:
        drop.discard(descriptor, path)
        raise
    finally:
        os.close(descriptor)


def _pipe_to_postdrop(config: Config, stream: Iterable[bytes]) -> tuple[int, str]:
    """Run the setgid postdrop beside our own launcher, else that of command_directory."""
    program = find_postdrop(config)
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(readable, 0)
        os.close(writable)
        try:
            os.execv(program, [program, "-c", config.config_directory])
        except OSError:
            os._exit(EX_TEMPFAIL)
    os.close(readable)
    refused: PyfixError | None = None
    try:
        for octets in stream:
            while octets:
                octets = octets[os.write(writable, octets) :]
    except BrokenPipeError:
        pass
    except PyfixError as error:
        refused = error
    os.close(writable)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if refused is not None:
        raise refused
    if status == EX_OK:
        return EX_OK, ""
    return (EX_USAGE if status == EX_USAGE else EX_TEMPFAIL), "mail submission failed"


def find_postdrop(config: Config) -> str:
    """The path of the setgid postdrop; PyfixError when there is none."""
    for directory in (os.path.dirname(os.path.abspath(sys.argv[0])), config.command_directory):
        path = os.path.join(directory, "postdrop")
        if os.access(path, os.X_OK):
            return path
    raise PyfixError("postdrop is not installed: run pyfix setup", EX_TEMPFAIL)
