"""What never answers delays only what needs it (``tests/bench/isolation`` measures the rates)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.silence import (
    SilentNameServer,
    SilentTable,
    WaitingSession,
    has_mount_namespaces,
    start_with_resolver,
)
from tests.support.smtp_sink import SmtpLoad, SmtpSink

Make = Callable[..., Instance]
STUCK = 60
LIVELY = 100


def test_a_destination_that_never_answers_delays_only_its_own_mail(make_instance: Make) -> None:
    """More messages wait there than it is given connections; mail for another host flows."""
    with SmtpSink() as sink, SmtpSink(is_silent=True) as silent:
        instance = make_instance(
            f"mynetworks = 127.0.0.0/8\nsmtp_helo_timeout = 300s\ntransport_maps = inline:{{"
            f"{{silent.test=smtp:[127.0.0.1]:{silent.port}}},"
            f"{{away.test=smtp:[127.0.0.1]:{sink.port}}}}}\ndefault_transport = smtp"
        )
        instance.start()
        with SmtpLoad(instance, "x@silent.test", most=STUCK):
            pass
        with SmtpLoad(instance, "x@away.test", most=LIVELY) as load:
            pass
        wait_for(lambda: load.accepted <= {copy.subject for copy in sink.copies})
        assert len(instance.queue_entries()) >= STUCK


@pytest.mark.skipif(
    not has_mount_namespaces(), reason="needs root and mount namespaces: a resolv.conf of its own"
)
def test_a_name_server_that_never_answers_delays_only_who_asks_it(make_instance: Make) -> None:
    """Sessions whose sender's domain is asked for wait; others go on."""
    with SilentNameServer() as server:
        instance = make_instance(
            "mynetworks =\nsmtpd_sender_restrictions = reject_unknown_sender_domain\n"
            "relay_domains = localhost\nsmtpd_peername_lookup = no"
        )
        start_with_resolver(instance, server.address)
        waiting = [smtplib.SMTP("127.0.0.1", instance.port, timeout=60) for _ in range(40)]
        for client in waiting:
            client.ehlo("client.test")
            client.mail("a@asked.test")
            client.putcmd("rcpt", f"TO:<{instance.user}@localhost>")
        wait_for(lambda: server.questions)
        for _ in range(LIVELY):
            with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
                client.sendmail("a@localhost", [f"{instance.user}@localhost"], "Subject: m1\n\nx\n")
        wait_for(lambda: len(instance.delivered()) >= LIVELY)
        assert len(instance.delivered()) == LIVELY
        for client in waiting:
            client.close()


@pytest.mark.parametrize("kind", ["tcp", "socketmap"])
def test_a_table_of_smtpd_that_never_answers_delays_only_who_asks_it(
    make_instance: Make, kind: str
) -> None:
    """Sessions wait for its answer to RCPT; senders that an earlier table knows go on."""
    with SilentTable(kind) as table:
        instance = make_instance(
            "mynetworks =\nrelay_domains = localhost\nsmtpd_client_connection_count_limit = 0\n"
            f"smtpd_sender_restrictions = check_sender_access inline:{{a@known.test=OK}}, "
            f"check_sender_access {table.name}"
        )
        instance.start()
        waiting = [
            WaitingSession(instance).ask_recipient(f"a{n}@asked.test", f"{instance.user}@localhost")
            for n in range(40)
        ]
        wait_for(lambda: table.questions)
        _send(instance, "a@known.test", f"{instance.user}@localhost", LIVELY)
        wait_for(lambda: len(instance.delivered()) >= LIVELY)
        assert len(instance.delivered()) == LIVELY
        assert all(session.is_waiting for session in waiting)
        for session in waiting:
            session.close()


@pytest.mark.parametrize("kind", ["tcp", "socketmap"])
def test_a_table_of_cleanup_that_never_answers_delays_only_mail_that_needs_it(
    make_instance: Make, kind: str
) -> None:
    """Messages wait at the end of their content; one whose address an earlier table knows is taken."""
    with SilentTable(kind) as table:
        instance = make_instance("smtpd_client_connection_count_limit = 0")
        known = f"{instance.user}@localhost"
        with (instance.config / "main.cf").open("a") as file:
            file.write(
                f"virtual_alias_maps = inline:{{{known}={known}}}, {table.name}\n"
                "smtpd_reject_unlisted_recipient = no\nvirtual_alias_domains =\n"
            )
        instance.start()
        waiting = [
            WaitingSession(instance).end_content("a@b.test", f"x{n}@localhost") for n in range(40)
        ]
        wait_for(lambda: table.questions)
        _send(instance, "a@b.test", known, LIVELY)
        wait_for(lambda: len(instance.delivered()) >= LIVELY)
        assert len(instance.delivered()) == LIVELY
        assert all(session.is_waiting for session in waiting)
        for session in waiting:
            session.close()


@pytest.mark.parametrize("kind", ["tcp", "socketmap"])
def test_a_table_of_the_scheduler_that_never_answers_delays_only_mail_that_needs_it(
    make_instance: Make, kind: str
) -> None:
    """Messages wait for their transport; later ones overtake them, and what waits can be deleted."""
    with SilentTable(kind) as table:
        instance = make_instance(
            f"transport_maps = inline:{{x@known.test=discard:}}, {table.name}\n"
            "mynetworks = 127.0.0.0/8"
        )
        instance.start()
        for n in range(20):
            instance.submit(f"x{n}@asked.test")
        wait_for(lambda: table.questions)
        _send(instance, "a@b.test", "x@known.test", LIVELY)
        wait_for(lambda: instance.log_text().count("status=sent (known.test)") >= LIVELY)
        wait_for(lambda: len(instance.queue_entries()) == 20)
        assert instance.run("postsuper", "-d", "ALL").returncode == 0
        assert instance.is_queue_empty()
        _send(instance, "a@b.test", "x@known.test", 1)
        wait_for(lambda: instance.log_text().count("status=sent (known.test)") > LIVELY)
        instance.stop()  # nobody waits for the table
        assert "panic" not in instance.log_text()


def _send(instance: Instance, sender: str, recipient: str, count: int) -> None:
    """One message a session."""
    for _ in range(count):
        with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
            client.sendmail(sender, [recipient], "Subject: m1\n\nx\n")


def test_a_silent_table_delays_only_the_maildrop_files_that_need_it(make_instance: Make) -> None:
    """Messages that were submitted while the mail system was down go through cleanup beside each other."""
    with SilentTable("tcp") as table:
        instance = make_instance()
        known = f"{instance.user}@localhost"
        with (instance.config / "main.cf").open("a") as file:
            file.write(
                f"virtual_alias_maps = inline:{{{known}={known}}}, {table.name}\n"
                "virtual_alias_domains =\n"
            )
        instance.start()  # makes the queue's directories
        instance.stop()
        for number in range(3):
            assert instance.submit("-f", known, f"x{number}@localhost") == 0
        for _ in range(3):
            assert instance.submit("-f", known, known) == 0
        instance.start()
        wait_for(lambda: len(instance.delivered()) == 3)
        wait_for(lambda: table.questions)
        assert len(list((instance.queue / "maildrop").iterdir())) == 3
