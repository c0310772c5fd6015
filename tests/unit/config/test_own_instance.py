"""The main.cf that pyfix init writes."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from pyfixcli.config.load import load_config
from pyfixcli.config.own_instance import create_own_instance


def test_mail_for_the_postmaster_is_for_the_user(tmp_path: Path) -> None:
    """Whose reports would be thrown away otherwise; and root's, who has no mailbox there."""
    create_own_instance(str(tmp_path / "etc"), str(tmp_path / "state"))
    config = load_config(str(tmp_path / "etc"))
    user = pwd.getpwuid(os.geteuid()).pw_name
    entries = config.alias_maps.removeprefix("inline:{").removesuffix("}").split(", ")
    expected = {"postmaster", "mailer-daemon", "root"} - {user}
    assert set(entries) == {f"{name}={user}" for name in expected}
