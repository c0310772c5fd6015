"""sendmail(1): submission, and the historic front door to the other commands."""

from __future__ import annotations

import os
import pwd
import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.commands._context import Diagnostics, open_config
from pyfixcli.commands._run import getopt, program_name, run
from pyfixcli.mail import submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfixcli.config.snapshot import Config

OPTIONS = (
    ("A", "mode", "ignored (ac, am)"),
    ("B", "body type", "7BIT or 8BITMIME"),
    ("C", "config file", "configuration file or directory"),
    ("F", "full name", "full name of the sender"),
    ("G", None, "gateway submission: do not qualify addresses"),
    ("I", None, "rebuild the alias database"),
    ("L", "label", "ignored: logging label"),
    ("N", "dsn", "when to notify: never, or delay,failure,success"),
    ("O", "option=value", "ignored"),
    ("R", "return", "what to return: full or hdrs"),
    ("U", None, "ignored: initial submission"),
    ("V", "envid", "envelope id for notifications"),
    ("X", "log file", "refused"),
    ("b", "mode", "mode of operation: d i l m p s v"),
    ("c", None, "ignored"),
    ("e", "mode", "ignored: error processing mode"),
    ("f", "sender", "envelope sender"),
    ("h", "hop count", "ignored"),
    ("i", None, "a line with a single dot does not end the message"),
    ("m", None, "ignored: send to me too"),
    ("n", None, "refused"),
    ("o", "option", "i: as -i; others are ignored"),
    ("p", "protocol", "ignored"),
    ("q", "run", "flush the queue: nothing, Iid, Rsite"),
    ("r", "sender", "envelope sender"),
    ("s", None, "ignored"),
    ("t", None, "take recipients from the message header"),
    ("v", None, "send a report of the delivery; twice or more: talk"),
    ("x", None, "ignored"),
)

NOTIFY = {"never": 1, "success": 2, "failure": 4, "delay": 8}
FLAG_VERIFY_ONLY, FLAG_TRACE = 4, 8  # as in mail/envelope.py
READ = 65536
USAGE = "usage: sendmail [options]"


class Settings:
    """What the command line asks for."""

    __slots__ = (
        "body", "config", "dot", "envid", "extract", "flags", "flush", "full_name", "interval", "mode",
        "notify", "ret", "sender", "site", "verp",
    )  # fmt: skip

    def __init__(self) -> None:
        self.mode = "m"
        self.config: str | None = None
        self.sender: str | None = None
        self.full_name: str | None = None
        self.dot = True
        self.extract = False
        self.body = self.ret = self.envid = self.verp = ""
        self.notify = self.flags = 0
        self.flush = ""
        self.site = ""
        self.interval = False


def parse(argv: list[str], diagnostics: Diagnostics) -> tuple[Settings, list[str]]:
    """Settings and recipients; UsageError and PyfixError with the reference's words."""
    settings = Settings()
    try:
        found, recipients = getopt(_historic(argv[1:]), OPTIONS)
    except UsageError as error:
        diagnostics.getopt_error(str(error))
        raise PyfixError(USAGE) from error
    for letter, value in found:
        option = _OPTIONS.get(letter)
        if option is not None:
            option(settings, value, diagnostics)
    return settings, recipients


def _historic(words: list[str]) -> list[str]:
    """Forms that getopt does not know: a bare ``-q``, and ``-V`` without a value."""
    out: list[str] = []
    for place, word in enumerate(words):
        if word == "--" or not word.startswith("-"):
            return out + words[place:]
        out.append("-q " if word == "-q" else word)
    return out


