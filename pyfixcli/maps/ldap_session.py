"""Connections of ldap: tables to their servers, through ldap3 (ldap_table(5)).

TLS is spoken with a context of our own, so that ``tls_require_cert`` means both the chain and the name. Referrals are followed
here, without the login, which is for the servers that the table names.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from functools import partial

import ldap3
from ldap3.core.exceptions import LDAPException

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.connection_pool import Refused
from pyfixcli.maps.ldap_search import NotThere, Query
from pyfixcli.maps.ldap_url import BadUrl, parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from ssl import SSLContext
    from typing import Any

    from pyfixcli.maps.database_source import DatabaseSource

BINDS = {"yes": "simple", "simple": "simple", "no": "none", "none": "none", "sasl": "sasl"}
ALIASES = (ldap3.DEREF_NEVER, ldap3.DEREF_SEARCH, ldap3.DEREF_BASE, ldap3.DEREF_ALWAYS)
MECHANISMS = ("EXTERNAL", "GSSAPI", "DIGEST-MD5", "PLAIN")
SUCCESS, REFERRAL, NO_SUCH_OBJECT = 0, 10, 32
VERSIONS = (2, 3)
HOPS = 5  # servers that one after the other say "ask there"
# what in_words would not make of the names of results
WORDS = {
    "invalidDNSyntax": "Invalid DN syntax",
    "insufficientAccessRights": "Insufficient access",
    "strongerAuthRequired": "Strong(er) authentication required",
    "busy": "Server is busy",
    "unavailable": "Server is unavailable",
    "unwillingToPerform": "Server is unwilling to perform",
    "other": "Other (e.g., implementation specific) error",
}


@dataclass(frozen=True, slots=True)
class Login:
    """How servers are spoken to."""

    source: str  # the name of the settings
    timeout: int
    version: int
    bind: str
    dn: str
    password: str
    mechanism: str
    credentials: tuple[str | None, ...] | str
    aliases: str
    follows_referrals: bool
    starts_tls: bool
    tls: SSLContext

    def of_nobody(self) -> Login:
        """The same without a name and a password."""
        return replace(self, bind="simple", dn="", password="")


def read_login(source: DatabaseSource, warn: Callable[[str], None]) -> Login:
    """The settings for servers; ConfigError."""
    wanted = source.text("bind", "yes", is_needed=True)
    bind = BINDS.get(wanted.lower())
    if bind is None:
        raise ConfigError(f"{source.name}: unsupported parameter value: bind = {wanted}")
    dn, password = source.text("bind_dn"), source.text("bind_pw")
    mechanism = _mechanism(source) if bind == "sasl" else ""
    return Login(
        source=source.name,
        timeout=source.number("timeout", 10, 1),
        version=_version(source, warn),
        bind=bind,
        dn=dn,
        password=password,
        mechanism=mechanism,
        credentials=_credentials(source, mechanism, dn, password),
        aliases=_aliases(source, warn),
        follows_referrals=_follows_referrals(source),
        starts_tls=source.boolean("start_tls", False),
        tls=_tls(source),
    )


def _version(source: DatabaseSource, warn: Callable[[str], None]) -> int:
    version = source.number("version", VERSIONS[-1], VERSIONS[0])
    if version not in VERSIONS:
        warn(f"dict_ldap_open: {source.name} Unknown version {version}, using 3.")
        return VERSIONS[-1]
    return version


def _aliases(source: DatabaseSource, warn: Callable[[str], None]) -> str:
    text = source.text("dereference", "0")
    number = source.number("dereference", 0)
    if number >= len(ALIASES) or text.startswith("-"):
        unknown = f"Unrecognized value {text} specified for dereference"
        warn(f"dict_ldap_open: {source.name} {unknown}; using 0")
        number = 0
    return str(ALIASES[number])


def _follows_referrals(source: DatabaseSource) -> bool:
    """Numbers are what the documentation of the setting has, words what the reference takes."""
    numbers = {"0": False, "1": True}
    text = source.text("chase_referrals")
    return numbers[text] if text in numbers else source.boolean("chase_referrals", False)


def _mechanism(source: DatabaseSource) -> str:
    wanted = [word.upper() for word in source.words("sasl_mechs")] or list(MECHANISMS[:1])
    found = next((word for word in wanted if word in MECHANISMS), "")
    if not found:
        raise ConfigError(f"{source.name}: no mechanism in sasl_mechs is known: {' '.join(wanted)}")
    if source.number("sasl_minssf", 0) > 0:
        raise ConfigError(f"{source.name}: sasl_minssf: use TLS instead of layers of SASL")
    return found


def _credentials(
    source: DatabaseSource, mechanism: str, dn: str, password: str
) -> tuple[str | None, ...] | str:
    """What ldap3 wants for a mechanism."""
    authz = source.text("sasl_authz_id")
    if mechanism == "DIGEST-MD5":
        return (source.text("sasl_realm") or None, dn, password, authz or None)
    if mechanism == "PLAIN":
        return (authz or None, dn, password)
    return authz if mechanism == "EXTERNAL" else (None, authz or None)


def _tls(source: DatabaseSource) -> SSLContext:
    import ssl

    must_hold = source.boolean("tls_require_cert", False)
    files = source.text("tls_ca_cert_file") or None, source.text("tls_ca_cert_dir") or None
    try:
        context = ssl.create_default_context(cafile=files[0], capath=files[1])
        context.check_hostname = must_hold
        context.verify_mode = ssl.CERT_REQUIRED if must_hold else ssl.CERT_NONE
        if certificate := source.text("tls_cert"):
            context.load_cert_chain(certificate, source.text("tls_key") or None)
        if ciphers := source.text("tls_cipher_suite"):
            context.set_ciphers(ciphers)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{source.name}: cannot use the TLS settings: {error}") from error
    return context


class LdapSession:
    """A connection to a server; Refused when there is none."""

    def __init__(self, url: str, login: Login, deadline: float) -> None:
        self._url = url
        self._login = login
        limit = max(1, min(login.timeout, int(deadline - time.monotonic())))
        try:
            self._connection = self._open(limit)
        except (LDAPException, OSError, ValueError) as error:
            raise self._no_login(f"-1 (Can't contact LDAP server): {error}") from error
        try:
            self._log_in()
        except (LDAPException, OSError, ValueError) as error:
            self.close()
            raise self._no_login(str(error)) from error
        except BaseException:
            self.close()
            raise

    def _open(self, limit: int) -> Any:
        login = self._login
        tls = ldap3.Tls()
        tls.wrap_socket = partial(_wrap_socket, login.tls)
        server = ldap3.Server(
            parse_url(self._url).server,
            get_info=ldap3.NONE,
            tls=tls,
            connect_timeout=limit,
        )
        connection = ldap3.Connection(
            server,
            version=login.version,
            client_strategy=ldap3.SYNC,
            auto_referrals=False,
            check_names=False,
            receive_timeout=limit,
            return_empty_attributes=False,
            **self._authentication(),
        )
        connection.open(read_server_info=False)
        return connection

    def _authentication(self) -> dict[str, Any]:
        login = self._login
        if login.bind == "sasl":
            return {
                "authentication": ldap3.SASL,
                "sasl_mechanism": login.mechanism,
                "sasl_credentials": login.credentials,
            }
        if login.bind == "none" or not login.dn:
            return {"authentication": ldap3.ANONYMOUS}
        return {"authentication": ldap3.SIMPLE, "user": login.dn, "password": login.password}

    def _log_in(self) -> None:
        connection, login = self._connection, self._login
        if login.starts_tls and not connection.start_tls(read_server_info=False):
            raise ValueError(f"STARTTLS: {connection.last_error}")
        if login.bind != "none" and not connection.bind(read_server_info=False):
            raise ValueError(in_words(connection.result, "%d (%s)"))

    def search(
        self, query: Query, size_limit: int, deadline: float, hops: int = HOPS
    ) -> list[Mapping[str, Sequence[bytes]]]:
        """As Directory.search."""
        left = max(1, min(self._login.timeout, int(deadline - time.monotonic())))
        try:
            self._connection.search(
                query.base,
                query.filter,
                search_scope=query.scope,
                dereference_aliases=self._login.aliases,
                attributes=list(query.names) or [ldap3.NO_ATTRIBUTES],
                size_limit=size_limit,
                time_limit=left,
            )
        except (LDAPException, OSError) as error:
            is_lost = bool(self._connection.closed) or not _is_about_the_query(error)
            raise self._refusal(str(error), is_lost) from error
        result, answers = self._connection.result, self._connection.response or ()
        entries = [a["raw_attributes"] for a in answers if a.get("type") == "searchResEntry"]
        places = [a["uri"] for a in answers if a.get("type") == "searchResRef"]
        if result["result"] == REFERRAL and self._login.follows_referrals:
            return self._ask_elsewhere(result["referrals"] or (), query, size_limit, deadline, hops)
        if result["result"] == NO_SUCH_OBJECT:
            why = f"Search base '{query.base}' not found: {in_words(result)}"
            raise NotThere(f"dict_ldap_lookup: {self._login.source}: {why}", is_lost=False)
        if result["result"] != SUCCESS:
            raise self._refusal(in_words(result), is_lost=False)
        for urls in places if self._login.follows_referrals else ():
            entries += self._ask_elsewhere(urls, query, size_limit, deadline, hops)
        return entries

    def _ask_elsewhere(
        self, urls: Sequence[str], query: Query, size_limit: int, deadline: float, hops: int
    ) -> list[Mapping[str, Sequence[bytes]]]:
        """What the first server that answers has for a part of the search; it does not get the login."""
        why = self._refusal("97: Referral Limit Exceeded", is_lost=False)
        for text in urls if hops else ():
            if time.monotonic() >= deadline:  # servers that name each other are asked without end
                raise self._refusal("-5: Timed out", is_lost=False)
            try:
                url = parse_url(text)
                session = LdapSession(url.server, self._login.of_nobody(), deadline)
            except (Refused, BadUrl) as error:
                why = self._refusal(str(error), is_lost=False)
                continue
            asked = query._replace(
                base=url.base or query.base,
                scope=url.scope or query.scope,
                filter=url.filter or query.filter,
            )
            try:
                return session.search(asked, size_limit, deadline, hops - 1)
            finally:
                session.close()
        raise why

    def _refusal(self, why: str, is_lost: bool) -> Refused:
        return Refused(f"dict_ldap_lookup: Search error {why}", is_lost)

    def _no_login(self, why: str) -> Refused:
        dn = self._login.dn or "empty or implicit"
        where = f"Unable to bind to server {self._url} with dn {dn}"
        return Refused(f"dict_ldap_connect: {where}: {why}")

    def close(self) -> None:
        """Hang up."""
        try:
            self._connection.unbind()
        except (LDAPException, OSError):
            pass  # it is gone already


def _wrap_socket(context: SSLContext, connection: Any, do_handshake: bool = False) -> None:
    """What ldap3 calls to begin TLS in a connection."""
    connection.socket = context.wrap_socket(
        connection.socket,
        server_hostname=connection.server.host,
        do_handshake_on_connect=do_handshake,
    )


def in_words(result: Mapping[str, Any], form: str = "%d: %s") -> str:
    """The code of a result, and its name as OpenLDAP words it."""
    name = result["description"] or ""
    words = re.sub("([A-Z])", lambda found: " " + found[1].lower(), name).capitalize()
    return form % (result["result"], WORDS.get(name, words))


def _is_about_the_query(error: Exception) -> bool:
    """Whether the connection can still be used after an exception."""
    from ldap3.core import exceptions

    wrong = (
        exceptions.LDAPInvalidFilterError,
        exceptions.LDAPInvalidDnError,
        exceptions.LDAPInvalidScopeError,
        exceptions.LDAPAttributeError,
    )
    return isinstance(error, wrong)
