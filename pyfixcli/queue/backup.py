"""A consistent copy of the queue while mail goes on."""

from __future__ import annotations

import contextlib
import os
import shutil

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.journal import journal_names
from pyfixcli.queue.reader import QueueReader


def copy_environment(
    environment: QueueEnvironment, queue_directory: str, target: str, compact: bool
) -> None:
    """Copy the environment with its journals, and the content files that it names, into the new directory ``target``."""
    try:
        os.mkdir(target, 0o700)
        os.mkdir(os.path.join(target, paths.ENVIRONMENT), 0o700)
        os.mkdir(os.path.join(target, paths.CONTENT), 0o700)
        environment.lmdb.copy(os.path.join(target, paths.ENVIRONMENT), compact=compact)
        # The journals after the environment, which notes what it has of them.
        journals, copies = (os.path.join(d, paths.ENVIRONMENT) for d in (queue_directory, target))
        for name in journal_names(journals):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(os.path.join(journals, name), os.path.join(copies, name))
        for name in QueueReader(environment).content_files():
            source = os.path.join(queue_directory, paths.CONTENT, name)
            if os.path.exists(source):
                shutil.copyfile(source, os.path.join(target, paths.CONTENT, name))
    except OSError as error:
        raise PyfixError(f"{target}: {error.strerror}") from error
