"""The commands that look at the queue and change it, with the mail system up and down.

What they print is what Postfix 3.7 prints for the same commands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for

SETTINGS = "default_transport = retry:not today\nfast_flush_domains = flush.test\n"
DOWN = "postqueue: warning: Mail system is down -- accessing queue directly\n"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance that defers all mail."""
    made = Instance(tmp_path_factory.mktemp("commands"), SETTINGS)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def queued(instance: Instance) -> Iterator[dict[str, str]]:
    """Four deferred messages: queue ids by sender."""
    for number in range(1, 5):
        assert instance.submit("-f", f"s{number}@x.test", "r@remote.test") == 0
    wait_for(lambda: sum(e["queue_name"] == "deferred" for e in instance.queue_entries()) == 4)
    yield {str(e["sender"])[:2]: str(e["queue_id"]) for e in instance.queue_entries()}
    instance.run("postsuper", "-d", "ALL")


def told(instance: Instance, command: str, *words: str, data: bytes = b"") -> list[str]:
    """What a command says on standard error, without its name."""
    done = instance.run(command, *words, data=data)
    lines = done.stderr.decode().split("\n")[:-1]
    return [line.removeprefix(f"{command}: ") for line in lines]


def places(instance: Instance) -> dict[str, str]:
    """The queue of each message, by sender."""
    return {str(e["sender"])[:2]: str(e["queue_name"]) for e in instance.queue_entries()}


def test_requests_are_carried_out_in_their_order(
    instance: Instance, queued: dict[str, str]
) -> None:
    """The counts come last, in an order of their own."""
    said = told(instance, "postsuper", "-h", queued["s1"], "-d", queued["s1"])
    assert said == [
        f"{queued['s1']}: placed on hold",
        f"{queued['s1']}: removed",
        "Deleted: 1 message",
        "Placed on hold: 1 message",
    ]
    said = told(instance, "postsuper", "-d", queued["s2"], "-h", queued["s2"])
    assert said == [f"{queued['s2']}: removed", "Deleted: 1 message", "Placed on hold: 0 messages"]


def test_standard_input_is_read_once(instance: Instance, queued: dict[str, str]) -> None:
    """The first request that reads it takes all ids; odd lines are warned about, ALL is an id there."""
    data = f"{queued['s1']}\nbad!\n\nALL\n-\n{queued['s2']}\n".encode()
    assert told(instance, "postsuper", "-h", "-", "-d", "-", data=data) == [
        f"{queued['s1']}: placed on hold",
        "warning: invalid mail queue id: bad!",
        "warning: invalid mail queue id: ",
        "warning: invalid mail queue id: -",
        f"{queued['s2']}: placed on hold",
        "Deleted: 0 messages",
        "Placed on hold: 2 messages",
    ]
    assert places(instance) == {"s1": "hold", "s2": "hold", "s3": "deferred", "s4": "deferred"}


def test_all_in_queues_that_are_named(instance: Instance, queued: dict[str, str]) -> None:
    """Names of the reference that have no counterpart are empty queues; others are errors."""
    assert told(instance, "postsuper", "-h", queued["s1"])[-1] == "Placed on hold: 1 message"
    assert told(instance, "postsuper", "-d", "ALL", "hold", "bounce", "flush") == [
        "Deleted: 1 message"
    ]
    assert told(instance, "postsuper", "-d", queued["s2"], "hold") == ["Deleted: 0 messages"]
    assert told(instance, "postsuper", "-d", "ALL", "nonsense") == [
        "fatal: invalid directory name: nonsense"
    ]
    assert told(instance, "postsuper", "-h", "ALL", "-H", "ALL") == [
        "Placed on hold: 3 messages",
        "Released from hold: 3 messages",
    ]
    assert sorted(places(instance)) == ["s2", "s3", "s4"]


def test_a_message_expires_once(instance: Instance, queued: dict[str, str]) -> None:
    """-f also releases, and counts only what it changed."""
    instance.run("postsuper", "-h", queued["s1"])
    instance.run("postsuper", "-e", queued["s1"])
    assert told(instance, "postsuper", "-e", queued["s1"], "-f", queued["s1"]) == [
        f"{queued['s1']}: released from hold",
        "Force-expired: 0 messages",
        "Released from hold: 1 message",
    ]


def test_all_are_requeued_once(instance: Instance, queued: dict[str, str]) -> None:
    """Though pickup brings them back at once, under new ids."""
    assert told(instance, "postsuper", "-h", queued["s1"], "-r", "ALL") == [
        f"{queued['s1']}: placed on hold",
        "Requeued: 4 messages",
        "Placed on hold: 1 message",
    ]
    wait_for(lambda: places(instance) == dict.fromkeys(("s1", "s2", "s3", "s4"), "deferred"))
    now = {str(entry["queue_id"]) for entry in instance.queue_entries()}
    assert now.isdisjoint(queued.values())


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["-i", "ABCDEF0123"], 0, ""),
        (["-i", "b!"], 69, 'fatal: Cannot flush queue ID - invalid name: "b!"'),
        (["-s", "flush.test"], 0, ""),
        (["-s", "sub.FLUSH.test"], 0, ""),
        (["-s", "a.test"], 69, 'fatal: Flush service is not configured for destination "a.test"'),
        (["-s", "[192.0.2.7]"], 69, "fatal: Flush service is not configured for destination "),
        (["-s", "192.0.2.7"], 69, 'fatal: Cannot flush mail queue - invalid destination: "192.'),
        (["-s", "[192.0.2.777]"], 69, "fatal: Cannot flush mail queue - invalid destination: "),
        (["-s", "[flush.test]"], 69, "fatal: Cannot flush mail queue - invalid destination: "),
        (["-s", ".flush.test"], 69, "fatal: Cannot flush mail queue - invalid destination: "),
        (["-s", "-"], 69, 'fatal: Cannot flush mail queue - invalid destination: "-"'),
        (["-f", "-p"], 69, "fatal: usage: postqueue -f | postqueue -i queueid"),
        (["-f", "x"], 69, "fatal: usage: postqueue -f | postqueue -i queueid"),
        ([], 69, "fatal: usage: postqueue -f | postqueue -i queueid"),
    ],
)
def test_what_postqueue_says(instance: Instance, words: list[str], status: int, said: str) -> None:
    """An unknown id is no error; names are checked before the list of domains."""
    done = instance.run("postqueue", *words)
    assert done.returncode == status
    assert done.stderr.decode().removeprefix("postqueue: ").startswith(said)


