"""The lines of the mail log: the one place where they are formatted.

A line is ``Mon dd hh:mm:ss host name/service[pid]: text``, as log parsers expect it; warning,
error, fatal and panic stand before the text. Whatever a peer sent becomes printable first, so one
event is one line.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.base.clock import Clock
    from pyfixcli.log.sink import Sink
    from pyfixcli.mail.envelope import Origin

MAX_TEXT = 2000
SHOWN_CONTENT = 200  # characters of a header or line that a check is about
_CONTROL = {**{n: "?" for n in range(32)}, 127: "?", **{n: "?" for n in range(0x80, 0xA0)}}
_BLANKS = {ord("\n"): " ", ord("\t"): " "}
_CONTROL.update({0x2028: "?", 0x2029: "?"})
_CONTROL.update(dict.fromkeys(range(0xDC80, 0xDD00), "?"))


def printable(text: str) -> str:
    """``text`` with control characters and octets that are not UTF-8 as question marks."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_CONTROL)


class MailLog:
    """Writes lines for one process; with ``buffered`` they wait for flush()."""

    def __init__(
        self, sink: Sink, syslog_name: str, hostname: str, clock: Clock, buffered: bool = False
    ) -> None:
        self._sink = sink
        self._name = syslog_name
        self._host = hostname.partition(".")[0] or hostname
        self._clock = clock
        self._buffered = buffered
        self._pid = os.getpid()
        self._lines: list[bytes] = []
        self._second = 0
        self._stamp = ""

    def use(self, sink: Sink) -> None:
        """Write to another sink from now on; what waits goes to the old one, which is closed."""
        self.flush()
        self._sink, old = sink, self._sink
        old.close()

    def close(self) -> None:
        """Write what waits; nothing may be logged afterwards."""
        self.flush()
        self._sink.close()

    def info(self, service: str, text: str) -> None:
        """An ordinary event."""
        self._write(service, text)

    def warning(self, service: str, text: str) -> None:
        """Something that an administrator should look at."""
        self._write(service, "warning: " + text)

    def error(self, service: str, text: str) -> None:
        """Something that could not be done."""
        self._write(service, "error: " + text)

    def fatal(self, service: str, text: str) -> None:
        """The program ends because of this."""
        self._write(service, "fatal: " + text)

    def panic(self, service: str, text: str) -> None:
        """A fault of the program itself."""
        self._write(service, "panic: " + text)

    def _write(self, service: str, text: str) -> None:
        tag = f"{self._name}/{service}" if service else self._name
        self.write_tagged(f"{tag}[{self._pid}]", text)

    def write_tagged(self, tag: str, text: str) -> None:
        """A line with a tag of its own (postlog -t)."""
        now = int(self._clock.now())
        if now != self._second:
            self._second = now
            moment = time.localtime(now)
            month = _MONTHS[moment.tm_mon - 1]
            clock = f"{moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}"
            self._stamp = f"{month} {moment.tm_mday:2d} {clock} {self._host} "
        line = f"{self._stamp}{printable(tag)}: {printable(text[:MAX_TEXT])}\n"
        self._lines.append(line.encode("utf-8", "replace"))
        if not self._buffered:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one piece."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._sink.write(b"".join(lines))


class NamedLog(MailLog):
    """The log of a service with a syslog_name of its own; lines go through that of its process."""

    def __init__(self, parent: MailLog, name: str) -> None:
        self._parent = parent
        self._tag = name
        self._pid = os.getpid()

    def _write(self, service: str, text: str) -> None:
        self._parent.write_tagged(f"{self._tag}/{service}[{self._pid}]", text)

    def flush(self) -> None:
        """Write what waits."""
        self._parent.flush()


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def external(address: str) -> str:
    """An internal-form address as the log shows it: the local part quoted where it must be."""
    from pyfixcli.mail.address import quote_address

    return quote_address(address)


def pickup_line(uid: int, sender: str) -> str:
    """A local submission: ``uid=0 from=<root>``."""
    return f"uid={uid} from=<{external(sender)}>"


def message_id_line(message_id: str, resent: bool = False) -> str:
    """``message-id=<...>`` as found or made; empty when there was an empty header."""
    return f"{'resent-' if resent else ''}message-id={message_id}"


def active_line(sender: str, size: int, recipients: int) -> str:
    """The scheduler takes a message up."""
    return f"from=<{external(sender)}>, size={size}, nrcpt={recipients} (queue active)"


def expired_line(sender: str, forced: bool) -> str:
    """The scheduler gives a message up."""
    status = "force-expired" if forced else "expired"
    return f"from=<{external(sender)}>, status={status}, returned to sender"


def content_line(
    action: str, what: str, text: str, origin: Origin, sender: str, recipient: str, detail: str
) -> str:
    """What a check did: ``reject: header Subject: x from local; from=<s> to=<r>: 5.7.1 why``."""
    address = origin.client_address
    client = f"{origin.client_name}[{address}]" if address else "local"
    line = f"{action}: {what} {text[:SHOWN_CONTENT]} from {client}; from=<{external(sender)}>"
    if recipient:
        line += f" to=<{external(recipient)}>"
    if origin.protocol:
        line += f" proto={origin.protocol}"
    if origin.helo:
        line += f" helo=<{origin.helo}>"
    return f"{line}: {detail}" if detail else line


def milter_line(action: str, verb: str, client: str, text: str, details: str) -> str:
    """What a milter wanted: ``milter-reject: MAIL from name[address]: 550 5.7.1 why; from=<s>``."""
    return f"milter-{action}: {verb} from {client}: {text}; {details}"


def format_delay(seconds: float, digits: int = 2, decimals: int = 2) -> str:
    """Seconds with so many significant digits and at most so many decimals, as ``delays=`` has them.

    What is less than the smallest number of that form is nothing.
    """
    if seconds < 10**-decimals:
        return "0"
    magnitude = int(f"{seconds:e}".rpartition("e")[2])
    places = min(max(digits - 1 - magnitude, 0), decimals)
    text = f"{seconds:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def delivery_line(
    recipient: str,
    original: str,
    relay: str,
    delays: tuple[float, float, float, float],
    dsn: str,
    status: str,
    text: str,
) -> str:
    """The outcome for one recipient; ``original`` is shown when it differs."""
    parts = [f"to=<{external(recipient)}>"]
    if original and original != recipient:
        parts.append(f"orig_to=<{external(original)}>")
    stages = "/".join(format_delay(stage) for stage in delays)
    parts.append(f"relay={relay}, delay={format_delay(sum(delays))}, delays={stages}")
    said = text.translate(_BLANKS)  # a command's output has several lines
    return f"{', '.join(parts)}, dsn={dsn}, status={status} ({said})"
