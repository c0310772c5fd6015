"""From the configuration to the engine's settings."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.access.ehlo_discard import Discarded
from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table, split_names
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.protocol.data import BareNewline
from pyfixcli.protocol.extensions import discard_notice, offered_keywords, parse_discarded
from pyfixcli.protocol.settings import ServerSettings

# what a TLS client may ask for counts as encrypt in the server
TLS_LEVELS = (
    "none",
    "may",
    "encrypt",
    "dane",
    "dane-only",
    "fingerprint",
    "half-verify",
    "verify",
    "secure",
)
_BARE_NEWLINE = {
    "no": BareNewline.ALLOW,
    "yes": BareNewline.NORMALIZE,
    "normalize": BareNewline.NORMALIZE,
    "note": BareNewline.ALLOW,
    "reject": BareNewline.REJECT,
}


def make_settings(
    config: Config,
    *,
    is_excluded: bool = False,
    verp_delimiters: str = "",
    may_forward: bool = False,
    may_claim: bool = False,
    discarded: Discarded | None = None,
) -> ServerSettings:
    """The settings of a service, for a client of one kind.

    ``is_excluded`` clients may end lines with a bare newline (smtpd_forbid_bare_newline_exclusions);
    ``verp_delimiters`` is set for clients that may use XVERP, ``may_forward`` for those that may use XFORWARD,
    ``may_claim`` XCLIENT; ``discarded`` extensions are not offered, by default those of smtpd_discard_ehlo_keywords.
    ConfigError for a bad value.
    """
    found = discarded or Discarded(config.smtpd_discard_ehlo_keywords)
    words = parse_discarded(found.words)
    return ServerSettings(
        hostname=config.myhostname,
        banner=config.smtpd_banner,
        offered=offered_keywords(
            has_vrfy=not config.disable_vrfy_command,
            has_smtputf8=config.smtputf8_enable,
            discarded=words,
            has_verp=bool(verp_delimiters),
            has_xforward=may_forward,
            has_xclient=may_claim,
        ),
        discard_notice=discard_notice(words),
        discard_trouble=found.trouble,
        message_size_limit=config.message_size_limit,
        recipient_limit=config.smtpd_recipient_limit,
        recipient_overshoot_limit=config.smtpd_recipient_overshoot_limit,
        soft_error_limit=config.smtpd_soft_error_limit,
        hard_error_limit=config.smtpd_hard_error_limit,
        junk_command_limit=config.smtpd_junk_command_limit,
        error_sleep_time=config.smtpd_error_sleep_time,
        line_length_limit=config.line_length_limit,
        helo_required=config.smtpd_helo_required,
        disable_vrfy_command=config.disable_vrfy_command,
        allow_min_user=config.allow_min_user,
        requires_tls=requires_tls(config),
        strict_rfc821_envelopes=config.strict_rfc821_envelopes,
        strict_smtputf8=config.strict_smtputf8,
        smtputf8_enable=config.smtputf8_enable,
        resolve_null_domain=config.resolve_null_domain,
        resolve_numeric_domain=config.resolve_numeric_domain,
        forbid_bare_newline=BareNewline.ALLOW if is_excluded else _bare_newline(config),
        forbid_bare_newline_reject_code=config.smtpd_forbid_bare_newline_reject_code,
        forbid_unauth_pipelining=config.smtpd_forbid_unauth_pipelining,
        soft_bounce=config.soft_bounce,
        filters_commands=bool(config.smtpd_command_filter.strip()),
        asks_unknown=bool(config.smtpd_milters or config.smtpd_milter_maps),
        noop_commands=frozenset(word.upper() for word in split_names(config.smtpd_noop_commands)),
        is_forbidden=forbidden_commands(config),
        verp_delimiters=verp_delimiters,
        verp_delimiter_filter=config.verp_delimiter_filter,
    )


def _bare_newline(config: Config) -> BareNewline:
    return _BARE_NEWLINE.get(config.smtpd_forbid_bare_newline.lower(), BareNewline.NORMALIZE)


def requires_tls(config: Config) -> bool:
    """Whether clients may send nothing in the clear (smtpd_tls_security_level, smtpd_enforce_tls).

    TLS is not there yet, so that such a service takes no mail. ConfigError for an unknown level, and for a service that would
    have to begin with TLS.
    """
    if config.smtpd_tls_wrappermode:
        raise ConfigError("smtpd_tls_wrappermode = yes needs TLS, which this version does not have")
    level = config.smtpd_tls_security_level
    if not level:
        return config.smtpd_enforce_tls
    if level not in TLS_LEVELS:
        raise ConfigError(f'Invalid TLS level "{level}"')
    return level not in ("none", "may")


def forbidden_commands(config: Config) -> Callable[[str], bool]:
    """Whether a word that is no command ends the session (smtpd_forbidden_commands)."""
    names = split_names(config.smtpd_forbidden_commands)
    words = frozenset(name.upper() for name in names if ":" not in name)
    tables = [open_table(name, config) for name in names if ":" in name]

    def is_forbidden(word: str) -> bool:
        return word.upper() in words or any(_has(table, word) for table in tables)

    return is_forbidden


def _has(table: Table, word: str) -> bool:
    try:
        return table.get(word) is not None
    except TableFailure:
        return False
