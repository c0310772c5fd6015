"""ldap: tables against a real server; expected values are what the reference answers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.connection_pool import Refused
from pyfixcli.maps.ldap_search import NotThere, Query
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure
from tests.support import database_servers
from tests.support.database_servers import PASSWORD, Slapd
from tests.support.instance import free_port
from tests.support.table_server import SILENCE, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
ENTRIES = """\
dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: cn=ann,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: ann
sn: Lee
mail: ann@example.com
mail: ann.lee@example.com
description: box-ann

dn: cn=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: bob
sn: O(*)\\'b
userPassword: bob's
mail: bob@example.com
uid: terminal-bob

dn: cn=list,ou=groups,dc=example,dc=com
objectClass: groupOfNames
objectClass: extensibleObject
cn: list
mail: list@example.com
description: extra@example.net
member: cn=ann,ou=people,dc=example,dc=com
member: cn=bob,ou=people,dc=example,dc=com
member: cn=gone,ou=people,dc=example,dc=com

dn: cn=urls,ou=groups,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: urls
sn: urls
mail: urls@example.com
labeledURI: ldap:///ou=people,dc=example,dc=com??sub?(mail=*@example.com)

dn: cn=some,ou=groups,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: some
sn: some
mail: some@example.com
labeledURI: ldap:///ou=people,dc=example,dc=com?Mail,telephoneNumber?one?(cn=%61nn)

dn: cn=nothing,ou=groups,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: nothing
sn: none
mail: nothing@example.com
labeledURI: ldap:///ou=people,dc=example,dc=com?sn,*?sub?(mail=*)

dn: cn=tag,ou=groups,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: tag
sn: tag
mail: tag@example.com
labeledURI: ldap:///cn=tags,ou=people,dc=example,dc=com?description;lang-de

dn: cn=bad,ou=groups,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: bad
sn: bad
mail: bad@example.com
labeledURI: ldap:///ou=people,dc=example,dc=com?mail?deep?(cn=*)

dn: cn=tags,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: tags
sn: tags
description: plain
description;lang-de: deutsch

dn: cn=ref,ou=groups,dc=example,dc=com
objectClass: referral
objectClass: extensibleObject
cn: ref
ref: {elsewhere}/cn=ann,ou=people,dc=example,dc=com

