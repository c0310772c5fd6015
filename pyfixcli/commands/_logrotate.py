"""postfix logrotate: rename the log files, have new ones used, compress the old ones (postfix(1))."""

from __future__ import annotations

import os
import subprocess
import time

from pyfixcli.base.errors import PyfixError
from pyfixcli.ipc import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


def rotate_logs(config: Config) -> None:
    """Rotate maillog_file and maillog_json_file; PyfixError with the reason when one cannot be."""
    names = [name for name in (config.maillog_file, config.maillog_json_file) if name]
    if not names:
        raise PyfixError("logfile rotation: maillog_file is not set")
    for name in names:
        if name.startswith("/dev/"):
            raise PyfixError(f"logfile '{name}' will not be rotated")
    suffix = time.strftime(config.maillog_file_rotate_suffix)
    renamed = [(name, f"{name}.{suffix}") for name in names if os.path.exists(name)]
    for name, old in renamed:
        _rename(name, old)
    if launch.running_pid(config) is not None:
        launch.reload(config)
    for name, old in renamed:
        _compress(config, name, old)


def _rename(name: str, old: str) -> None:
    if os.path.lexists(old):
        raise PyfixError(f"logfile '{name}' rotation failed: {old} already exists")
    try:
        os.rename(name, old)
    except OSError as error:
        raise PyfixError(f"logfile '{name}' rotation failed: {error.strerror}") from error


def _compress(config: Config, name: str, old: str) -> None:
    words = config.maillog_file_compressor.split()
    if not words:
        return
    try:
        done = subprocess.run(
            [*words, old], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        problem = done.stderr.decode("utf-8", "surrogateescape").strip() if done.returncode else ""
        failed = done.returncode != 0
    except OSError as error:
        problem, failed = f"{words[0]}: {error.strerror}", True
    if failed:
        raise PyfixError(f"logfile '{name}' rotation failed: {problem}")
