"""Restrictions about the client host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, NameStatus, Subject
from pyfixcli.access.restriction import PERMIT, Need, Outcome, Restriction, Table
from pyfixcli.access.restrictions.search import search
from pyfixcli.maps.table import TableFailure

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def permit_mynetworks(access: Access, case: Case, argument: str) -> Outcome:
    """Accept from mynetworks; a table in it that fails is a temporary failure."""
    try:
        return PERMIT if await access.is_trusted(case) else None
    except TableFailure as error:
        for line in str(error).split("\n"):
            access.refusals.warning(line)
        text = f"<{case.recipient or case.name}>: Temporary lookup failure"
        return access.refusals.refuse(case, 451, "4.3.0", text)


async def permit_inet_interfaces(access: Access, case: Case, argument: str) -> Outcome:
    """Accept from this host."""
    return PERMIT if case.client.address in access.own_addresses else None


async def permit_sasl_authenticated(access: Access, case: Case, argument: str) -> Outcome:
    """Accept from who authenticated: nobody can, where AUTH is not offered."""
    return None


async def check_client_access(access: Access, case: Case, argument: str) -> Outcome:
    """Name, parent domains, address and networks of the client in a table."""
    keys = access.tables.client_keys(case.client.name, case.client.address)
    return await search(access, case, argument, keys, "check_client_access")


async def check_address_map(access: Access, case: Case, argument: str) -> Outcome:
    """Accept when a table has the client's address (local_header_rewrite_clients)."""
    try:
        found = await access.tables.find(argument, access.tables.address_keys(case.client.address))
    except TableFailure as error:
        for line in str(error).split("\n"):
            access.refusals.warning(line)
        return None
    return None if found is None else PERMIT


async def check_reverse_client_hostname_access(
    access: Access, case: Case, argument: str
) -> Outcome:
    """The unverified name in a table."""
    keys = access.tables.client_keys(case.client.reverse_name, case.client.address)
    return await search(access, case, argument, keys, "check_reverse_client_hostname_access")


async def reject_unknown_client_hostname(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a client whose name does not lead back to its address (unknown_client_reject_code)."""
    status = case.client.status
    if status is NameStatus.OK:
        return None
    text = f"Client host rejected: cannot find your hostname, [{case.client.address}]"
    code = 450 if status is NameStatus.TEMPORARY else access.config.unknown_client_reject_code
    return access.refusals.refuse(case, code, "4.7.25", text)


async def reject_unknown_reverse_client_hostname(
    access: Access, case: Case, argument: str
) -> Outcome:
    """Refuse a client without a name in the DNS."""
    status = case.client.reverse_status
    if status is NameStatus.OK:
        return None
    text = f"Client host rejected: cannot find your reverse hostname, [{case.client.address}]"
    code = 450 if status is NameStatus.TEMPORARY else access.config.unknown_client_reject_code
    return access.refusals.refuse(case, code, "4.7.1", text)


TABLE: Table = {
    "permit_mynetworks": Restriction(permit_mynetworks, Subject.CLIENT),
    "permit_inet_interfaces": Restriction(permit_inet_interfaces, Subject.CLIENT),
    "permit_sasl_authenticated": Restriction(permit_sasl_authenticated, Subject.CLIENT),
    "check_client_access": Restriction(check_client_access, Subject.CLIENT, Need.TABLE, False),
    "check_address_map": Restriction(check_address_map, Subject.CLIENT, Need.TABLE, False),
    "check_reverse_client_hostname_access": Restriction(
        check_reverse_client_hostname_access, Subject.REVERSE_NAME, Need.TABLE, False
    ),
    "reject_unknown_client_hostname": Restriction(reject_unknown_client_hostname, Subject.CLIENT),
    "reject_unknown_reverse_client_hostname": Restriction(
        reject_unknown_reverse_client_hostname, Subject.CLIENT
    ),
}
TABLE["reject_unknown_client"] = TABLE["reject_unknown_client_hostname"]  # its old name
