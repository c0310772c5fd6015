"""postdrop(1): takes a submission stream from standard input into the maildrop.

Started through the setgid wrapper it gets a file that the wrapper has created, on descriptor 3; the
group is gone by then.
"""

from __future__ import annotations

import os
import sys

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_DATAERR, EX_NOPERM, EX_OK, EX_TEMPFAIL
from pyfixcli.commands._run import end, parse_options, run
from pyfixcli.mail import submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.snapshot import Config

    Check = Callable[[list[tuple[str, str]]], None]

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("r", None, "ignored: the protocol with pickup"),
    ("v", None, "talk"),
)
READ = 65536
WRAPPER_FILE = 3
USAGE = "usage: postdrop [-c config_dir] [-v]"


def copy_stream(source: int, target: int, limit: int, check: Check) -> None:
    """Copy a whole submission stream, checked frame by frame; PyfixError when it is malformed.

    ``check`` raises PyfixError for an envelope that is refused.
    """
    frames = submission.FrameReader()
    total, wanted = 0, submission.ENVELOPE
    while True:
        while (found := frames.next_frame()) is None:
            data = os.read(source, READ)
            if not data:
                raise PyfixError("end of input before the end of the message", EX_DATAERR)
            frames.receive(data)
        kind, payload = found
        if kind not in (wanted, submission.END) or (kind == submission.END and not wanted):
            raise PyfixError("malformed submission", EX_DATAERR)
        if kind == submission.ENVELOPE:
            check(submission.unpack_envelope(payload))
            frames.limit, wanted = submission.MAX_FRAME, submission.CONTENT
        total += len(payload)
        if limit and kind == submission.CONTENT and total > limit + submission.MAX_ENVELOPE:
            raise PyfixError("message file too big", EX_DATAERR)
        octets = submission.pack_frame(kind, payload)
        while octets:
            octets = octets[os.write(target, octets) :]
        if kind == submission.END:
            return


def _leave_to_pickup(items: list[tuple[str, str]]) -> None:
    """Check nothing: what the wrapper starts reads no configuration, and pickup looks at every sender."""


def _check_sender(config: Config, items: list[tuple[str, str]]) -> None:
    """PyfixError when the user may not name this sender (local_login_sender_maps)."""
    if config.local_login_sender_maps == "static:*":
        return
    from pyfixcli.commands._login_sender import refuse_own_sender

    refusal = refuse_own_sender(config, items)
    if refusal:
        raise PyfixError(f"uid={os.getuid()}: {refusal}", EX_NOPERM)


def _create(directory: str) -> tuple[int, str]:
    """A new file in the maildrop; PyfixError when there is none yet, or no room."""
    from pyfixcli.queue import maildrop_file

    try:
        return maildrop_file.create(directory)
    except OSError as error:
        text = f"create file in {directory}: {error.strerror}"
        hint = ' (run "postfix check")' if isinstance(error, FileNotFoundError) else ""
        raise PyfixError(f"{text}{hint}", EX_TEMPFAIL) from error


def main(argv: list[str]) -> int:
    """Run postdrop."""
    found, _ = parse_options(argv, OPTIONS, USAGE)
    from pyfixcli.queue import maildrop_file

    prepared = dict(found).get("c") is None and "PYFIX_MAILDROP_FILE" in os.environ
    if prepared:
        path, limit, descriptor = os.environ["PYFIX_MAILDROP_FILE"], 0, WRAPPER_FILE
        check: Check = _leave_to_pickup
    else:
        from pyfixcli.commands._context import open_config

        config = open_config(dict(found).get("c"))
        check = lambda items: _check_sender(config, items)  # noqa: E731 (functools costs start-up)
        limit = config.message_size_limit
        directory = os.path.join(config.queue_directory, paths.MAILDROP)
        descriptor, path = _create(directory)
    try:
        copy_stream(0, descriptor, limit, check)
        maildrop_file.complete(descriptor)
    except (OSError, ValueError, PyfixError) as error:
        maildrop_file.discard(descriptor, path)
        if isinstance(error, PyfixError):
            raise
        if isinstance(error, ValueError):
            raise PyfixError(f"malformed submission: {error}", EX_DATAERR) from error
        raise PyfixError(f"queue file write error: {error}", EX_TEMPFAIL) from error
    return EX_OK


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, EX_TEMPFAIL))
