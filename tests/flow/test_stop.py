"""postfix stop beside deliveries: what ends in time is recorded, so nothing is delivered again after the next start."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.support.instance import Instance, wait_for
from tests.support.smtp_sink import SmtpSink

Make = Callable[..., Instance]
THINKS = 1.0  # seconds


class SlowSink(SmtpSink):
    """Says when it has a whole message and is about to think."""

    def __init__(self) -> None:
        self.has_message = threading.Event()
        super().__init__()

    @property
    def delay(self) -> float:
        """Asked for when the message is there."""
        self.has_message.set()
        return THINKS

    @delay.setter
    def delay(self, seconds: float) -> None:
        """As it is."""


def test_a_delivery_that_ends_while_the_system_stops_is_not_repeated(make_instance: Make) -> None:
    """The server takes the message after the stop was asked for."""
    with SlowSink() as sink:
        instance = make_instance(f"default_transport = smtp\nrelayhost = [127.0.0.1]:{sink.port}")
        instance.start()
        assert instance.submit("x@away.test", text="Subject: m1\n\nbody of m1\n") == 0
        assert sink.has_message.wait(30)
        assert instance.run("postfix", "stop").returncode == 0
        assert "status=sent" in instance.log_text()
        instance.start()
        wait_for(instance.is_queue_empty)
        assert len(sink.copies) == 1


def test_a_command_that_ends_while_the_system_stops_is_not_repeated(make_instance: Make) -> None:
    """The same for local(8)."""
    instance = make_instance("command_execution_directory = /")
    ran, aliases = instance.directory / "ran", instance.config / "aliases"
    ran.write_text("")
    ran.chmod(0o666)
    for directory in (ran.parent, ran.parent.parent):
        directory.chmod(0o755)
    aliases.write_text(f'slow "|echo began >>{ran}; sleep {THINKS}; cat >/dev/null"\n')
    instance.configure(f"alias_maps = texthash:{aliases}")
    instance.start()
    assert instance.submit("slow") == 0
    wait_for(lambda: ran.read_text())
    assert instance.run("postfix", "stop").returncode == 0
    instance.start()
    wait_for(instance.is_queue_empty)
    assert ran.read_text() == "began\n"


def test_results_that_are_not_written_yet_survive_the_stop(make_instance: Make) -> None:
    """One recipient is done, another one still waits for its server, when the stop is asked for."""
    with SlowSink() as sink:
        instance = make_instance(f"default_transport = smtp\nrelayhost = [127.0.0.1]:{sink.port}")
        instance.start()
        text = "Subject: m1\n\nbody of m1\n"
        assert instance.submit(instance.user, "x@away.test", text=text) == 0
        assert sink.has_message.wait(30)
        wait_for(instance.delivered)
        assert instance.run("postfix", "stop").returncode == 0
        instance.start()
        wait_for(instance.is_queue_empty)
        assert (len(sink.copies), len(instance.delivered())) == (1, 1)
