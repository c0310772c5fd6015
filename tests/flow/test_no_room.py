"""Content that cannot be written for a while: what was delivered is not delivered again, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
QUICK = "minimal_backoff_time = 1s\nmaximal_backoff_time = 1s\nqueue_run_delay = 1s\n"
# what the message has in the environment of the queue, and what is made of it only in a file
ALMOST_A_FILE = "Subject: big\n\n" + ("x" * 79 + "\n") * 199


@contextmanager
def no_room(instance: Instance) -> Iterator[None]:
    """No file can be made in the directory of contents."""
    content, away = instance.queue / "content", instance.queue / "away"
    content.rename(away)
    content.touch()
    yield
    content.unlink()
    away.rename(content)


def big_ones(instance: Instance) -> list[bytes]:
    """Deliveries of the message itself."""
    return [m for m in instance.delivered() if b"\nSubject: big\n" in m.partition(b"\n\n")[0]]


def test_results_are_kept_while_a_notice_cannot_be_made(make_instance: Make) -> None:
    instance = make_instance(QUICK)
    instance.start()
    with no_room(instance):
        user = instance.user
        assert instance.submit("-f", user, user, "nobody-1", text=ALMOST_A_FILE) == 0
        wait_for(lambda: instance.log_text().count(": cannot finish: ") >= 2)
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 2)
    assert len(big_ones(instance)) == 1


def with_list(make_instance: Make, settings: str) -> Instance:
    """An instance with a list that has the user as its only member, who gets a copy."""
    instance = make_instance(QUICK + settings)
    (instance.directory / "members").write_text(f"{instance.user}\n")
    instance.directory.parent.chmod(0o711)
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(
            f"alias_maps = inline:{{ {{ list = :include:{instance.directory}/members }} }}\n"
        )
    return instance


def test_a_copy_waits_for_room(make_instance: Make) -> None:
    """The message is not removed before its copy is stored."""
    instance = with_list(make_instance, "")
    instance.start()
    with no_room(instance):
        assert instance.submit("-f", instance.user, "list", text=ALMOST_A_FILE) == 0
        wait_for(lambda: ": forwarded copy of " in instance.log_text())
        assert len(instance.queue_entries()) == 1
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(big_ones(instance)) == 1)


def test_a_copy_that_is_too_big_is_returned(make_instance: Make) -> None:
    """With its new headers it exceeds message_size_limit: its sender hears of it."""
    instance = with_list(make_instance, "message_size_limit = 2000\nbounce_size_limit = 100\n")
    instance.start()
    text = "Subject: big\n\n" + ("x" * 79 + "\n") * 23
    assert instance.submit("-f", instance.user, "list", text=text) == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 1)
    assert b"\nStatus: 5.3.4\n" in instance.delivered()[0]
    assert b"message file too big" in instance.delivered()[0]
