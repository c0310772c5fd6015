"""How a restriction says no: code, enhanced code, text, and the line in the log."""

from __future__ import annotations

from pyfixcli.access.facts import Case, Subject
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.reply import Reply

CLOSED = {521: 421}  # what soft_bounce makes of codes that have no 4xx twin

# Numbers of enhanced codes about addresses (x.1.x), and what fits a sender or a recipient; x.1.0 fits in place of any other.
_SENDER_DETAILS = {
    **{number: f"1.{number}" for number in ("0", "7", "8")},
    **dict.fromkeys(("1", "3", "4", "6"), "1.7"),
    "2": "1.8",
}
_RECIPIENT_DETAILS = {**{str(number): f"1.{number}" for number in range(7)}, "7": "1.3", "8": "1.2"}
_ADDRESS_DETAILS = {Subject.SENDER: _SENDER_DETAILS, Subject.RECIPIENT: _RECIPIENT_DETAILS}


def _fitting(detail: str, subject: Subject) -> str:
    """The subject and detail of an enhanced code, as they fit what is refused."""
    kind, _, number = detail.partition(".")
    if kind != "1":
        return detail
    known = _ADDRESS_DETAILS.get(subject)
    return "0.0" if known is None else known.get(number, "1.0")


class Refusals:
    """Makes the replies of one service and logs them."""

    def __init__(self, config: Config, log: MailLog, service: str) -> None:
        self._log = log
        self._service = service
        self._is_soft = config.soft_bounce

    def refuse(self, case: Case, code: int, dsn: str, text: str) -> Reply | None:
        """A refusal, logged; None after warn_if_reject. The enhanced code is made to fit."""
        return self.log(case, self.make(case, code, dsn, text))

    def log(self, case: Case, reply: Reply) -> Reply | None:
        """Log a refusal; what is answered."""
        if case.warns:
            self.note(case, "reject_warning", str(reply))
            return None
        if case.softening is not None and reply.code >= 500:
            reply = case.softening
        self.note(case, "reject", str(reply))
        return reply

    def _soften_code(self, code: int) -> int:
        """A code, as soft_bounce has it."""
        return CLOSED.get(code, code - 100) if self._is_soft and code >= 500 else code

    def make(self, case: Case, code: int, dsn: str, text: str) -> Reply:
        """The reply of a refusal."""
        code = self._soften_code(code)
        given = dsn[2:]
        detail = _fitting(given, case.subject)
        fitting = f"{code // 100}.{detail}"
        if detail != given:
            what = f"mapping DSN status {code // 100}.{given} into {case.subject.value}"
            self._log.info(self._service, f"{what} status {fitting}")
        return Reply(code, fitting, text)

    def reject(self, case: Case, code: int, dsn: str, why: str) -> Reply | None:
        """``<name>: Sender address rejected: why``."""
        return self.refuse(case, code, dsn, phrase(case, why))

    def reject_domain(self, case: Case, code: int, dsn: str, why: str) -> Reply | None:
        """The same about the domain of an address; the enhanced code says more than fits the address, and stays."""
        code = self._soften_code(code)
        return self.log(case, Reply(code, f"{code // 100}{dsn[1:]}", phrase(case, why)))

    def defer(self, case: Case, code: int, dsn: str, why: str) -> Reply | None:
        """Refuse later, if nothing else does; at once after warn_if_reject, where it is only logged."""
        if case.warns:
            return self.reject(case, code, dsn, why)
        if case.deferral is None:
            case.deferral = self.make(case, code, dsn, phrase(case, why))
        return None

    def not_now(self, case: Case, action: str, dsn: str, why: str) -> Reply | None:
        """A lookup failed: refuse later or at once, as a *_tempfail_action parameter says."""
        refuse = self.reject if action == "defer" else self.defer
        return refuse(case, 450, dsn, why)

    def soften(self, case: Case, code: int, dsn: str, why: str) -> None:
        """From now on this instead of permanent refusals."""
        if case.softening is None:
            case.softening = self.make(case, code, dsn, phrase(case, why or "Service unavailable"))

    def note(self, case: Case, action: str, text: str) -> None:
        """``QUEUEID: ACTION: VERB from CLIENT: text; details``."""
        where = f"{case.queue_id or 'NOQUEUE'}: {action}: {case.verb} from {case.client}"
        self._log.info(self._service, f"{where}: {text}; {case.details()}")

    def warning(self, text: str) -> None:
        """Something that the administrator should look at."""
        self._log.warning(self._service, text)

    def broken(self, case: Case) -> Reply | None:
        """The configuration is at fault, and not the client."""
        return self.refuse(case, 451, "4.3.5", "Server configuration error")

    def broken_table(self, case: Case) -> Reply | None:
        """A table is at fault."""
        return self.reject(case, 451, "4.3.5", "Server configuration error")


def phrase(case: Case, why: str) -> str:
    """The text of most refusals."""
    return f"<{case.name}>: {case.subject.value} rejected: {why}"
