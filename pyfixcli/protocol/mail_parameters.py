"""The parameters of MAIL FROM (RFC 1870, 6152, 3461, 6531, 4954)."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from pyfixcli.mail.reply import Reply
from pyfixcli.mail.verp import is_valid_delimiters
from pyfixcli.protocol import extensions as ext
from pyfixcli.protocol.events import Mail
from pyfixcli.protocol.grammar import decode_xtext, parse_envid, parse_size
from pyfixcli.protocol.settings import ServerSettings
from pyfixcli.protocol.verdict import Verdict, unsupported

MAX_SIZE = 2**63 - 1

MAIL_OK = Reply(250, "2.1.0", "Ok")
NO_DSN = Reply(501, "5.7.1", "DSN support is disabled")
FIXED_LIMIT = Reply(552, "5.3.4", "Message size exceeds fixed limit")
SYSTEM_LIMIT = Reply(552, "5.3.4", "Message size exceeds file system imposed limit")


class MailParameters:
    """Collects the parameters of one MAIL command."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._size = 0
        self._body = ""
        self._is_smtputf8 = False
        self._ret = ""
        self._envid: str | None = None
        self._verp = ""
        self._auth = ""

    def read(self, word: str) -> Verdict | None:
        """Take one parameter; a Verdict when it is refused."""
        keyword, equals, value = word.partition("=")
        handler = _MAIL_PARAMETERS.get(keyword.upper() + equals)
        return handler(self, value, word) if handler is not None else unsupported(word)

    def size(self, value: str, word: str) -> Verdict | None:
        """SIZE (RFC 1870)."""
        size = parse_size(value)
        if size is None:
            return Verdict(Reply(501, "5.5.4", "Bad message size syntax"))
        if size > MAX_SIZE:
            return Verdict(SYSTEM_LIMIT)
        self._size = size
        return None

    def body(self, value: str, word: str) -> Verdict | None:
        """BODY (RFC 6152)."""
        self._body = _BODIES.get(value.upper(), "")
        return None if self._body else unsupported(word)

    def smtputf8(self, value: str, word: str) -> Verdict | None:
        """SMTPUTF8 (RFC 6531)."""
        if ext.SMTPUTF8 not in self._settings.offered:
            return unsupported(word)
        self._is_smtputf8 = True
        return None

    def ret(self, value: str, word: str) -> Verdict | None:
        """RET (RFC 3461)."""
        if ext.DSN not in self._settings.offered:
            return Verdict(NO_DSN)
        if self._ret or value.upper() not in ("FULL", "HDRS"):
            return Verdict(Reply(501, "5.5.4", "Bad RET parameter syntax"))
        self._ret = value.upper()
        return None

    def envid(self, value: str, word: str) -> Verdict | None:
        """ENVID (RFC 3461)."""
        if ext.DSN not in self._settings.offered:
            return Verdict(NO_DSN)
        envid = None if self._envid is not None else parse_envid(value)
        if envid is None:
            return Verdict(Reply(501, "5.5.4", "Bad ENVID parameter syntax"))
        self._envid = envid
        return None

    def auth(self, value: str, word: str) -> Verdict | None:
        """AUTH (RFC 4954 section 5): whoever submitted the message elsewhere."""
        decoded = decode_xtext(value)
        if decoded is None:
            return Verdict(Reply(501, "5.5.4", "Bad AUTH parameter syntax"))
        self._auth = decoded
        return None

    def verp(self, value: str, word: str) -> Verdict | None:
        """XVERP, for authorized clients."""
        default = self._settings.verp_delimiters
        if not default:
            return unsupported(word)
        delimiters = value if "=" in word else default
        allowed = self._settings.verp_delimiter_filter
        if not is_valid_delimiters(delimiters, allowed):
            text = f"Error: XVERP needs two characters from {allowed}"
            return Verdict(Reply(501, "5.5.4", text))
        self._verp = delimiters
        return None

    def check_verp(self, sender: str) -> Verdict | None:
        """XVERP is of no use without a sender."""
        if self._verp and not sender:
            return Verdict(Reply(503, "5.5.4", "Error: XVERP requires non-null sender"))
        return None

    def check_size(self, sender: str) -> Verdict | None:
        """The announced size against message_size_limit."""
        limit = self._settings.message_size_limit
        if limit and self._size > limit:
            return Verdict(FIXED_LIMIT, rejected="MAIL", sender=sender)
        return None

    def question(self, sender: str) -> Mail:
        """The command as a whole."""
        return Mail(
            sender,
            MAIL_OK,
            self._size,
            self._body,
            self._is_smtputf8,
            self._ret,
            self._envid or "",
            self._verp,
            self._auth,
        )


_BODIES = MappingProxyType({"7BIT": "7bit", "8BITMIME": "8bit"})
_MAIL_PARAMETERS: MappingProxyType[str, Callable[[MailParameters, str, str], Verdict | None]] = (
    MappingProxyType(
        {
            "SIZE=": MailParameters.size,
            "BODY=": MailParameters.body,
            "SMTPUTF8": MailParameters.smtputf8,
            "RET=": MailParameters.ret,
            "ENVID=": MailParameters.envid,
            "AUTH=": MailParameters.auth,
            "XVERP": MailParameters.verp,
            "XVERP=": MailParameters.verp,
        }
    )
)
