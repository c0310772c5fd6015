"""What an SMTP server session is told about the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyfixcli.protocol.data import BareNewline


def forbids_nothing(word: str) -> bool:
    """No command is forbidden."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The view of a service, shared by its sessions with clients of one kind.

    The names are those of postconf(5) without ``smtpd_``, as far as there are any.
    ``offered`` are EHLO keywords in upper case.
    ``is_forbidden`` says whether a word that is no command ends the session (smtpd_forbidden_commands),
    ``noop_commands`` are words in upper case.
    """

    hostname: str
    banner: str
    offered: frozenset[str]
    discard_notice: str = ""
    discard_trouble: tuple[str, ...] = ()  # why nobody knows what to offer this client
    message_size_limit: int = 0  # 0: no limit
    recipient_limit: int = 1000
    recipient_overshoot_limit: int = 1000
    soft_error_limit: int = 10
    hard_error_limit: int = 20
    junk_command_limit: int = 100
    error_sleep_time: float = 1.0
    line_length_limit: int = 2048
    helo_required: bool = False
    disable_vrfy_command: bool = False
    allow_min_user: bool = False
    requires_tls: bool = False  # nothing is taken in the clear
    strict_rfc821_envelopes: bool = False
    strict_smtputf8: bool = False
    smtputf8_enable: bool = True
    resolve_null_domain: bool = False
    resolve_numeric_domain: bool = False
    forbid_bare_newline: BareNewline = BareNewline.NORMALIZE
    forbid_bare_newline_reject_code: int = 550
    forbid_unauth_pipelining: bool = True
    soft_bounce: bool = False
    filters_commands: bool = False  # the session may replace commands (smtpd_command_filter)
    asks_unknown: bool = False  # the session has a say about commands that are none
    expects_waiting: bool = True  # a client on a pipe may say all it has to say at once
    noop_commands: frozenset[str] = frozenset()
    is_forbidden: Callable[[str], bool] = forbids_nothing
    verp_delimiters: str = ""  # default_verp_delimiters for a client that may use XVERP
    verp_delimiter_filter: str = "-=+"
