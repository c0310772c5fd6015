"""Which security a server must offer before it gets mail (postconf(5): smtp_tls_security_level, smtp_tls_policy_maps).

There is no TLS yet, so this only decides whether mail may go out in the clear. What promises more is deferred, never sent.

Bugs: ``dane`` counts as ``may``, since TLSA records are not looked up.
"""

from __future__ import annotations

import enum

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext, Outcome, deferred
from pyfixcli.delivery.smtp.nexthop import split_nexthops
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

MISCONFIGURED = deferred("4.7.5", "client TLS configuration problem")
NO_SERVER = deferred("4.3.0", "server unavailable or unable to receive mail")
NO_ENGINE = deferred("4.7.5", "TLS is required, but our TLS engine is unavailable")
ATTRIBUTES = (
    "ciphers",
    "connection_reuse",
    "exclude",
    "match",
    "protocols",
    "servername",
    "tafile",
)


class Level(enum.IntEnum):
    """The levels in order of increasing security."""

    NONE = 0
    MAY = 1
    ENCRYPT = 2
    DANE = 3
    DANE_ONLY = 4
    FINGERPRINT = 5
    VERIFY = 6
    SECURE = 7


def _spelled(level: Level) -> str:
    return level.name.lower().replace("_", "-")


LEVELS = {_spelled(level): level for level in Level}
PER_SITE = {
    "NONE": Level.NONE,
    "MAY": Level.MAY,
    "MUST_NOPEERMATCH": Level.ENCRYPT,
    "MUST": Level.VERIFY,
}
WITHOUT_PROMISE = (Level.NONE, Level.MAY, Level.DANE)


class Misconfigured(Exception):
    """A policy that cannot be understood; ``warnings`` say why."""

    def __init__(self, warnings: tuple[str, ...]) -> None:
        super().__init__(warnings)
        self.warnings = warnings


class TlsPolicies:
    """The policies of one service. ``prefix`` is that of its parameters, smtp or lmtp; ConfigError for an unknown level."""

    def __init__(self, context: AgentContext, prefix: str) -> None:
        self._context = context
        self._prefix = prefix
        config = context.config
        self._main = _main_level(config, prefix)
        self._is_wrapped = config.boolean(f"{prefix}_tls_wrappermode", False)
        self._policies = self._table("policy_maps")
        self._sites = self._table("per_site")

    def _table(self, name: str) -> MapList:
        full = f"{self._prefix}_tls_{name}"
        return MapList(self._context.config, self._context.config.text(full), full)

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)

    async def level(self, nexthop: str, endpoint: Endpoint) -> Level | Outcome:
        """What a server of this next hop must offer; an Outcome when it must not even be spoken to."""
        levels = []
        for name in split_nexthops(nexthop):
            site = name.removeprefix("inet:").removeprefix("unix:")
            try:
                levels.append(await self._find(site, endpoint))
            except Misconfigured as problem:
                text = f"TLS policy lookup for {site}/{endpoint.name}: {MISCONFIGURED.text}"
                for line in (*problem.warnings, text):
                    self._warn(line)
                return MISCONFIGURED
        level = max(levels, default=self._main)
        return self._wrapped(level) if self._is_wrapped else level

    def _wrapped(self, level: Level) -> Outcome:
        """smtp_tls_wrappermode: TLS from the first octet on."""
        if level >= Level.ENCRYPT:
            return NO_ENGINE
        name = f"{self._prefix}_tls_"
        self._warn(f'{name}wrappermode requires "{name}security_level = encrypt" (or stronger)')
        return NO_SERVER

    async def _find(self, site: str, endpoint: Endpoint) -> Level:
        level = self._main
        if self._policies:
            found = await self._lookup_policy(site)
            level = self._main if found is None else self._parse(site, found)
        elif self._sites:
            level = await self._find_site(site, endpoint)
        complaint = f"{site}: {_spelled(level)} configured with dnssec lookups disabled"
        if level is Level.DANE_ONLY:
            raise Misconfigured((complaint,))
        if level is Level.DANE:
            self._warn(complaint)
        return level

    # -- smtp_tls_policy_maps ------------------------------------------------------------

    async def _lookup_policy(self, site: str) -> str | None:
        """For the next hop as it is, then for the domains above a plain one, with a dot before them."""
        names = [site]
        if not site.startswith("[") and ":" not in site:
            labels = site.split(".")
            names += ["." + ".".join(labels[n:]) for n in range(1, len(labels))]
        for name in names:
            try:
                found = await self._policies.find(name, self._context.waiter)
            except TableFailure as failure:
                text = f"{_where(self._prefix, site)}policy table lookup error"
                table = str(failure).partition("table ")[2].partition(": ")[0]
                raise Misconfigured((f'{table} lookup error for "{name}"', text)) from failure
            if found is not None:
                return found
        return None

    def _parse(self, site: str, policy: str) -> Level:
        where = _where(self._prefix, site)
        word, *attributes = policy.replace(",", " ").split() or [""]
        level = LEVELS.get(word.lower())
        if level is None:
            raise Misconfigured((f'{where}invalid security level "{word}"',))
        for attribute in attributes:
            if level is Level.NONE:
                self._warn(f'{where}ignoring attribute "{attribute}" with TLS disabled')
                continue
            name, equals, _ = attribute.partition("=")
            if not equals:
                raise Misconfigured((f'{where}malformed attribute/value pair "{attribute}"',))
            if name not in ATTRIBUTES:
                raise Misconfigured((f'{where}invalid attribute name: "{name}"',))
        return level

    # -- smtp_tls_per_site -----------------------------------------------------------------

    async def _find_site(self, site: str, endpoint: Endpoint) -> Level:
        """The strictest of what is said about the next hop and the host."""
        found = []
        for name, kind in ((site, "next-hop destination"), (endpoint.name, "host")):
            try:
                policy = await self._sites.find(name, self._context.waiter)
            except TableFailure as failure:
                raise Misconfigured((str(failure),)) from failure
            if policy is None:
                continue
            level = PER_SITE.get(policy.strip().upper())
            if level is None:
                text = (
                    f"{self._prefix}_tls_per_site: unknown TLS policy '{policy}' for {kind} {name}"
                )
                raise Misconfigured((text,))
            found.append(level)
        return max(found, default=self._main)


def judge_offers(level: Level, offers: dict[str, str], endpoint: Endpoint) -> Outcome | None:
    """Why a server with these EHLO keywords gets no mail; None: it gets it in the clear."""
    if level in WITHOUT_PROMISE:
        return None
    if "STARTTLS" in offers:
        return NO_ENGINE
    return deferred("4.7.4", f"TLS is required, but was not offered by host {endpoint}")


def _where(prefix: str, site: str) -> str:
    return f'{prefix}_tls_policy_maps, next-hop destination "{site}": '


def _main_level(config: Config, prefix: str) -> Level:
    """smtp_tls_security_level, or what the obsolete parameters say where it is empty."""
    name = config.text(f"{prefix}_tls_security_level").strip()
    if name:
        level = LEVELS.get(name.lower())
        if level is None:
            raise ConfigError(f'Invalid TLS level "{name}"')
        return level
    if config.boolean(f"{prefix}_enforce_tls", False):
        is_named = config.boolean(f"{prefix}_tls_enforce_peername", True)
        return Level.VERIFY if is_named else Level.ENCRYPT
    return Level.MAY if config.boolean(f"{prefix}_use_tls", False) else Level.NONE
