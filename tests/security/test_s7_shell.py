"""S7: no address, extension or header reaches a shell.

This version runs no command for local users: ``|command`` aliases, mailbox_command and .forward files defer
the message (test_s7_pipe.py has pipe(8)). So the test says plainly that nothing runs; it has to stay true of the addresses once commands do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
SHAPES = (
    ";{c}",
    "x;{c};y",
    "|{c}",
    '"|{c}"',
    "|{c} @x",
    "$({c})",
    "`{c}`",
    "x\t{c}",
    "&{c}&",
    "x||{c}",
    "'{c}'",
    ">{f}",
    "/{f}",
    ":include:/{f}",
    "-X{f}",
    "${{IFS}}{c}",
    "a%0a{c}",
    "a\\n{c}",
    "{user}+;{c}",
    "{user}+$({c})",
    "{user}+|{c}",
    "{user}+`{c}`",
)
WAYS = {
    "aliases": "alias_maps = inline:{{ {{ cmd = |{c} }}, {{ file = /{f} }}, {{ inc = :include:/{f} }} }}",
    "mailbox_command": "mailbox_command = {c} $EXTENSION $RECIPIENT $SENDER",
    "mailbox_command_maps": "mailbox_command_maps = static:{{{c} $EXTENSION}}",
    "luser_relay": "luser_relay = |{c}",
}


@pytest.mark.parametrize("way", WAYS)
def test_s7_no_command_runs(make_instance: Make, way: str) -> None:
    """A canary file never appears, whatever the sender, the recipient and the extension say."""
    instance = make_instance("maximal_queue_lifetime = 1d")
    canary = instance.directory / "canary"
    command = f"touch {canary}"
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(WAYS[way].format(c=command, f=str(canary).lstrip("/")) + "\n")
    instance.start()
    texts = [
        shape.format(c=command, f=str(canary).lstrip("/"), user=instance.user) for shape in SHAPES
    ]
    for text in (*texts, "cmd", "file", "inc"):
        instance.submit("-f", text, "--", instance.user, text, f"x{text}@else.test")
        instance.submit("-t", text=f"To: {text}\nSubject: {text}\n\n{text}\n")
    instance.submit(f"a\n{command}", "x")
    wait_for(lambda: all(e["queue_name"] == "deferred" for e in instance.queue_entries()))
    instance.stop()
    assert not canary.exists() and not Path(f"/{canary}.lock").exists()
    assert "panic" not in instance.log_text()
