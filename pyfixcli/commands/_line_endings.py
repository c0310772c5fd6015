"""What sendmail(1) takes CR LF at the end of a line for (postconf(5) sendmail_fix_line_endings)."""

from __future__ import annotations

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_TEMPFAIL

ALWAYS = "always"
STRICT = "strict"
NEVER = "never"
LONGEST = 65536  # octets of a first line that is waited for


class LineEndings:
    """Takes the CRs out of input whose CR LF is to stay one, so that they become the blanks that other CRs become.

    With ``strict`` the first line decides. PyfixError for an unknown value.
    """

    __slots__ = ("_keeps", "_start")

    def __init__(self, value: str) -> None:
        if value not in (ALWAYS, STRICT, NEVER):
            raise PyfixError(f"invalid sendmail_fix_line_endings value: {value}", EX_TEMPFAIL)
        self._keeps: bool | None = {ALWAYS: True, NEVER: False}.get(value)
        self._start = b""

    def feed(self, data: bytes) -> bytes:
        """The next octets of the input."""
        if self._keeps is None:
            data = self._start + data
            newline = data.find(b"\n")
            if newline < 0 and len(data) < LONGEST:
                self._start = data
                return b""
            self._start = b""
            self._keeps = data[:newline].endswith(b"\r") if newline >= 0 else False
        return data if self._keeps else data.replace(b"\r", b" ")

    def finish(self) -> bytes:
        """What was held back of an input without a line."""
        data, self._start = self._start, b""
        return data.replace(b"\r", b" ")
