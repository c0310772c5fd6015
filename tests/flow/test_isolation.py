"""What never answers delays only what needs it (``tests/bench/isolation`` measures the rates)."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.silence import SilentNameServer, start_with_resolver
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
    os.geteuid() != 0, reason="needs root: a name server, and a resolv.conf of its own"
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
