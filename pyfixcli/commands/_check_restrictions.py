"""postfix check: access restrictions that main.cf names, but that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from pyfixcli.access.restrictions import RESTRICTIONS
from pyfixcli.config.snapshot import Config

# Those of postconf(5) that need a service or a list on the network, or TLS, or a login. What is in RESTRICTIONS by now
# is not warned about.
DEMANDING = (
    "check_ccert_access",
    "check_policy_service",
    "check_sasl_access",
    "permit_dnswl_client",
    "permit_rhswl_client",
    "permit_sasl_authenticated",
    "permit_tls_all_clientcerts",
    "permit_tls_clientcerts",
    "reject_authenticated_sender_login_mismatch",
    "reject_known_sender_login_mismatch",
    "reject_rbl_client",
    "reject_rhsbl_client",
    "reject_rhsbl_helo",
    "reject_rhsbl_recipient",
    "reject_rhsbl_reverse_client",
    "reject_rhsbl_sender",
    "reject_sender_login_mismatch",
    "reject_unauthenticated_sender_login_mismatch",
    "reject_unverified_recipient",
    "reject_unverified_sender",
)


def missing_restrictions(config: Config) -> Iterator[str]:
    """A warning for each list in main.cf with such a restriction: clients that come to it are put off with 451."""
    classes = config.smtpd_restriction_classes.replace(",", " ").split()
    for parameter, value in sorted(config.settings.items()):
        if not (parameter.endswith("_restrictions") or parameter in classes):
            continue
        for word in value.replace(",", " ").split():
            if word in DEMANDING and word not in RESTRICTIONS:
                yield f"{parameter}: {word} is not there in this implementation, clients get 451"
