"""``$name`` in the parameters of local(8): what is known of a delivery, with characters that are not allowed replaced."""

from __future__ import annotations

from collections.abc import Mapping

from pyfixcli.config.expand import expand
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.mail.address import split_address


def attributes(attempt: Attempt, target: Target) -> Mapping[str, str]:
    """What parameters may name: user, home, shell, recipient, extension, domain, local, recipient_delimiter."""
    user, extension = target.names(attempt.config)
    delimiter = target.local[len(user) : len(user) + 1]
    return {
        "user": user,
        "home": target.user.home if target.user else "",
        "shell": target.user.shell if target.user else "",
        "recipient": target.address,
        "extension": extension,
        "domain": (split_address(target.address)[1] or "").lower(),
        "local": target.local,
        "recipient_delimiter": delimiter or attempt.config.recipient_delimiter[:1],
    }


def expand_parameter(text: str, known: Mapping[str, str], allowed: str) -> str:
    """A parameter's value; characters of attributes that are not ``allowed`` become underscores.

    Raises ExpansionError for a bad form.
    """
    return expand(text, lambda name: _filtered(known.get(name), allowed))


def _filtered(value: str | None, allowed: str) -> str | None:
    return value if value is None else censor(value, allowed)


def censor(value: str, allowed: str) -> str:
    """``value`` with underscores for what is not among the allowed characters."""
    return "".join(character if character in allowed else "_" for character in value)
