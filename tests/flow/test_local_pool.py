"""Deliveries that take long get processes of their own."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
HELD_UP = 6


def test_commands_that_take_long_hold_up_nobody(make_instance: Make) -> None:
    """More of them than there are processes; these end again when they are not needed."""
    instance = make_instance("max_idle = 1s\ncommand_execution_directory = /")
    flag, aliases = instance.directory / "flag", instance.config / "aliases"
    command = f'"|while [ ! -e {flag} ]; do sleep 0.1; done"'
    names = [f"slow{number}" for number in range(HELD_UP)]
    aliases.write_text("".join(f"{name} {command}\n" for name in names))
    for directory in (
        flag.parent,
        flag.parent.parent,
    ):  # run by root, the commands are of default_privs
        directory.chmod(0o755)
    instance.configure(f"alias_maps = texthash:{aliases}")
    instance.start()
    assert instance.roles().count("local") == 4
    for name in names:
        assert instance.submit(name) == 0
    assert instance.submit(instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)
    wait_for(lambda: instance.roles().count("local") == 4 + HELD_UP)
    assert len(instance.queue_entries()) == HELD_UP
    flag.touch()
    wait_for(instance.is_queue_empty)
    wait_for(lambda: instance.roles().count("local") == 4)
