"""postfix check: directories, owners, modes, and parameters that have no effect here."""

from __future__ import annotations

import os

from pyfixcli.config.master_cf import read_services
from pyfixcli.config.snapshot import Config
from pyfixcli.queue.layout import ensure_layout

# Parameters that are accepted because main.cf files set them, but that change nothing here.
WITHOUT_EFFECT = (
    "daemon_directory",
    "shlib_directory",
    "meta_directory",
    "hash_queue_depth",
    "hash_queue_names",
    "lmdb_map_size",
    "berkeley_db_create_buffer_size",
    "berkeley_db_read_buffer_size",
    "ipc_idle",
    "ipc_ttl",
    "max_idle",
    "max_use",
    "fork_attempts",
    "fork_delay",
)


def check(config: Config) -> list[str]:
    """Make what is missing; the warnings."""
    ensure_layout(config)
    problems = []
    for name in ("main.cf", "master.cf"):
        path = os.path.join(config.config_directory, name)
        mode = os.stat(path).st_mode
        if mode & 0o022:
            problems.append(f"group or other writable: {path}")
    read_services(config.config_directory)
    for name in WITHOUT_EFFECT:
        if config.is_set(name):
            problems.append(f"parameter {name} has no effect in this implementation")
    return problems
