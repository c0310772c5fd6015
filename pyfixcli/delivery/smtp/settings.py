"""What the client's parameters say, for SMTP (``smtp_*``) or for LMTP (``lmtp_*``) (postconf(5))."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from pyfixcli.config.snapshot import Config

# Parameters that LMTP calls otherwise; the others differ in the prefix only.
LMTP_NAMES = {
    "helo_name": "lhlo_name",
    "helo_timeout": "lhlo_timeout",
    "discard_ehlo_keywords": "discard_lhlo_keywords",
    "discard_ehlo_keyword_address_maps": "discard_lhlo_keyword_address_maps",
}
SMTP_ONLY = {"always_send_ehlo": True, "never_send_ehlo": False}
LMTP_ONLY = {"assume_final": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Parameters without their prefix, spelled as those of SMTP; times in seconds."""

    is_lmtp: bool
    address_preference: str
    always_send_ehlo: bool
    assume_final: bool
    balance_inet_protocols: bool
    bind_address: str
    bind_address6: str
    bind_address_enforce: bool
    connect_timeout: float
    connection_cache_destinations: str
    connection_cache_on_demand: bool
    connection_cache_time_limit: float
    connection_reuse_count_limit: int
    connection_reuse_time_limit: float
    data_done_timeout: float
    data_init_timeout: float
    data_xfer_timeout: float
    defer_if_no_mx_address_found: bool
    delivery_status_filter: str
    discard_ehlo_keyword_address_maps: str
    discard_ehlo_keywords: str
    dns_support_level: str
    fallback_relay: str
    helo_name: str
    helo_timeout: float
    host_lookup: str
    line_length_limit: int
    mail_timeout: float
    min_data_rate: int
    mx_address_limit: int
    mx_session_limit: int
    never_send_ehlo: bool
    per_request_deadline: bool
    pix_workaround_delay_time: float
    pix_workaround_maps: str
    pix_workaround_threshold_time: float
    pix_workarounds: str
    quit_timeout: float
    quote_rfc821_envelope: bool
    randomize_addresses: bool
    rcpt_timeout: float
    reply_filter: str
    rset_timeout: float
    send_xforward_command: bool
    skip_5xx_greeting: bool
    skip_quit_response: bool
    tcp_port: str
    xforward_timeout: float

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return "lmtp" if self.is_lmtp else "smtp"

    def parameter(self, name: str) -> str:
        """The full name of a parameter, as warnings show it."""
        return f"{self.prefix}_{LMTP_NAMES.get(name, name) if self.is_lmtp else name}"


_NAMES = tuple(f.name for f in dataclasses.fields(ClientSettings) if f.name != "is_lmtp")


def read_settings(config: Config, is_lmtp: bool) -> ClientSettings:
    """The parameters of one protocol; ConfigError for a value that is not of its type."""
    absent = SMTP_ONLY if is_lmtp else LMTP_ONLY
    values: dict[str, Any] = dict(absent)
    for name in _NAMES:
        if name in absent:
            continue
        full = f"lmtp_{LMTP_NAMES.get(name, name)}" if is_lmtp else f"smtp_{name}"
        values[name] = getattr(config, full)
    values["tcp_port"] = str(values["tcp_port"])
    deadline = f"{'lmtp' if is_lmtp else 'smtp'}_per_request_deadline"
    values["per_request_deadline"] = config.boolean(deadline, False)
    if not values["dns_support_level"]:
        values["dns_support_level"] = "disabled" if config.disable_dns_lookups else "enabled"
    return ClientSettings(is_lmtp=is_lmtp, **values)
