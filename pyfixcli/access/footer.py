"""Text behind refusals (smtpd_reject_footer, smtpd_reject_footer_maps).

Bugs: of the maps only those are searched that need no waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pyfixcli.access.facts import Case
from pyfixcli.config.expand import ExpansionError, expand
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

SAME_LINE = "\\c"


class RejectFooter:
    """The footers of one service."""

    def __init__(self, config: Config) -> None:
        self._text = config.raw("smtpd_reject_footer") or ""
        self._maps = MapList(config, config.smtpd_reject_footer_maps, "smtpd_reject_footer_maps")
        self._hostname = config.myhostname
        self._allowed = frozenset((config.raw("smtpd_expansion_filter") or "") + " ")

    def __bool__(self) -> bool:
        return bool(self._text or self._maps)

    def add(self, reply: Reply, case: Case) -> Reply:
        """The reply with its footer, if it has one."""
        template = self._find(str(reply))
        if not template:
            return reply
        try:
            footer = expand(template, lambda name: self._value(name, case))
        except ExpansionError:
            return reply
        footer = footer.replace("\\n", "\n")
        if footer.startswith(SAME_LINE):
            return Reply(reply.code, reply.dsn, reply.text + footer[len(SAME_LINE) :])
        return Reply(reply.code, reply.dsn, f"{reply.text}\n{footer}")

    def _find(self, reply: str) -> str:
        for table in self._maps.tables:
            try:
                value = table.get(reply) if table.immediate else None
            except TableFailure:
                value = None
            if value is not None:
                return value
        return self._text

    def _value(self, name: str, case: Case) -> str | None:
        """The value of a macro; odd characters in it become underscores."""
        find = _MACROS.get(name)
        if name == "server_name":
            return self._hostname
        if find is None:
            return None
        return "".join(c if c in self._allowed or c.isalnum() else "_" for c in find(case))


_MACROS: dict[str, Callable[[Case], str]] = {
    "client_address": lambda case: case.client.address,
    "client_name": lambda case: case.client.name,
    "client_port": lambda case: case.client.port,
    "helo_name": lambda case: case.helo,
    "sender": lambda case: case.sender or "",
    "sender_name": lambda case: split_address(case.sender or "")[0],
    "sender_domain": lambda case: split_address(case.sender or "")[1] or "",
    "recipient": lambda case: case.accepted or "",
    "recipient_name": lambda case: split_address(case.accepted or "")[0],
    "recipient_domain": lambda case: split_address(case.accepted or "")[1] or "",
    "localtime": lambda case: time.strftime("%b %d %H:%M:%S"),
}
