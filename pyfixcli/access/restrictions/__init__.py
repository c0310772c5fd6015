"""The restrictions by name, one file for each kind."""

from __future__ import annotations

from types import MappingProxyType

from pyfixcli.access.facts import Subject
from pyfixcli.access.restriction import Restriction
from pyfixcli.access.restrictions import client, data, etrn, generic, helo, recipient, relay, sender

RESTRICTIONS: MappingProxyType[str, Restriction] = MappingProxyType(
    {
        **generic.TABLE,
        **client.TABLE,
        **helo.TABLE,
        **sender.TABLE,
        **relay.TABLE,
        **recipient.TABLE,
        **data.TABLE,
        **etrn.TABLE,
    }
)

# A bare maptype:mapname in a list is searched for what the list is about.
TABLE_RESTRICTIONS: MappingProxyType[Subject, Restriction] = MappingProxyType(
    {
        Subject.CLIENT: client.TABLE["check_client_access"],
        Subject.HELO: helo.TABLE["check_helo_access"],
        Subject.SENDER: sender.TABLE["check_sender_access"],
        Subject.RECIPIENT: recipient.TABLE["check_recipient_access"],
        Subject.ETRN: etrn.TABLE["check_etrn_access"],
    }
)