dn: cn=loop,ou=groups,dc=example,dc=com
objectClass: groupOfNames
objectClass: extensibleObject
cn: loop
mail: loop@example.com
member: cn=loop,ou=groups,dc=example,dc=com
"""
GROUPS = {
    "result_attribute": "description",
    "special_result_attribute": "member, labeledURI",
    "leaf_result_attribute": "mail",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    """A directory with ENTRIES, one of which is said to be elsewhere: on another port of the same server."""
    if reason := database_servers.missing("slapd"):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="pf") as name:
        Path(name).chmod(0o755)
        directory = Path(name) / "s"
        elsewhere = f"ldapi://{str(directory / 'ipc').replace('/', '%2F')}"
        slapd = Slapd(directory, ENTRIES.replace("{elsewhere}", elsewhere))
        with database_servers.running(slapd) as started:
            yield started


MakeTable = Callable[..., Table]


@pytest.fixture
def table(server: Slapd, tmp_path: Path) -> Iterator[MakeTable]:
    """Opens a table with these settings besides the place."""
    made = []

    def make(**settings: object) -> Table:
        usual = {
            "server_host": f"ldap://127.0.0.1:{server.port}",
            "search_base": "dc=example, dc=com",
            "query_filter": "(mail=%s)",
            "result_attribute": "mail",
        }
        path = tmp_path / f"{len(made)}.cf"
        path.write_text("".join(f"{n} = {v}\n" for n, v in {**usual, **settings}.items()))
        made.append(open_table(f"ldap:{path}", CONFIG))
        return made[-1]

    yield make
    for opened in made:
        opened.close()


def test_values(table: MakeTable) -> None:
    """All values of the attributes, in the order of the entry."""
    opened = table(result_attribute="mail, description")
    assert opened.get("ann@example.com") == "ann@example.com,ann.lee@example.com,box-ann"
    assert opened.get("none@example.com") is None


def test_a_filter_without_parentheses(table: MakeTable) -> None:
    """As many settings have it."""
    assert (
        table(query_filter="cn=%u", result_format="%s (%D)").get("bob@b") == "bob@example.com (b)"
    )


def test_settings_under_older_names(table: MakeTable) -> None:
    """result_filter; host and port apart."""
    opened = table(result_filter="<%s>", bind="no")
    assert opened.get("bob@example.com") == "<bob@example.com>"


def test_a_search_base_of_parts(table: MakeTable) -> None:
    """Where a key leads nowhere, nothing is found."""
    opened = table(search_base="cn=%u,ou=people,dc=example,dc=com", scope="base")
    assert opened.get("bob@example.com") == "bob@example.com"
    assert opened.get("x,ou=people@example.com") is None


@pytest.mark.parametrize(
    "key", ["*", "b*", "*)(uid=*", ")(mail=*", "\\2a", "k" * 10_000, "(", "a\0b"]
)
def test_s22_a_key_stays_a_key(table: MakeTable, key: str) -> None:
    """It is no part of the filter."""
    assert table(query_filter="(|(cn=%s)(mail=%s))").get(key) is None


def test_s22_a_key_that_is_no_utf8_is_not_found(table: MakeTable) -> None:
    """Where such keys are asked for: its octets are quoted."""
    config = Config("/nowhere", {"compatibility_level": "3.7", "smtputf8_enable": "no"})
    name = table(query_filter="(cn=%s)").name
    assert open_table(name, config).get("a\udcffb") is None
    name = table(search_base="cn=%s,ou=people,dc=example,dc=com").name
    assert open_table(name, config).get("a\udcffb") is None


def test_s22_special_characters_are_asked_for(table: MakeTable) -> None:
    """As they are."""
    assert table(query_filter="(sn=%s)", result_attribute="cn").get("O(*)\\'b") == "bob"


@pytest.mark.parametrize(
    "key", ["x,ou=people", "x\\", 'x"', "x+y=z", "x;y", "x<y>", "#x", " x", "x ", "x=y"]
)
def test_s22_a_key_stays_a_key_in_a_search_base(table: MakeTable, key: str) -> None:
    """Not found, and no failure."""
    assert table(search_base="cn=%s,ou=people,dc=example,dc=com").get(key) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ann@example.com", "ann@example.com,ann.lee@example.com,box-ann"),
        (
            "list@example.com",
            "extra@example.net,ann@example.com,ann.lee@example.com,box-ann,bob@example.com",
        ),
        ("urls@example.com", "ann@example.com,ann.lee@example.com,box-ann,bob@example.com"),
    ],
)
def test_groups(table: MakeTable, key: str, value: str) -> None:
    """Members by name and by URL; leaf attributes only of those that have no members."""
    assert table(**GROUPS).get(key) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("some@example.com", "ann@example.com,ann.lee@example.com"),
        ("nothing@example.com", None),
        ("tag@example.com", "deutsch"),
    ],
)
def test_a_url_selects_attributes(table: MakeTable, key: str, value: str | None) -> None:
    """Of those that the table has; an option on one side will do."""
    assert table(**GROUPS).get(key) == value


def test_a_bad_url_is_a_failure(table: MakeTable) -> None:
    """The members of a group are not known then."""
    with pytest.raises(TableFailure, match="malformed URL ldap:///"):
        table(**GROUPS).get("bad@example.com")


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("description", "plain,deutsch"),
        ("Description;lang-DE", "deutsch"),
        ("description;lang-fr", None),
    ],
)
def test_attributes_with_options(table: MakeTable, asked: str, value: str | None) -> None:
    """A name without options has those with them."""
    assert table(query_filter="(cn=%s)", result_attribute=asked).get("tags") == value


def test_referrals(table: MakeTable) -> None:
    """Those in the middle of an answer, and instead of one, are followed when that is set; else the first is passed over."""
    ann = "ann@example.com,ann.lee@example.com"
    where = {"query_filter": "(cn=%s)", "search_base": "cn=ref,ou=groups,dc=example,dc=com"}
    assert table(query_filter="(cn=%s)", chase_referrals="yes").get("ann") == f"{ann},{ann}"
    assert table(query_filter="(cn=%s)").get("ann") == ann
    assert table(**where, chase_referrals="yes").get("ann") == ann
    with pytest.raises(TableFailure, match="10: Referral"):
        table(**where).get("ann")


def test_referrals_are_followed_within_the_time_of_a_lookup(
    table: MakeTable, server: Slapd
) -> None:
    """What it lacks then is not known."""
    from pyfixcli.maps.ldap_session import LdapSession, read_login

    login = read_login(table(chase_referrals="yes").source, pytest.fail)  # type: ignore[attr-defined]
    now = time.monotonic()
    session = LdapSession(f"ldap://127.0.0.1:{server.port}", login, now + 10)
    query = Query("dc=example,dc=com", "(cn=ann)", "SUBTREE", ["mail"])
    assert len(session.search(query, 10, now + 10)) == 2
    with pytest.raises(Refused, match="Timed out") as caught:
        session.search(query, 10, now)
    session.close()
    assert not isinstance(caught.value, NotThere)


def test_a_member_that_is_gone_is_passed_over(table: MakeTable) -> None:
    """With a warning."""
    opened = table(**GROUPS)
    opened.get("list@example.com")
    gone = "cn=gone,ou=people,dc=example,dc=com"
    assert opened.take_warnings() == [
        f"dict_ldap_get_values[1]: DN {gone} not found, skipping",
        "dict_ldap_lookup: Had some trouble with entries returned by search: No such object",
    ]


def test_terminal_attributes(table: MakeTable) -> None:
    """They are all that counts of an entry that has them."""
    opened = table(**GROUPS, terminal_result_attribute="uid")
    assert opened.get("bob@example.com") == "terminal-bob"
    assert str(opened.get("list@example.com")).endswith(",box-ann,terminal-bob")


def test_groups_that_contain_themselves(table: MakeTable) -> None:
    """A failure at recursion_limit."""
    opened = table(**GROUPS, recursion_limit=50)
    with pytest.raises(TableFailure, match="Recursion limit exceeded"):
        opened.get("loop@example.com")


def test_limits(table: MakeTable) -> None:
    """Of values, and of entries."""
    with pytest.raises(TableFailure, match="Expansion limit exceeded"):
        table(expansion_limit=1).get("ann@example.com")
    with pytest.raises(TableFailure, match="Size limit exceeded"):
        table(query_filter="(mail=*)", size_limit=1).get("x")


def test_logins(table: MakeTable) -> None:
    """With a password; a wrong one, or an empty one, is a failure."""
    dn = "cn=admin,dc=example,dc=com"
    assert table(bind_dn=dn, bind_pw=PASSWORD).get("bob@example.com") == "bob@example.com"
    for wrong in ("wrong", ""):
        with pytest.raises(TableFailure):
            table(bind_dn=dn, bind_pw=wrong).get("bob@example.com")


def test_a_login_by_the_uid_of_the_process(server: Slapd, table: MakeTable) -> None:
    """EXTERNAL, on a socket of this machine."""
    place = {"server_host": server.local_url(), "query_filter": "(cn=%s)", "bind": "SASL"}
    assert table(**place, sasl_mechs="EXTERNAL").get("bob") == "bob@example.com"
    with pytest.raises(TableFailure):
        table(bind="sasl", sasl_mechs="EXTERNAL").get("bob@example.com")


@pytest.mark.parametrize("mechanism", ["DIGEST-MD5", "PLAIN"])
def test_a_login_by_a_sasl_password(table: MakeTable, mechanism: str) -> None:
    """A wrong one is a failure."""
    login = {"bind": "sasl", "sasl_mechs": f"NOSUCH {mechanism}", "bind_dn": "bob"}
    opened = table(**login, bind_pw="bob's")
    assert opened.get("bob@example.com") == "bob@example.com"
    with pytest.raises(TableFailure, match="49 .Invalid credentials"):
        table(**login, bind_pw="wrong").get("bob@example.com")


def test_a_wrong_filter_is_a_failure(table: MakeTable) -> None:
    """Each time."""
    opened = table(query_filter="(mail=%s")
    for _ in range(2):
        with pytest.raises(TableFailure):
            opened.get("x")


def test_a_base_that_is_not_there_is_a_failure(table: MakeTable) -> None:
    """It is a wrong setting, unless parts of the key are in it."""
    with pytest.raises(TableFailure, match="not found: 32: No such object"):
        table(search_base="dc=elsewhere").get("x")


def test_the_next_server_answers_when_one_is_down(server: Slapd, table: MakeTable) -> None:
    """Hosts and URLs."""
    hosts = f"127.0.0.1:{free_port()}, ldap://127.0.0.1:{server.port}"
    opened = table(server_host=hosts)
    assert [opened.get("bob@example.com") for _ in range(3)] == ["bob@example.com"] * 3


@pytest.mark.parametrize("form", ["ldap://{}/", "LDAP://{}", "ldap://{}/dc=x??sub?(cn=y)", "{}"])
def test_forms_of_a_server(server: Slapd, table: MakeTable, form: str) -> None:
    """What follows host and port in a URL says nothing about a search."""
    opened = table(server_host=form.format(f"127.0.0.1:{server.port}"), server_port=1)
    assert opened.get("bob@example.com") == "bob@example.com"


def test_a_server_that_is_down_is_a_failure(table: MakeTable) -> None:
    """Never "not found"."""
    opened = table(server_host="127.0.0.1", server_port=free_port())
    for _ in range(2):
        with pytest.raises(TableFailure):
            opened.get("none")


def test_a_silent_server_is_a_failure_in_time(table: MakeTable) -> None:
    """After timeout seconds."""
    with TableServer(lambda request: SILENCE) as silent:
        opened = table(server_host=f"127.0.0.1:{silent.port}", timeout=1)
        began = time.monotonic()
        with pytest.raises(TableFailure) as failed:
            opened.get("k")
    assert time.monotonic() - began < 10
    assert complaints(str(failed.value), "k")[0].startswith("dict_ldap_connect: ")


def test_bad_settings(table: MakeTable) -> None:
    """The table cannot be opened."""
    for wrong in ({"bind": "x"}, {"version": 1}, {"scope": ""}, {"tls_ca_cert_file": "/none"}):
        with pytest.raises(ConfigError):
            table(**wrong)


def test_questionable_settings_are_warned_about(table: MakeTable) -> None:
    """And the table works."""
    opened = table(scope="x", cache="yes", version=4, dereference=4)
    path = opened.name.removeprefix("ldap:")
    assert opened.get("bob@example.com") == "bob@example.com"
    assert opened.take_warnings() == [
        f"dict_ldap_open: {path} ignoring cache",
        f"dict_ldap_open: {path}: Unrecognized value x specified for scope; using sub",
        f"dict_ldap_open: {path} Unknown version 4, using 3.",
        f"dict_ldap_open: {path} Unrecognized value 4 specified for dereference; using 0",
    ]


def test_a_missing_library_is_named(table: MakeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it."""
    monkeypatch.setitem(__import__("sys").modules, "pyfixcli.maps.ldap_session", None)
    with pytest.raises(ConfigError, match=r"pip install pyfixcli\[ldap\]"):
        table()
