"""Which mail of the system itself is looked at like that of others (postconf(5): internal_mail_filter_classes)."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config

BOUNCE = "bounce"  # delivery status notifications, and copies of them for the postmaster
NOTIFY = "notify"  # transcripts of SMTP sessions


def inspected_classes(config: Config) -> frozenset[str]:
    """BOUNCE, NOTIFY, both or none: for these header_checks, body_checks and non_smtpd_milters count. ConfigError for other words."""
    text = config.internal_mail_filter_classes
    words = text.replace(",", " ").split()
    for word in words:
        if word.lower() not in (BOUNCE, NOTIFY):
            problem = f'unknown internal_mail_filter_classes value "{word}" in "{text}"'
            raise ConfigError(problem)
    return frozenset(map(str.lower, words))
