"""S7: no address, extension or header reaches a shell.

Commands run for ``|command`` aliases, mailbox_command and its table, by a shell where they have something that only a
shell understands. What senders choose comes as arguments or in the environment, and is never part of a line.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
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
    "';{c};'",
    '";{c};"',
    "() {{ :;}}; {c}",
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
    "{user}+';{c};'",
    "{user}+() {{ :;}}; {c}",
    "{user}+../../{f}",
    "{user}+>{f}",
    "{user}+a b",
)
WAYS = {
    "aliases": 'alias_maps = inline:{{ {{ cmd = "|{r}; :" }}, {{ {user} = "|{r}; :" }} }}',
    "owner": (
        'alias_maps = inline:{{ {{ {user} = "|{r}", else }}, {{ owner-{user} = "|{r}; :" }} }}'
    ),
    "mailbox_command": "mailbox_command = {r} $EXTENSION $RECIPIENT $SENDER; :",
    "plain mailbox_command": "mailbox_command = {r}",
    "mailbox_command_maps": "mailbox_command_maps = static:{{{r} $EXTENSION; :}}",
    "directory": "mailbox_command = {r}\ncommand_execution_directory = {d}/$extension",
    "luser_relay": "luser_relay = $local\nmailbox_command = {r}",
    "luser_relay command": "luser_relay = |{c}\nmailbox_command = {r}",
    "forward_path": "forward_path = {d}/.forward$extension\nmailbox_command = {r}",
}
RUNNER = "#!/bin/sh\nenv -0 > {d}/ran.$$\nprintf '%s\\0' \"$@\" > {d}/args.$$\ncat > /dev/null\n"
KNOWN = ("EXTENSION", "SENDER", "RECIPIENT", "ORIGINAL_RECIPIENT", "LOCAL", "USER", "LOGNAME")


def open_directory(place: Path) -> Path:
    """A directory that commands can write to: in an instance of root they run as default_privs."""
    place.chmod(0o711)
    directory = place / "open"
    directory.mkdir()
    directory.chmod(0o777)
    return directory


@pytest.mark.parametrize("way", WAYS)
def test_s7_no_command_runs_but_the_configured_one(
    make_instance: Make, place: Path, way: str
) -> None:
    """A canary file never appears, whatever the sender, the recipient and the extension say."""
    instance = make_instance("maximal_queue_lifetime = 1d\nrecipient_delimiter = +")
    directory = open_directory(place)
    canary, runner = directory / "canary", directory / "runner"
    runner.write_text(RUNNER.format(d=directory))
    runner.chmod(0o755)
    command = f"touch {canary}"
    known = {"c": command, "r": runner, "d": directory, "user": instance.user}
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(WAYS[way].format(**known) + "\n")
    instance.start()
    known["f"] = str(canary).lstrip("/")
    texts = [shape.format(**known) for shape in SHAPES]
    for text in (*texts, "cmd"):
        instance.submit("-f", text, "--", instance.user, text, f"x{text}@else.test")
        instance.submit("-t", text=f"To: {text}\nSubject: {text}\n\n{text}\n")
    instance.submit(f"a\n{command}", "x")
    wait_for(lambda: all(e["queue_name"] == "deferred" for e in instance.queue_entries()), 60)
    instance.stop()
    assert not canary.exists() and not Path(f"/{canary}.lock").exists()
    assert "panic" not in instance.log_text()
    assert list(directory.glob("ran.*"))
    for path in directory.glob("ran.*"):
        assert_filtered(path.read_bytes())


def assert_filtered(environment: bytes) -> None:
    """Every value that a sender can choose has only characters of command_expansion_filter."""
    allowed = set(Config("/nonexistent", {}).command_expansion_filter)
    for entry in environment.decode("utf-8", "surrogateescape").split("\0"):
        name, _, value = entry.partition("=")
        if name in KNOWN:
            assert set(value) <= allowed, entry
