"""Whether a server is to be logged in to (postconf(5): smtp_sasl_auth_enable, smtp_sasl_password_maps).

There is no SASL yet, so this only decides that mail waits: a server that wants a login would return it.
"""

from __future__ import annotations

from pyfixcli.delivery.agent import AgentContext, Outcome, deferred
from pyfixcli.delivery.smtp.nexthop import split_nexthops
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.mail.delivery import DeliveryRequest
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

WANT_LOGIN = ("AUTH", "AUTH=LOGIN", "STARTTLS")  # many offer a login after STARTTLS only
UNAVAILABLE = deferred("4.3.0", "SASL authentication failed; password table lookup error")


class Credentials:
    """The logins of one service. ``prefix`` is that of its parameters, smtp or lmtp."""

    def __init__(self, context: AgentContext, prefix: str) -> None:
        config = context.config
        name = f"{prefix}_sasl_password_maps"
        self._waiter = context.waiter
        self._is_enabled = config.boolean(f"{prefix}_sasl_auth_enable", False)
        self._by_sender = config.boolean(f"{prefix}_sender_dependent_authentication", False)
        self._passwords = MapList(config, config.text(name) if self._is_enabled else "", name)

    async def judge(
        self, request: DeliveryRequest, endpoint: Endpoint, offers: dict[str, str]
    ) -> Outcome | None:
        """Why a server with these EHLO keywords gets no mail now; None: it needs no login from us."""
        if not self._is_enabled or offers.keys().isdisjoint(WANT_LOGIN):
            return None
        keys = [request.sender] if self._by_sender and request.sender else []
        keys += [endpoint.name, *map(_site, split_nexthops(request.nexthop))]
        for key in keys:
            try:
                found = await self._passwords.find(key, self._waiter)
            except TableFailure:
                return UNAVAILABLE
            if found is not None:
                text = f"cannot authenticate to server {endpoint}: no mechanism available"
                return deferred("4.7.0", f"SASL authentication failed; {text}")
        return None


def _site(nexthop: str) -> str:
    """A next hop as the password table has it: without what says how it is reached."""
    return nexthop.removeprefix("inet:").removeprefix("unix:")
