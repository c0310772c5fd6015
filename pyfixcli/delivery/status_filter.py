"""Filters that administrators put on outcomes (postconf(5) default_delivery_status_filter)."""

from __future__ import annotations

import re

from pyfixcli.delivery.agent import AgentContext, Outcome
from pyfixcli.mail.delivery import Status
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}$")
CLASSES = {"2": Status.SENT, "4": Status.DEFERRED, "5": Status.BOUNCED}


async def filter_status(context: AgentContext, maps: MapList, outcome: Outcome) -> Outcome:
    """The outcome with another status of class 4 or 5, or with another text."""
    key = f"{outcome.dsn} {outcome.text}"
    try:
        found = await maps.find(key, context.waiter)
    except TableFailure as error:
        context.log.warning(context.service, str(error))
        return outcome
    if found is None:
        return outcome
    dsn, _, text = found.partition(" ")
    if not _STATUS.match(dsn):
        context.log.warning(context.service, f"{maps.title}: bad status code: {found}")
        return outcome
    was_sent = outcome.status is Status.SENT
    if was_sent is not (dsn[0] == "2"):
        text = f'{maps.title}: can\'t change status code "{outcome.dsn}" into "{dsn}"'
        context.log.warning(context.service, text)
        return outcome
    return Outcome(CLASSES[dsn[0]], dsn, text.strip(), outcome.action)
