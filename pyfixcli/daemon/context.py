"""The wiring: which implementation stands behind each Protocol that the core declares.

Only this module and the commands put parts together.
"""

from __future__ import annotations

import os

from pyfixcli.access.evaluate import Access
from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.reception import Reception, access_view
from pyfixcli.config.service_view import service_config as service_config
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.arrivals import Arrivals
from pyfixcli.daemon.intake import Intake
from pyfixcli.daemon.lookups import PoolWaiter, ServiceWaiter
from pyfixcli.daemon.mail_dns import MailDns
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.log.maillog import MailLog, NamedLog
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.resolve import Resolver
from pyfixcli.rewrite.rewrite import Rewriter

REWRITE = "trivial-rewrite"


def service_log(config: Config, common: Config, log: MailLog) -> MailLog:
    """The log of a service; its ``-o syslog_name`` has its own tag."""
    if config.syslog_name == common.syslog_name:
        return log
    return NamedLog(log, config.syslog_name)


def make_access(config: Config, log: MailLog, waiter: PoolWaiter, rewrite: Config) -> Access:
    """The restrictions of this view of smtpd(8); ``rewrite`` is the view of the trivial-rewrite(8) that it asks."""
    return Access(
        access_view(config),
        log,
        "smtpd",
        make_rewriter(rewrite, log),
        make_resolver(rewrite, log, waiter),
        ServiceWaiter(waiter, log, "smtpd"),
        MailDns(),
    )


def make_rewriter(config: Config, log: MailLog) -> Rewriter:
    """Address rewriting of this view."""
    return Rewriter(config)


def make_resolver(config: Config, log: MailLog, waiter: Waiter) -> Resolver:
    """Address resolving of this view."""
    if isinstance(waiter, PoolWaiter):
        waiter = ServiceWaiter(waiter, log, REWRITE)
    return Resolver(config, waiter, lambda service, text: log.warning(service, text))


def make_cleanup(config: Config, log: MailLog, waiter: PoolWaiter) -> Cleanup:
    """The cleanup pipeline of this view."""
    return Cleanup(config, make_rewriter(config, log), log, ServiceWaiter(waiter, log, "cleanup"))


def make_intake(
    config: Config,
    log: MailLog,
    waiter: PoolWaiter,
    store: StoreLink,
    serials: SerialSource,
    cleanup: Cleanup | None = None,
    arrivals: Arrivals | None = None,
    reception: Reception | None = None,
) -> Intake:
    """The way into the queue, for one view of the configuration.

    ``cleanup`` if the service names another one; ``arrivals`` if it shares a journal;
    ``reception`` if it is another service that receives mail.
    """
    directory = os.path.join(config.queue_directory, paths.ENVIRONMENT)
    return Intake(
        cleanup=cleanup or make_cleanup(config, log, waiter),
        arrivals=arrivals or Arrivals(store, log, directory),
        serials=serials,
        clock=SystemClock(),
        content_directory=os.path.join(config.queue_directory, paths.CONTENT),
        content_limit=config.queue_content_limit,
        long_ids=config.enable_long_queue_ids,
        reception=reception or Reception.of(config),
    )