def test_postcat_finds_messages_by_the_name_of_a_file(
    instance: Instance, queued: dict[str, str]
) -> None:
    """Where the reference would have it; any other file is none, which is no failure."""
    instance.run("postsuper", "-h", queued["s1"])
    path = f"{instance.queue}/hold/{queued['s1']}"
    done = instance.run("postcat", "-h", path)
    assert b"\nSubject: test\n" in done.stdout
    other = instance.run("postcat", f"{instance.queue}/deferred/{queued['s1']}")
    assert (other.returncode, b"No such file" in other.stderr) == (1, True)
    none = instance.run("postcat", "/etc/passwd")
    assert none.returncode == 0
    assert none.stderr == b"postcat: warning: /etc/passwd: input is not a valid queue file\n"
    several = instance.run("postcat", "-bq", queued["s1"], queued["s2"])
    assert several.stdout == b"\nbody\n" * 2


def test_postkick_tells_what_cannot_be_looked_up(instance: Instance) -> None:
    """A service that has nothing to do on request is none of these."""
    assert instance.run("postkick", "public", "qmgr", "A").returncode == 0
    assert instance.run("postkick", "public", "cleanup", "A").returncode == 0
    done = instance.run("postkick", "other", "qmgr", "A")
    assert done.returncode == 1
    assert done.stderr.decode().split("\n")[0] == (
        "postkick: warning: unable to look up other/qmgr: No such file or directory"
    )


def test_a_report_is_asked_for_without_reading_the_input(instance: Instance) -> None:
    """sendmail -bv; the message that is queued names the recipients."""
    done = instance.run("sendmail", "-bv", "-f", "bob", "a@x.test", data=b"not read")
    assert done.stdout == b"Mail Delivery Status Report will be mailed to <bob>.\n"
    done = instance.run("sendmail", "-v", "-f", "Bob <b@x.test>", "a@x.test", data=b"\n")
    assert done.stdout == b"Mail Delivery Status Report will be mailed to <b@x.test>.\n"
    instance.run("postsuper", "-d", "ALL")


def test_a_long_address_is_refused(instance: Instance) -> None:
    """line_length_limit, by octets; the words are those of the programs that the reference would run."""
    assert instance.submit("a" * 2048) == 0
    done = instance.run("sendmail", "a" * 2049, data=b"x\n")
    lines = done.stderr.decode().split("\n")
    assert done.returncode == 75
    assert lines[0] == "postdrop: warning: stdin: illegal length 2049, record type 82"
    assert lines[1].endswith("malformed input")
    assert lines[2].endswith("): queue file write error")
    instance.run("postsuper", "-d", "ALL")


def test_with_the_mail_system_down(tmp_path: Path) -> None:
    """Messages in maildrop are listed, shown and deleted, and nothing else is done to them."""
    instance = Instance(tmp_path, SETTINGS)
    instance.start()
    instance.stop()
    assert instance.submit("-f", "d1", "alice") == 0
    assert instance.submit("-f", "d2", "alice") == 0
    done = instance.run("postqueue", "-j")
    assert done.stderr.decode() == DOWN
    entries = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    ids = {entry["sender"]: entry["queue_id"] for entry in entries}
    assert {entry["queue_name"] for entry in entries} == {"maildrop"}
    for words in (["-h", "ALL"], ["-h", ids["d1"]], ["-h", "ALL", "maildrop"]):
        assert told(instance, "postsuper", *words) == ["Placed on hold: 0 messages"]
    assert told(instance, "postsuper", "-e", "ALL") == ["Force-expired: 0 messages"]
    assert told(instance, "postsuper", "-r", "ALL") == ["Requeued: 0 messages"]
    assert instance.run("postcat", "-bhq", ids["d1"]).stdout == b"Subject: test\n\nbody\n"
    assert b"\nrecipient: alice\n" in instance.run("postcat", "-eq", ids["d1"]).stdout
    assert told(instance, "postsuper", "-d", ids["d1"], "-d", "ABCDEF0123") == [
        f"{ids['d1']}: removed",
        "Deleted: 1 message",
    ]
    assert told(instance, "postsuper", "-d", "ALL", "deferred") == ["Deleted: 0 messages"]
    assert told(instance, "postsuper", "-d", "ALL") == ["Deleted: 1 message"]
    assert instance.run("mailq").stdout == b"Mail queue is empty\n"
    flush = told(instance, "postqueue", "-i", "ABCDEF0123")
    assert flush == ["fatal: Cannot flush mail queue - mail system is down"]


def test_before_the_queue_was_made(tmp_path: Path) -> None:
    """The owner of an instance sees an empty queue."""
    instance = Instance(tmp_path)
    done = instance.run("mailq")
    assert (done.returncode, done.stdout) == (0, b"Mail queue is empty\n")
