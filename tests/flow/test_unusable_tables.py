"""Tables and values that cannot be used: mail waits or is refused for now, the log says why, a reload mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]

REASON = "unsupported dictionary type: nosuch"


def set_aliases(instance: Instance, value: str) -> None:
    """Edit virtual_alias_maps, and have the running mail system use it."""
    assert instance.run("postconf", "-e", f"virtual_alias_maps = {value}").returncode == 0
    assert instance.run("postfix", "reload").returncode == 0


def test_a_submission_is_answered_and_the_reason_logged(make_instance: Make) -> None:
    """sendmail hears that it failed for now; before, it found the connection closed and nothing was logged."""
    instance = make_instance()
    instance.start()
    set_aliases(instance, "nosuch:/table")
    done = instance.run("sendmail", instance.user, data=b"Subject: n1\n\nbody\n")
    assert done.returncode == 75
    assert b"queue file write error" in done.stderr
    wait_for(lambda: REASON in instance.log_text())
    set_aliases(instance, "")
    assert instance.submit(instance.user) == 0
    wait_for(instance.delivered)


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