def _set_mode(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value[:1] not in ("d", "i", "l", "m", "p", "s", "v"):
        raise PyfixError(f"unsupported: -b{value[:1]}")
    settings.mode = "m" if value[0] == "v" else value[0]
    if value[0] == "v":
        settings.flags |= FLAG_VERIFY_ONLY


def _set_body(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value.upper() not in ("8BITMIME", "7BIT"):
        raise PyfixError("-B option needs 8BITMIME or 7BIT")
    settings.body = "8bit" if value.upper() == "8BITMIME" else "7bit"


def _set_notify(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    words = [word.strip().lower() for word in value.split(",")]
    bits = [NOTIFY.get(word, 0) for word in words]
    if 0 in bits or (1 in bits and len(bits) > 1):
        diagnostics.warning(f"bad -N option value -- ignored: {value}")
        return
    for bit in bits:
        settings.notify |= bit


def _set_ret(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value.lower() not in ("full", "hdrs"):
        diagnostics.warning(f"bad -R option value -- ignored: {value}")
        return
    settings.ret = value.upper()


def _set_queue(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    kind = value.strip()[:1]
    if kind.isdigit():
        settings.interval = True
        return
    if kind and kind not in "IR":
        raise PyfixError(f"-q{kind} is not implemented")
    settings.mode = "q"
    settings.flush, settings.site = kind, value.strip()[1:]


def _set_o(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value[:1] == "i":
        settings.dot = False
    elif value[:1] == "A" and not value[1:]:
        raise PyfixError("-oA requires pathname")


def _refuse_n(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    raise PyfixError("-n option not supported")


def _refuse_x(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    raise PyfixError(f"unsupported: -X{value[:1]}")


def _set_alias_mode(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    settings.mode = "i"


def _set(name: str, constant: object = None):  # type: ignore[no-untyped-def]
    def store(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
        setattr(settings, name, value if constant is None else constant)

    return store


def _set_trace(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    settings.flags |= FLAG_TRACE


_OPTIONS = {
    "B": _set_body,
    "C": _set("config"),
    "F": _set("full_name"),
    "I": _set_alias_mode,
    "N": _set_notify,
    "R": _set_ret,
    "V": _set("envid"),
    "X": _refuse_x,
    "b": _set_mode,
    "f": _set("sender"),
    "i": _set("dot", False),
    "n": _refuse_n,
    "o": _set_o,
    "q": _set_queue,
    "r": _set("sender"),
    "t": _set("extract", True),
    "v": _set_trace,
}


def main(argv: list[str]) -> int:
    """Run sendmail; ``argv[0]`` may be mailq or newaliases."""
    try:
        settings, recipients = parse(argv, Diagnostics(None, argv[0]))
    except PyfixError as error:
        _log_refusal(argv[0], str(error))
        raise
    name = program_name(argv[0])
    if name == "mailq":
        settings.mode = "p"
    elif name == "newaliases":
        settings.mode = "i"
    directory = settings.config
    if directory and not os.path.isdir(directory) and os.path.exists(directory):
        directory = os.path.dirname(directory) or "."
    config = open_config(directory)
    diagnostics = Diagnostics(config, argv[0])
    try:
        return _operate(settings, recipients, config, diagnostics)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


def _log_refusal(argv0: str, text: str) -> None:
    """A command line that was refused goes into the log of the usual instance, if there is one."""
    try:
        Diagnostics(open_config(None), argv0).log_fatal(text)
    except PyfixError:
        return


def _operate(
    settings: Settings, recipients: list[str], config: Config, diagnostics: Diagnostics
) -> int:
    if settings.extract and settings.mode != "m":
        raise PyfixError("-t can be used only in delivery mode")
    if settings.interval and settings.mode != "d" and not recipients:
        return EX_OK  # the interval between queue runs is queue_run_delay
    if settings.mode == "m":
        return _submit(settings, recipients, config, diagnostics)
    if recipients and settings.mode in ("s", "d"):
        raise PyfixError("stand-alone mode requires no recipient")
    return _MODES[settings.mode](settings, config)


def _list(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import postqueue

    return postqueue.main(["postqueue", "-c", config.config_directory, "-p"])


def _flush(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import postqueue

    request = {"": ["-f"], "I": ["-i", settings.site], "R": ["-s", settings.site]}
    return run(
        postqueue.main,
        ["postqueue", "-c", config.config_directory, *request[settings.flush]],
        postqueue.STATUS,
    )


def _aliases(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import newaliases

    return newaliases.main(["newaliases", "-C", config.config_directory])


def _daemon(settings: Settings, config: Config) -> int:
    from pyfixcli.ipc.launch import start

    start(config)
    return EX_OK


def _stand_alone(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import _stand_alone as stand_alone
    from pyfixcli.commands._context import open_log

    uid = os.getuid()
    stand_alone.check_submitter(config, _user_name(uid), uid)
    log = stand_alone.make_log(config, open_log(config, "smtpd"))
    return stand_alone.serve(
        config, log, lambda envelope, pieces: _deliver_pieces(config, envelope, pieces)
    )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "unknown"


def _deliver_pieces(config: Config, envelope: bytes, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Through the socket, else into the maildrop; (exit status, text)."""
    from pyfixcli.commands._maildrop import leave_in_maildrop
    from pyfixcli.ipc.submit_client import NotReachable

    try:
        link = _connect(config, config.queue_directory)
        link.send(envelope)
    except NotReachable:
        return leave_in_maildrop(config, False, envelope, pieces)
    try:
        for piece in pieces:
            link.send(submission.pack_frame(submission.CONTENT, piece))
        status, _, text = link.finish()
        return status, text
    except NotReachable:
        return leave_in_maildrop(config, False, link.replayable or b"", pieces)


_MODES = {"p": _list, "q": _flush, "i": _aliases, "d": _daemon, "l": _daemon, "s": _stand_alone}


def _submit(
    settings: Settings, recipients: list[str], config: Config, diagnostics: Diagnostics
) -> int:
    uid = os.getuid()
    try:
        entry = pwd.getpwuid(uid)
        user, gecos = entry.pw_name, entry.pw_gecos
    except KeyError:
        user, gecos = "unknown", ""
    me = f"{user}({uid})"
    if not recipients and not settings.extract:
        raise PyfixError(
            f"{me}: Recipient addresses must be specified on the command line or via the -t option"
        )
    items = _items(settings, recipients, user, gecos, config, diagnostics)
    try:
        envelope = submission.pack_frame(submission.ENVELOPE, submission.pack_envelope(items))
    except ValueError as error:
        from pyfixcli.base.sysexits import EX_DATAERR

        raise PyfixError(f"{me}: malformed address or option: {error}", EX_DATAERR) from error
    status, text = _hand_over(settings, envelope, config)
    if status == EX_OK:
        return EX_OK
    raise PyfixError(f"{me}: {text}", EX_TEMPFAIL)


def _items(
    settings: Settings,
    recipients: list[str],
    user: str,
    gecos: str,
    config: Config,
    diagnostics: Diagnostics,
) -> list[tuple[str, str]]:
    """The envelope of the submission."""
    name = settings.full_name
    if name is None:
        name = os.environ.get("NAME")
    if name is None:
        name = gecos.partition(",")[0].replace("&", user.capitalize())
    sender = user if settings.sender is None else settings.sender
    if any(bad in sender for bad in submission.FORBIDDEN):
        sender = "".join(" " if bad in "\r\n\0" else bad for bad in sender)
    if settings.sender is not None:
        _check_sender(sender, diagnostics)
    items = [
        ("sender", sender),
        ("full_name", name.replace("\n", " ").replace("\r", " ")),
    ]
    optional = (
        ("extract", "1" if settings.extract else ""),
        ("encoding", settings.body),
        ("ret", settings.ret),
        ("envid", settings.envid),
        ("notify", str(settings.notify or "")),
        ("flags", str(settings.flags or "")),
    )
    items += [(key, value) for key, value in optional if value]
    return items + [("recipient", address) for address in recipients]


def _check_sender(sender: str, diagnostics: Diagnostics) -> None:
    """Warn about what is not one address; the daemon then takes the first."""
    plain = sender.strip("<>")
    is_plain = all(c.isalnum() or c in "@.-_+=%" for c in plain)
    if is_plain and ("@" not in plain or plain.rpartition("@")[2]):
        return
    from pyfixcli.cleanup.sender import parse_sender

    if not parse_sender(sender)[1]:
        diagnostics.warning(f"-f option specified malformed sender: {sender}")


def _hand_over(settings: Settings, envelope: bytes, config: Config) -> tuple[int, str]:
    """Through the socket, else into the maildrop; (exit status, text)."""
    from pyfixcli.ipc.submit_client import LoneDot, NotReachable

    dot = LoneDot(not settings.dot)
    queue = config.queue_directory
    try:
        link = _connect(config, queue)
        link.send(envelope)
    except NotReachable:
        from pyfixcli.commands._maildrop import leave_in_maildrop

        return leave_in_maildrop(config, settings.extract, envelope, _read(dot))
    try:
        for piece in _read(dot):
            link.send(submission.pack_frame(submission.CONTENT, piece))
        status, _, text = link.finish()
        return status, text
    except NotReachable:
        from pyfixcli.commands._maildrop import leave_in_maildrop

        sent = link.replayable or b""
        return leave_in_maildrop(config, settings.extract, sent, _read(dot))


def _connect(config: Config, queue: str):  # type: ignore[no-untyped-def]
    """A connection; in the user's own instance the daemon is launched for it."""
    from pyfixcli.ipc.submit_client import NotReachable, Submission

    try:
        return Submission(queue)
    except NotReachable:
        if not config.daemon_autostart or os.stat(config.config_directory).st_uid != os.geteuid():
            raise
    from pyfixcli.ipc.launch import start

    try:
        start(config)
    except PyfixError as error:
        raise NotReachable(str(error)) from error
    return Submission(queue)


def _read(dot: object):  # type: ignore[no-untyped-def]
    """The message from standard input, in pieces that fit a frame."""
    while not dot.ended:  # type: ignore[attr-defined]
        data = os.read(0, READ)
        piece = dot.feed(data) if data else dot.finish()  # type: ignore[attr-defined]
        if piece:
            yield from (piece[n : n + READ] for n in range(0, len(piece), READ))
        if not data:
            return


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, EX_TEMPFAIL))
