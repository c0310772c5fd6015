"""S17: expansions and forwarding come to an end, and each person gets a message once."""

from __future__ import annotations

import os
import pwd
import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.system import SystemInstance

Make = Callable[..., Instance]
MakeSystem = Callable[..., SystemInstance]
HOP = "Received: from x by y; Mon, 1 Jan 2024 00:00:00 +0000\n"
LOOP = "bounced (mail forwarding loop for {})"


def with_aliases(instance: Instance, *entries: str) -> None:
    """Give it aliases, in a table without a file."""
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(f"alias_maps = inline:{{ {' '.join(f'{{ {e} }}' for e in entries)} }}\n")


def statuses(instance: Instance) -> list[str]:
    """``status=`` with its text of each delivery so far."""
    return [
        line.partition(" status=")[2]
        for line in instance.log_text().split("\n")
        if " status=" in line
    ]


def send(instance: Instance, recipient: str, text: str = "Subject: x\n\nx\n") -> None:
    """A message without a sender; returns when it has left the queue."""
    assert instance.submit("-f", "", recipient, text=text) == 0
    wait_for(lambda: " status=" in instance.log_text())
    wait_for(instance.is_queue_empty)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_s17_aliases_in_a_circle(make_instance: Make, depth: int) -> None:
    """The 25th alias is the last."""
    instance = make_instance()
    with_aliases(instance, *(f"a{n} = a{(n + 1) % depth}" for n in range(depth)))
    instance.start()
    send(instance, "a0")
    assert statuses(instance) == [f"bounced (alias database loop for a{25 % depth})"]


def test_s17_an_alias_of_many_circles_takes_no_exponential_time(make_instance: Make) -> None:
    """Every way through the circles would be 3**25 deliveries; each address is tried once on each level."""
    instance = make_instance()
    with_aliases(instance, "a = b, c, d", "b = a, c, d", "c = a, b, d", f"d = a, {instance.user}")
    instance.start()
    send(instance, "a")
    assert sorted(statuses(instance)) == [
        *(
            f"bounced (alias database loop for {name})"
            for name in sorted(["a", "b", "c", "d", instance.user])
        ),
        "sent (delivered to maildir)",
    ]


def test_s17_files_that_include_themselves_and_each_other(make_instance: Make, place: Path) -> None:
    """Each file is read once."""
    instance = make_instance("recipient_delimiter = +")
    place.chmod(0o711)
    for name, other in (("one", "two"), ("two", "one"), ("self", "self")):
        text = f":include:{place}/{other}\n{instance.user}+{name}\n"
        (place / name).write_text(text)
    with_aliases(instance, f"list = :include:{place}/one, :include:{place}/self")
    instance.start()
    send(instance, "list")
    assert len(instance.delivered()) == 3


def test_s17_a_list_that_is_a_member_of_itself(make_instance: Make, place: Path) -> None:
    """Delivered-To: of the copy names it."""
    instance = make_instance()
    place.chmod(0o711)
    (place / "members").write_text(f"list\n{instance.user}\n")
    with_aliases(instance, f"list = :include:{place}/members")
    instance.start()
    send(instance, "list")
    assert len(instance.delivered()) == 1
    assert LOOP.format("list@mail.example.test") in statuses(instance)


def test_s17_users_who_forward_to_each_other(make_system: MakeSystem) -> None:
    """The second copy is returned: its Delivered-To: headers tell where it has been."""
    instance = make_system()
    forwards = instance.directory / "forwards"
    forwards.mkdir(mode=0o755)
    for name, other in (("games", "lp"), ("lp", "games"), ("man", "man")):
        path = forwards / name
        path.write_text(f"{other}\n")
        os.chown(path, pwd.getpwnam(name).pw_uid, 0)
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(f"forward_path = {forwards}/$user\n")
    instance.start()
    send(instance, "games")
    assert statuses(instance)[-1] == LOOP.format("games@mail.example.test")
    send(instance, "man")
    assert statuses(instance)[-1].startswith(
        "bounced (maildir delivery failed"
    )  # no Maildir, no loop


def test_s17_too_many_hops(make_instance: Make) -> None:
    """hopcount_limit (50), for sendmail and over SMTP."""
    instance = make_instance()
    instance.start()
    send(instance, instance.user, HOP * 51 + "Subject: x\n\nx\n")
    assert statuses(instance) == ["bounced (too many hops)"]
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("", instance.user, HOP * 51 + "Subject: x\n\nx\n")
        assert refused.value.args == (554, b"5.4.0 Error: too many hops")
    assert instance.delivered() == []


def test_s17_files_come_to_an_end_beyond_the_limit_of_the_filter(
    make_instance: Make, place: Path
) -> None:
    """Each of 40 files includes the next one twice: 2**40 ways, once duplicate_filter_limit addresses are known."""
    instance = make_instance("duplicate_filter_limit = 3\nrecipient_delimiter = +")
    place.chmod(0o711)
    user = instance.user
    for number in range(40):
        following = f":include:{place}/f{number + 1}\n"
        (place / f"f{number}").write_text(following * 2)
    (place / "f40").write_text(f"{user}+last\n")
    (place / "first").write_text(f"{user}+a\n{user}+b\n{user}+c\n{user}+d\n:include:{place}/f0\n")
    with_aliases(instance, f"list = :include:{place}/first")
    instance.start()
    send(instance, "list")
    assert len(instance.delivered()) == 5
