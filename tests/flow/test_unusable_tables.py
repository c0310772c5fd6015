"""Tables and values that cannot be used: mail waits or is refused for now, the log says why, a reload mends it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]

REASON = "unsupported dictionary type: nosuch"


def set_aliases(instance: Instance, value: str) -> None:
    """Edit virtual_alias_maps, and have the running mail system use it."""
    set_parameter(instance, f"virtual_alias_maps = {value}")


def set_parameter(instance: Instance, setting: str) -> None:
    """Edit main.cf, and have the running mail system use it."""
    assert instance.run("postconf", "-e", setting).returncode == 0
    assert instance.run("postfix", "reload").returncode == 0


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("virtual_alias_maps = nosuch:/table", REASON),
        ("virtual_alias_maps = fail:all", "virtual_alias_maps map lookup problem"),
        ("canonical_classes = no_class", 'fatal: unknown canonical_classes value "no_class"'),
    ],
)
@pytest.mark.parametrize("size", [10, 200_000])
def test_a_submission_waits_for_a_usable_table(
    make_instance: Make, setting: str, reason: str, size: int
) -> None:
    """sendmail ends well, the message waits in the maildrop and is listed, and the log says why; nothing of it is lost."""
    instance = make_instance()
    instance.start()
    set_parameter(instance, setting)
    body = "line\n" * (size // 5)
    done = instance.run("sendmail", "-t", data=f"To: {instance.user}\n\n{body}".encode())
    assert (done.returncode, done.stderr) == (0, b"")
    wait_for(lambda: reason in instance.log_text())
    assert [entry["queue_name"] for entry in instance.queue_entries()] == ["maildrop"]
    set_parameter(instance, setting.split("=")[0] + "=")
    wait_for(instance.delivered)
    assert instance.delivered()[0].endswith(body.encode())
    wait_for(instance.is_queue_empty)
    assert f"uid={os.getuid()} from=<{instance.user}" in instance.log_text()


def test_each_submission_tries_what_waits_again(make_instance: Make) -> None:
    """A message that waits for a table is looked at when another one comes, not only when pickup looks by itself."""
    instance = make_instance(
        "virtual_alias_maps = inline:{{free@localhost=free@else.test}} fail:all\n"
    )
    instance.start()
    assert instance.submit("some@localhost") == 0
    warning = "map lookup problem for some@localhost"
    wait_for(lambda: instance.log_text().count(warning) == 2)
    assert instance.submit("-f", "", "free@localhost") == 0
    wait_for(lambda: instance.log_text().count(warning) == 3)


@pytest.mark.parametrize("table", ["nosuch:/table", "hash:/nonexistent/table"])
def test_mail_in_the_maildrop_waits_for_a_usable_table(make_instance: Make, table: str) -> None:
    """What was left while the daemon was down is neither lost nor forgotten."""
    instance = make_instance("daemon_autostart = no\n")
    instance.start()
    instance.stop()
    assert instance.run("postconf", "-e", f"virtual_alias_maps = {table}").returncode == 0
    assert instance.submit(instance.user) == 0
    before = len(instance.log_text())
    instance.start()
    wait_for(
        lambda: (
            "virtual_alias_maps" in instance.log_text()[before:] or REASON in instance.log_text()
        )
    )
    assert len(list((instance.queue / "maildrop").iterdir())) == 1
    set_aliases(instance, "")
    wait_for(instance.delivered)


def test_a_bad_interval_does_not_end_the_retries(make_instance: Make) -> None:
    """queue_run_delay = 5q is complained about, the old value stays, and deferred mail is tried again."""
    instance = make_instance(
        "queue_run_delay = 1s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 1s\n"
        "default_transport = retry:4.3.0 later\n"
    )
    instance.start()
    assert instance.submit("x@else.test") == 0
    instance.run("postconf", "-e", "queue_run_delay = 5q")
    instance.run("postfix", "reload")
    wait_for(lambda: "parameter queue_run_delay: bad time value or unit: 5q" in instance.log_text())
    assert "panic" not in instance.log_text()
    tried = instance.log_text().count("status=deferred")
    wait_for(lambda: instance.log_text().count("status=deferred") > tried + 1)
    instance.stop()
    assert instance.run("postfix", "start").returncode == 1
