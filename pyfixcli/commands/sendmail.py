"""sendmail(1): submission, and the historic front door to the other commands.

Imported by mailq and newaliases, which are this command under another name. Submission itself is in _submit.py.
"""

from __future__ import annotations

import posix
import sys

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.commands._context import Diagnostics, open_config
from pyfixcli.commands._run import BARE, end, parse_options, program_name, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    ("V", "envid", "envelope id for notifications; two characters: as -XV"),
    ("X", "Vxy", "a sender address for each recipient (VERP), with these delimiters"),
    ("b", "mode", "mode of operation: d h H i l m p s v"),
    ("c", None, "ignored"),
    ("e", "mode", "ignored: error processing mode"),
    ("f", "sender", "envelope sender"),
    ("h", "hop count", "ignored"),
    ("i", None, "a line with a single dot does not end the message"),
    ("m", None, "ignored: send to me too"),
    ("n", None, "refused"),
    ("o", "option", "i: as -i; Apath: the alias database; others are ignored"),
    ("p", "protocol", "ignored"),
    ("q", "run", "flush the queue: nothing, Iid, Rsite"),
    ("r", "sender", "envelope sender"),
    ("t", None, "take recipients from the message header"),
    ("v", None, "send a report of the delivery; twice or more: talk"),
    ("x", None, "ignored"),
)

NOTIFY = {"never": 1, "success": 2, "failure": 4, "delay": 8}
MAX_ENVID = 100
VERP_DELIMITERS = "-=+"
FLAG_VERIFY_ONLY, FLAG_TRACE = 4, 8  # as in mail/envelope.py

# Modes: the letters of -b, and those of -q
SUBMIT, LIST, ALIASES, DAEMON, STAND_ALONE, FLUSH, NOTHING = "mpidsqh"
NAMES = {"mailq": LIST, "newaliases": ALIASES, "smtpd": DAEMON}


class Settings:
    """What the command line asks for."""

    __slots__ = (
        "aliases", "body", "config", "dot", "envid", "extract", "flags", "full_name", "interval", "mode", "notify",
        "queue_id", "ret", "sender", "site", "verp",
    )  # fmt: skip

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.config: str | None = None
        self.sender: str | None = None
        self.full_name: str | None = None
        self.verp: str | None = None
        self.aliases: str | None = None
        self.dot = True
        self.extract = self.interval = False
        self.body = self.ret = self.envid = ""
        self.notify = self.flags = 0
        self.queue_id = self.site = ""

    @property
    def verifies(self) -> bool:
        """Whether this is sendmail -bv."""
        return self.mode == SUBMIT and bool(self.flags & FLAG_VERIFY_ONLY)


def parse(argv: list[str], diagnostics: Diagnostics) -> tuple[Settings, list[str]]:
    """Settings and recipients; PyfixError with the reference's words."""
    name = program_name(argv[0])
    settings = Settings(NAMES.get(name, SUBMIT))
    usage = f"usage: {name} [options]"
    found, recipients = parse_options(argv, OPTIONS, usage, is_bare=_is_bare)
    for letter, value in found:
        option = _SETTERS.get(letter)
        if option is not None:
            option(settings, value, diagnostics)
    return settings, recipients


def _is_bare(letter: str, following: str | None) -> bool:
    """Forms that getopt does not know: ``-q`` alone, and ``-V`` before a word of two characters (for ``-XV``)."""
    return letter == "q" or (letter == "V" and following is not None and len(following) == 2)


