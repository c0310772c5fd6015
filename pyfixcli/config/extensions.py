"""How this system tells address extensions (postconf(5): recipient_delimiter, owner_request_special)."""

from __future__ import annotations

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import Extensions


def read_extensions(config: Config) -> Extensions:
    """From one view of the configuration."""
    return Extensions(config.recipient_delimiter, config.owner_request_special)
