"""S29, S30: what promises TLS is never kept by sending in the clear.

There is no TLS, so there are no tickets and no DANE: every parameter that asks for more than opportunistic TLS makes the client
wait. Expected texts come from the reference.
"""

from __future__ import annotations

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.delivery.smtp.tls_level import Level, TlsPolicies
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import Status
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from tests.support.client_run import Client, ListSink, make_request
from tests.support.scripted_server import EXTENSIONS, ScriptedServer

OFFERING = (*EXTENSIONS, "STARTTLS")
STRICT = ("encrypt", "verify", "secure", "fingerprint")
NOT_OFFERED = "TLS is required, but was not offered by host 127.0.0.1[127.0.0.1]"
NO_ENGINE = "TLS is required, but our TLS engine is unavailable"
MISCONFIGURED = "client TLS configuration problem"


def attempt(extensions: tuple[str, ...], **settings: str) -> tuple[Status, str, str, list[str]]:
    """(status, dsn, text, what the server took) of one message."""
    with ScriptedServer(extensions=extensions) as server:
        values = {
            name: text.replace("SITE", f"[127.0.0.1]:{server.port}")
            for name, text in settings.items()
        }
        (result,) = Client(values).deliver(make_request(server))
        mails = [c for c in server.commands if c.startswith(("MAIL", "DATA", "STARTTLS"))]
    return result.status, result.dsn, result.text, mails


@pytest.mark.parametrize(
    "settings",
    [
        *({"smtp_tls_security_level": level} for level in STRICT),
        {"smtp_tls_security_level": "may", "smtp_tls_policy_maps": "static:encrypt"},
        {"smtp_tls_policy_maps": "inline:{ {SITE=secure match=nexthop} }"},
        {"smtp_enforce_tls": "yes"},
        {"smtp_enforce_tls": "yes", "smtp_tls_enforce_peername": "no"},
        {"smtp_tls_per_site": "inline:{ {SITE=MUST} }"},
        {"smtp_tls_per_site": "inline:{ {127.0.0.1=MUST_NOPEERMATCH} {SITE=NONE} }"},
    ],
    ids=str,
)
def test_s29_mandatory_tls_defers(settings: dict[str, str]) -> None:
    """Whether the server offers it or not: no envelope and no content goes out."""
    assert attempt(EXTENSIONS, **settings) == (Status.DEFERRED, "4.7.4", NOT_OFFERED, [])
    assert attempt(OFFERING, **settings) == (Status.DEFERRED, "4.7.5", NO_ENGINE, [])


@pytest.mark.parametrize(
    "settings",
    [
        {"smtp_tls_security_level": "dane-only"},
        {"smtp_tls_policy_maps": "static:sometimes"},
        {"smtp_tls_policy_maps": "static:{encrypt colour=red}"},
        {"smtp_tls_policy_maps": "static:{encrypt match}"},
        {"smtp_tls_policy_maps": "fail:1"},
        {"smtp_tls_per_site": "static:MUSTY"},
        {"smtp_tls_per_site": "fail:1"},
    ],
    ids=str,
)
def test_s29_what_cannot_be_understood_defers(settings: dict[str, str]) -> None:
    """The server is not even spoken to."""
    assert attempt(OFFERING, **settings) == (Status.DEFERRED, "4.7.5", MISCONFIGURED, [])


def test_s29_an_unknown_level_ends_the_service() -> None:
    """As the reference: a fatal error, and mail waits."""
    with pytest.raises(ConfigError, match='Invalid TLS level "strongest"'):
        Client({"smtp_tls_security_level": "strongest"})


@pytest.mark.parametrize(
    ("level", "dsn", "text"),
    [
        ("may", "4.3.0", "server unavailable or unable to receive mail"),
        ("encrypt", "4.7.5", NO_ENGINE),
    ],
)
def test_s29_wrapped_connections_are_not_opened(level: str, dsn: str, text: str) -> None:
    """smtp_tls_wrappermode: TLS from the first octet."""
    settings = {"smtp_tls_security_level": level, "smtp_tls_wrappermode": "yes"}
    assert attempt(OFFERING, **settings) == (Status.DEFERRED, dsn, text, [])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"smtp_tls_security_level": "none"},
        {"smtp_tls_security_level": "may"},
        {"smtp_use_tls": "yes"},
        {"smtp_tls_security_level": "dane"},
        {"smtp_tls_security_level": "encrypt", "smtp_tls_policy_maps": "inline:{ {SITE=none} }"},
        {"smtp_enforce_tls": "yes", "smtp_tls_security_level": "may"},
    ],
    ids=str,
)
def test_opportunistic_levels_send(settings: dict[str, str]) -> None:
    """Nothing was promised, so mail goes out; STARTTLS is not said."""
    status, _, _, mails = attempt(OFFERING, **settings)
    assert (status, [mail[:4] for mail in mails]) == (Status.SENT, ["MAIL", "DATA"])


@pytest.mark.parametrize(
    ("nexthop", "level"),
    [
        ("a.b.example.test", Level.SECURE),
        ("example.test", Level.MAY),
        ("[a.example.test]", Level.MAY),
        ("a.example.test:26", Level.MAY),
        ("example.test, a.example.test", Level.SECURE),
    ],
)
def test_policies_are_found_for_parent_domains(nexthop: str, level: Level) -> None:
    """With a dot before them, and only for plain domains; of several next hops the strictest counts."""
    maps = "inline:{ {.example.test=secure} }"
    config = Config(
        "/nonexistent", {"smtp_tls_policy_maps": maps, "smtp_tls_security_level": "may"}
    )
    clock = SystemClock()
    log = MailLog(ListSink(), "postfix", "client.test", clock)
    aliases = MapList(config, "", "alias_maps")
    context = AgentContext("smtp", config, log, clock, BlockingWaiter(), aliases)
    asked = TlsPolicies(context, "smtp").level(nexthop, Endpoint("h.test", "192.0.2.1", 25))
    assert drive(asked) is level


def test_lmtp_has_levels_of_its_own() -> None:
    """lmtp_tls_security_level, not that of SMTP."""
    for name, status in (("lmtp", Status.DEFERRED), ("smtp", Status.SENT)):
        with ScriptedServer(is_lmtp=True) as server:
            client = Client({f"{name}_tls_security_level": "encrypt"}, is_lmtp=True)
            request = make_request(f"inet:127.0.0.1:{server.port}", service="lmtp")
            (result,) = client.deliver(request)
        assert result.status is status
