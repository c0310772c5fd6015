"""pyfix explain beside the daemon: what it says is what sendmail -bv reports, and what postmap -q finds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for

SETTINGS = """\
mydomain = example.test
recipient_delimiter = +
default_transport = discard:silently
relay_domains = relay.test
virtual_alias_domains = virt.test
virtual_alias_maps = lmdb:{0}/virtual
canonical_maps = texthash:{0}/canonical
transport_maps = texthash:{0}/transport
recipient_bcc_maps = inline:{{{{copied@far.test=archive@far.test}}}}
local_recipient_maps =
"""
TABLES = {
    "virtual": "info@virt.test a@far.test, b+x@relay.test\n@all.test someone\nmail@virt.test {user}\n",
    "canonical": "old@far.test new@else.test\n",
    "transport": "else.test error:5.7.1 no more\nrelay.test discard:relayed\nfar.test retry:4.7.0 later\n",
}
QUESTIONS = ("info@virt.test", "who@all.test", "old@far.test", "copied@far.test", "mail@virt.test")
LINE = re.compile(r": to=<([^>]*)>.* dsn=([0-9.]+), status=(\S+) \((.*)\)$", re.MULTILINE)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance with tables of each kind."""
    directory = tmp_path_factory.mktemp("explain")
    made = Instance(directory, SETTINGS.format(directory))
    for name, text in TABLES.items():
        (directory / name).write_text(text.format(user=made.user))
    assert made.run("postmap", f"lmdb:{directory}/virtual").returncode == 0
    made.start()
    yield made
    made.stop()


def _explain(instance: Instance, address: str) -> list[dict[str, object]]:
    done = instance.run("pyfix", "explain", "--json", address)
    found: list[dict[str, object]] = json.loads(done.stdout)["sections"]
    return found


@pytest.mark.parametrize("address", QUESTIONS)
def test_as_sendmail_bv(instance: Instance, address: str) -> None:
    """Recipients, enhanced status codes and texts are those that the daemon logs for a probe."""
    before = len(instance.log_text())
    assert instance.run("sendmail", "-bv", address).returncode == 0
    expected = set()
    for section in _explain(instance, address):
        if section["title"] == "delivery":
            outcome = section["results"]["outcome"]  # type: ignore[index]
            whom, _, said = outcome.partition(": ")
            word, _, text = said.partition(" (")
            dsn, _, reason = text.removesuffix(")").partition(" ")
            expected.add((whom, dsn, word, reason))

    def logged() -> set[tuple[str, ...]]:
        text = instance.log_text()[before:]
        lines = (line for line in LINE.findall(text) if line[2] in ("deliverable", "undeliverable"))
        return set(lines)

    assert expected
    wait_for(lambda: len(logged()) >= len(expected))
    assert logged() == expected


@pytest.mark.parametrize("address", QUESTIONS)
def test_entries_are_those_of_postmap(instance: Instance, address: str) -> None:
    """Each lookup that is shown gives the same with postmap -q; its line has the value."""
    for section in _explain(instance, address):
        for event in section["events"]:  # type: ignore[attr-defined]
            if event["event"] != "lookup" or event["table"].startswith("unix:"):
                continue
            done = instance.run("postmap", "-q", event["key"], event["table"])
            assert (done.stdout.decode().rstrip("\n") or None) == event["value"]
            if event["place"]:
                path, _, line = event["place"].rpartition(":")
                text = Path(path).read_text().splitlines()[int(line) - 1]
                assert text == f"{event['key']} {event['value']}"
