"""Our commands in a copy of the process that tests them: what costs time is the start of an interpreter.

Everything else is as on the command line: the arguments, the standard streams, the environment, the entry.
"""

from __future__ import annotations

import importlib
import io
import os
import posix
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from tests.support.instance import BIN


def run_forked(
    place: Path, *words: str, data: bytes = b"", environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """A command with its arguments in a directory; output and status as subprocess.run gives them."""
    importlib.import_module(f"pyfixcli.commands.{words[0]}")
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        given.write(data)
        given.seek(0)
        child = os.fork()
        if child == 0:
            _run(place, words, environment, (given, output, errors))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read())
    return subprocess.CompletedProcess(words, status, *texts)


def _run(
    place: Path,
    words: tuple[str, ...],
    environment: Mapping[str, str],
    streams: tuple[BinaryIO, ...],
) -> None:
    """Be the command; does not return."""
    try:
        for descriptor, stream in enumerate(streams):
            os.dup2(stream.fileno(), descriptor)
        sys.stdin, sys.stdout, sys.stderr = (_open(n, mode) for n, mode in enumerate("rww"))
        os.chdir(place)
        posix.environ.clear()
        posix.environ.update({os.fsencode(n): os.fsencode(v) for n, v in environment.items()})
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [str(BIN / words[0]), *words[1:]]
        sys.modules[f"pyfixcli.commands.{words[0]}"].entry()
    except SystemExit as ending:
        os._exit(ending.code if isinstance(ending.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(99)


def _open(descriptor: int, mode: str) -> io.TextIOWrapper:
    """A standard stream as the interpreter opens it in the C locale."""
    return io.TextIOWrapper(
        open(descriptor, mode + "b", closefd=False),  # noqa: SIM115  (it ends with the process)
        encoding="utf-8",
        errors="surrogateescape",
    )