def _set_mode(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    mode = _MODES_OF_B.get(value[:1])
    if mode is None:
        raise PyfixError(f"unsupported: -b{value[:1]}")
    if mode == DAEMON and settings.mode == FLUSH:
        diagnostics.warning("ignoring -q option in daemon mode")
    settings.mode = mode
    if value[0] == "v":
        settings.flags |= FLAG_VERIFY_ONLY


_MODES_OF_B = {
    "d": DAEMON,
    "h": NOTHING,  # host status
    "H": NOTHING,
    "i": ALIASES,
    "l": DAEMON,
    "m": SUBMIT,
    "p": LIST,
    "s": STAND_ALONE,
    "v": SUBMIT,
}


def _set_body(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value.upper() not in ("8BITMIME", "7BIT"):
        raise PyfixError("-B option needs 8BITMIME or 7BIT")
    settings.body = "8bit" if value.upper() == "8BITMIME" else "7bit"


def _set_notify(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    bits = 0
    for word in value.replace(",", " ").split():
        bit = NOTIFY.get(word.lower())
        if bit is None:
            text = f'unknown DSN NOTIFY command value "{word}" in "{value}"'
            diagnostics.warning(text)
            bits = 0
            break
        bits |= bit
    if not bits or (bits & NOTIFY["never"] and bits != NOTIFY["never"]):
        diagnostics.warning("bad -N option value -- ignored")
        return
    settings.notify = bits


def _set_ret(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value.lower() not in ("full", "hdrs"):
        diagnostics.warning("bad -R option value -- ignored")
        return
    settings.ret = value.upper()


def _set_envid(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value == BARE or len(value) == 2:
        given = "" if value == BARE else value
        diagnostics.warning(
            f"option -V{given} is deprecated with Postfix 2.3; specify -XV{given} instead"
        )
        _set_verp(settings, given)
    elif not value or not value.isascii() or not value.isprintable():
        diagnostics.warning("bad syntax in -V option value -- ignored")
    elif len(value) > MAX_ENVID:
        diagnostics.warning("too long -V option value -- ignored")
    else:
        settings.envid = value


def _set_verp(settings: Settings, delimiters: str) -> None:
    if delimiters and (len(delimiters) != 2 or not set(VERP_DELIMITERS).issuperset(delimiters)):
        raise PyfixError(f"-V requires two characters from {VERP_DELIMITERS}")
    settings.verp = delimiters


def _set_x(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    if value[:1] != "V":
        raise PyfixError(f"unsupported: -X{value[:1]}")
    _set_verp(settings, value[1:])


def _set_queue(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    kind, name = ("", "") if value == BARE else (value[:1], value[1:])
    if kind.isdigit():
        settings.interval = True
    elif kind == "I":
        settings.queue_id = _named(name, "specify: -qIqueueid")
        settings.site = ""
    elif kind == "R":
        settings.site = _named(name, "specify: -qRsitename")
        settings.queue_id = ""
    elif kind:
        raise PyfixError(f"-q{kind} is not implemented")
    elif settings.mode == DAEMON:
        diagnostics.warning("ignoring -q option in daemon mode")
    else:
        settings.mode = FLUSH


def _named(name: str, otherwise: str) -> str:
    if not name:
        raise PyfixError(otherwise)
    return name


def _set_o(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    kind, rest = value[:1], value[1:]
    if kind == "i":
        settings.dot = False
    elif kind == "A":
        settings.aliases = _named(rest, "-oA requires pathname")


def _refuse_n(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    raise PyfixError("-n option not supported")


def _set_alias_mode(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    settings.mode = ALIASES


def _set(name: str, constant: object = None) -> Callable[[Settings, str, Diagnostics], None]:
    def store(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
        setattr(settings, name, value if constant is None else constant)

    return store


def _set_trace(settings: Settings, value: str, diagnostics: Diagnostics) -> None:
    settings.flags |= FLAG_TRACE


_SETTERS = {
    "B": _set_body,
    "C": _set("config"),
    "F": _set("full_name"),
    "I": _set_alias_mode,
    "N": _set_notify,
    "R": _set_ret,
    "V": _set_envid,
    "X": _set_x,
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
    """Run sendmail; ``argv[0]`` may be mailq, newaliases or smtpd."""
    waiting = PendingDiagnostics(argv[0])
    try:
        settings, recipients = parse(argv, waiting)
    except PyfixError as error:
        waiting.log_refusal(str(error))
        raise
    config = open_config(_config_directory(settings.config))
    diagnostics = Diagnostics(config, argv[0])
    waiting.write_to(diagnostics)
    try:
        _check_combination(settings, recipients)
        if settings.interval and settings.mode != DAEMON:
            return EX_OK  # the interval between queue runs is queue_run_delay
        return _operate(settings, recipients, config, diagnostics)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


class PendingDiagnostics(Diagnostics):
    """Messages about the command line, which go into the log once the configuration is known."""

    def __init__(self, argv0: str) -> None:
        super().__init__(None, argv0)
        self._argv0 = argv0
        self._waiting: list[tuple[str, str]] = []

    def _write(self, kind: str, text: str) -> None:
        self._waiting.append((kind, text))

    def write_to(self, diagnostics: Diagnostics) -> None:
        """The configuration is known."""
        for kind, text in self._waiting:
            diagnostics.log_only(kind, text)

    def log_refusal(self, text: str) -> None:
        """The command line was refused: into the log of the usual instance, if there is one."""
        try:
            diagnostics = Diagnostics(open_config(None), self._argv0)
        except PyfixError:
            return
        self.write_to(diagnostics)
        diagnostics.log_fatal(text)


def _config_directory(name: str | None) -> str | None:
    """-C takes the directory, or the main.cf in it."""
    if name is None or name.rpartition("/")[2] != "main.cf":
        return name
    return name.rpartition("/")[0] or "."


# mode: what is said about recipients
_REFUSALS = {
    LIST: "display queue mode requires no recipient",
    ALIASES: "alias initialization mode requires no recipient",
    DAEMON: "daemon mode requires no recipient",
    STAND_ALONE: "stand-alone mode requires no recipient",
    FLUSH: "flush queue mode requires no recipient",
}


def _check_combination(settings: Settings, recipients: list[str]) -> None:
    """PyfixError for options that do not go together."""
    if settings.interval and settings.mode != DAEMON:
        return
    if settings.mode != SUBMIT:
        used = (("t", settings.extract), ("qR", settings.site), ("qI", settings.queue_id))
        _refuse_used(used, "can be used only in delivery mode")
    if settings.flags & FLAG_VERIFY_ONLY:
        traced = settings.flags & FLAG_TRACE
        mixed = (
            ("t", settings.extract),
            ("N", settings.notify),
            ("R", settings.ret),
            ("v", traced),
        )
        _refuse_used(mixed, "option cannot be used with -bv")
    if not recipients:
        return
    if settings.site or settings.queue_id:
        raise PyfixError(f"flush {'site' if settings.site else 'queue_id'} requires no recipient")
    if settings.mode in _REFUSALS:
        raise PyfixError(_REFUSALS[settings.mode])


def _refuse_used(options: tuple[tuple[str, object], ...], text: str) -> None:
    for letter, is_used in options:
        if is_used:
            raise PyfixError(f"-{letter} {text}")


def _operate(
    settings: Settings, recipients: list[str], config: Config, diagnostics: Diagnostics
) -> int:
    if settings.mode == SUBMIT and not (settings.site or settings.queue_id):
        from pyfixcli.commands._submit import submit

        return submit(settings, recipients, config, diagnostics)
    if settings.mode == SUBMIT:
        return _flush(settings, config)
    return _MODES[settings.mode](settings, config)


def _list(settings: Settings, config: Config) -> int:
    return _run_postqueue(settings, config, "-p")


def _flush(settings: Settings, config: Config) -> int:
    if settings.site:
        return _run_postqueue(settings, config, "-s", settings.site)
    if settings.queue_id:
        return _run_postqueue(settings, config, "-i", settings.queue_id)
    return _run_postqueue(settings, config, "-f")


def _run_postqueue(settings: Settings, config: Config, *arguments: str) -> int:
    from pyfixcli.commands import postqueue

    chosen = [] if settings.config is None else ["-c", config.config_directory]
    argv = ["postqueue", *chosen, *arguments]
    return run(postqueue.main, argv, postqueue.STATUS)


def _aliases(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import newaliases

    return newaliases.rebuild(config, settings.aliases)


def _daemon(settings: Settings, config: Config) -> int:
    """postfix start, whose success nobody is told."""
    from pyfixcli.commands import postfix

    run(postfix.main, ["postfix", "-c", config.config_directory, "start"], 1, only_terminal=True)
    return EX_OK


def _stand_alone(settings: Settings, config: Config) -> int:
    from pyfixcli.commands import _stand_alone as stand_alone
    from pyfixcli.commands._context import open_log
    from pyfixcli.commands._submit import check_submitter, deliver_pieces

    check_submitter(config, posix.getuid())
    log = stand_alone.make_log(config, open_log(config, "smtpd"))
    return stand_alone.serve(
        config, log, lambda envelope, pieces: deliver_pieces(config, envelope, pieces)
    )


def _nothing(settings: Settings, config: Config) -> int:
    """There is no host status to show or to purge."""
    return EX_OK


_MODES = {
    LIST: _list,
    FLUSH: _flush,
    ALIASES: _aliases,
    DAEMON: _daemon,
    STAND_ALONE: _stand_alone,
    NOTHING: _nothing,
}


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, EX_TEMPFAIL))
