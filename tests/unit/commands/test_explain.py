"""pyfix explain: what decides, in order, and what comes of it; expected values by hand from the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyfixcli.commands import pyfix

MAIN = """\
compatibility_level = 3.7
mail_owner = postfix
myhostname = mail.example.test
mydomain = example.test
mydestination = $myhostname, example.test
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
recipient_delimiter = +
alias_maps =
local_recipient_maps = inline:{{bob=x}}
relay_domains = relay.test
relayhost = [smart.example.test]
virtual_alias_domains = virt.test
virtual_alias_maps = texthash:@/virtual
sender_canonical_maps = pcre:@/sender
masquerade_domains = example.test
transport_maps = texthash:@/transport
"""
MASTER = """\
smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
"""
TABLES = {
    "virtual": "# who is who\ninfo@virt.test\n  ann+x@relay.test, moved@else.test\nround@virt.test none@nowhere.test\n"
    "one@virt.test two@virt.test\ntwo@virt.test one@virt.test\n",
    "sender": "/^other/ x@y.test\n/^(.*)@old\\.test$/ $1@new.test\n",
    "transport": "relay.test  smtp:[192.0.2.1]\nbad.test error:5.7.1 go away\nnone.test gone:\n",
}


class Asked:
    """What the command said about an address, and its exit status."""

    def __init__(self, directory: Path, capfd: pytest.CaptureFixture[str], *words: str) -> None:
        given = ["pyfix", "explain", "--json", "--config", str(directory), *words]
        self.status = pyfix.main(given)
        found = json.loads(capfd.readouterr().out)
        assert found["status"] == self.status
        self.sections = found["sections"]

    def events(self, title: str) -> list[dict[str, object]]:
        """The events of the first section of that title."""
        found: list[dict[str, object]] = self._section(title)["events"]  # type: ignore[assignment]
        return found

    def results(self, title: str) -> dict[str, str]:
        """The results of the first section of that title."""
        found: dict[str, str] = self._section(title)["results"]  # type: ignore[assignment]
        return found

    def _section(self, title: str) -> dict[str, object]:
        found: dict[str, object] = next(s for s in self.sections if s["title"] == title)
        return found


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A configuration with its tables."""
    (tmp_path / "main.cf").write_text(MAIN.replace("@", str(tmp_path)))
    (tmp_path / "master.cf").write_text(MASTER)
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_entry_has_file_and_line(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An entry of two lines is named by its first, comments counted."""
    asked = Asked(directory, capfd, "info@virt.test")
    found = next(e for e in asked.events("envelope") if e.get("value"))
    assert found["parameter"] == "virtual_alias_maps"
    assert found["place"] == f"{directory}/virtual:2"


def test_aliases_become_recipients(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each recipient that an alias stands for has a route of its own."""
    asked = Asked(directory, capfd, "info@virt.test")
    assert asked.results("envelope") == {
        "sender": "<>",
        "recipient 1": "ann+x@relay.test",
        "recipient 2": "moved@else.test",
    }
    titles = [section["title"] for section in asked.sections]
    assert titles == ["envelope", "route", "delivery", "route", "delivery"]
    assert asked.status == 0


def test_transport_entry_stands_over_the_class(
    directory: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """relay_domains gives the class, transport_maps transport and next hop."""
    asked = Asked(directory, capfd, "ann@relay.test")
    assert asked.results("route") == {
        "recipient": "ann@relay.test",
        "address class": "relay",
        "transport": "smtp",
        "next hop": "[192.0.2.1]",
    }
    settings = [e["parameter"] for e in asked.events("route") if e["event"] == "setting"]
    assert settings == ["relay_domains", "relay_transport", "relayhost"]


def test_keys_that_were_not_found(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """JSON has each key of transport(5) that was asked for, in its order."""
    asked = Asked(directory, capfd, "ann+x@relay.test")
    keys = [
        (e["key"], e["value"])
        for e in asked.events("route")
        if e.get("parameter") == "transport_maps"
    ]
    assert keys == [
        ("ann+x@relay.test", None),
        ("ann@relay.test", None),
        ("relay.test", "smtp:[192.0.2.1]"),
    ]


def test_pattern_has_its_line(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The second rule of a pattern table rewrites the sender."""
    asked = Asked(directory, capfd, "ann@relay.test", "--sender", "me@old.test")
    found = next(e for e in asked.events("envelope") if e.get("value"))
    assert found["value"] == "me@new.test"
    assert found["place"] == f"{directory}/sender:2"
    assert asked.results("envelope")["sender"] == "me@new.test"


def test_masquerading_is_for_senders(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """masquerade_classes leaves envelope recipients out by default."""
    asked = Asked(directory, capfd, "bob@mail.example.test", "-s", "bob@mail.example.test")
    results = asked.results("envelope")
    assert (results["sender"], results["recipient 1"]) == (
        "bob@example.test",
        "bob@mail.example.test",
    )


def test_steps_of_the_sender(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Completed, then masqueraded: each step names its address before and after."""
    asked = Asked(directory, capfd, "ann@relay.test", "-s", "bob")
    steps = [(e["name"], e["before"], e["after"]) for e in asked.events("envelope") if "name" in e]
    assert steps == [
        ("trivial-rewrite", "bob", ["bob@mail.example.test"]),
        ("masquerade_domains", "bob@mail.example.test", ["bob@example.test"]),
    ]


def test_refused_recipient(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An error transport is undeliverable, with its own code: EX_UNAVAILABLE."""
    asked = Asked(directory, capfd, "u@bad.test")
    assert asked.results("delivery")["outcome"] == "u@bad.test: undeliverable (5.7.1 go away)"
    assert asked.status == 69


def test_unknown_virtual_alias(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A domain of aliases only has nobody else."""
    asked = Asked(directory, capfd, "nobody@virt.test")
    assert asked.results("route")["address class"] == "virtual alias"
    assert asked.results("route")["transport"] == "error"
    assert asked.status == 69


def test_transport_that_is_not_there(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a line in master.cf mail waits: EX_TEMPFAIL."""
    asked = Asked(directory, capfd, "u@none.test")
    assert asked.results("delivery")["problem"] == "mail transport unavailable: gone"
    assert asked.status == 75


def test_table_that_fails(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A table that cannot be read is not taken for one without the key."""
    (directory / "transport").unlink()
    asked = Asked(directory, capfd, "u@far.test")
    assert asked.results("route")["problem"] == "4.3.0 address resolver failure"
    remarks = [e["text"] for e in asked.events("route") if e["event"] == "remark"]
    assert any("texthash:" in str(text) for text in remarks)
    assert asked.status == 75


@pytest.mark.parametrize(
    ("client", "reply", "status"),
    [
        ("127.0.0.1", "accepted", 0),
        ("192.0.2.1", "454 4.7.1 <u@far.test>: Relay access denied", 75),
    ],
)
def test_client(
    directory: Path, capfd: pytest.CaptureFixture[str], client: str, reply: str, status: int
) -> None:
    """Strangers do not relay: smtpd_relay_restrictions with its default."""
    asked = Asked(directory, capfd, "u@far.test", "--client", client)
    assert asked.results("restrictions")["smtpd"] == reply
    assert asked.status == status


def test_network_has_its_line(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An access table of networks: the rule that refuses the client."""
    (directory / "clients").write_text("192.0.2.0/25 OK\n# bad ones\n192.0.2.128/25 REJECT no\n")
    with (directory / "main.cf").open("a") as file:
        file.write(f"smtpd_client_restrictions = check_client_access cidr:{directory}/clients\n")
    asked = Asked(directory, capfd, "ann@relay.test", "--client", "192.0.2.200")
    found = next(e for e in asked.events("restrictions") if e.get("value"))
    assert (found["key"], found["place"]) == ("192.0.2.200", f"{directory}/clients:3")
    assert asked.results("restrictions")["smtpd"].startswith("554 5.7.1 ")
    assert asked.status == 69


def test_restriction_that_needs_the_dns(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is not judged, and the rest is explained all the same."""
    with (directory / "main.cf").open("a") as file:
        file.write("smtpd_sender_restrictions = reject_unknown_sender_domain\n")
    words = ("ann@relay.test", "--client", "192.0.2.1", "-s", "a@far.test")
    asked = Asked(directory, capfd, *words)
    assert asked.results("restrictions")["smtpd"].startswith("cannot be told: needs the DNS: ")
    assert asked.results("route")["transport"] == "smtp"
    assert asked.status == 75


def test_text_shows_what_was_found(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without --verbose keys that no table has are left out."""
    assert pyfix.main(["pyfix", "explain", "-c", str(directory), "u@bad.test"]) == 69
    brief = capfd.readouterr().out
    assert f"bad.test -> error:5.7.1 go away ({directory}/transport:2)" in brief
    assert "not found" not in brief
    pyfix.main(["pyfix", "explain", "-v", "-c", str(directory), "u@bad.test"])
    assert "u@bad.test -> not found" in capfd.readouterr().out


def test_no_address(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two addresses are not one: EX_USAGE."""
    assert pyfix.main(["pyfix", "explain", "-c", str(directory), "a@b.test, c@d.test"]) == 64
    assert "not an address" in capfd.readouterr().err


def test_aliases_in_a_circle_are_shown_once(
    directory: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """However often the mail system asks the table before it gives up."""
    asked = Asked(directory, capfd, "one@virt.test")
    found = [event["key"] for event in asked.events("envelope") if event.get("value")]
    assert found == ["one@virt.test", "two@virt.test"]
    (warning,) = [event["text"] for event in asked.events("envelope") if "text" in event]
    assert "unreasonable virtual_alias_maps map nesting" in str(warning)
    assert asked.status == 75


@pytest.mark.parametrize("client", ["garbage", "host[garbage]", "[192.0.2]", "1.2.3.4.5", "a[b"])
def test_no_client(directory: Path, capfd: pytest.CaptureFixture[str], client: str) -> None:
    words = ["pyfix", "explain", "-c", str(directory), "--client", client, "bob"]
    assert pyfix.main(words) == 64
    assert capfd.readouterr().err == f"pyfix: fatal: not a client: {client}\n"


@pytest.mark.parametrize("client", ["192.0.2.1", "[192.0.2.1]", "unknown[192.0.2.1]"])
def test_client_without_a_name(
    directory: Path, capfd: pytest.CaptureFixture[str], client: str
) -> None:
    """Also as the log writes it."""
    with (directory / "main.cf").open("a") as file:
        file.write("smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n")
    asked = Asked(directory, capfd, "bob@example.test", "--client", client)
    text = "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]"
    assert asked.results("restrictions")["smtpd"] == text
