"""postsuper(1): the superuser's changes to the queue."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import Diagnostics, is_own_instance, open_config
from pyfixcli.commands._run import complain, getopt, program_name, run
from pyfixcli.config.snapshot import Config
from pyfixcli.queue import requests as rq
from pyfixcli.queue import schema
from pyfixcli.queue.admin import Admin, open_admin
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.queue_id import may_be_queue_id

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("S", None, "as -s"),
    ("d", "queue_id", "delete a message, or ALL, or ids from standard input (-)"),
    ("e", "queue_id", "expire a message: return it at the next attempt"),
    ("f", "queue_id", "expire a message, and release it from hold"),
    ("h", "queue_id", "put a message on hold"),
    ("H", "queue_id", "release a message from hold"),
    ("p", None, "purge what a crash left behind"),
    ("r", "queue_id", "requeue a message: through cleanup again"),
    ("s", None, "check and repair the structure of the queue"),
    ("v", None, "talk"),
)
# Those of the reference that have no counterpart here are empty; corrupt is known here only.
KNOWN_QUEUES = frozenset((*schema.QUEUE_LETTERS, "active", "bounce", "defer", "flush", "trace"))
USAGE = (
    "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] "
    "[-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] [-H queue_id (un-hold)] "
    "[-p (purge temporary files)] [-r queue_id (requeue)] [-s (structure fix)] "
    "[-S (redundant structure fix)][-v (verbose)] [queue...]"
)

# letter -> steps: (operation, word for one message, words for the count)
_EXPIRE = (rq.EXPIRE, "expired", "Force-expired")
_RELEASE = (rq.RELEASE, "released from hold", "Released from hold")
STEPS = {
    "d": ((rq.DELETE, "removed", "Deleted"),),
    "e": (_EXPIRE,),
    "f": (_EXPIRE, _RELEASE),
    "h": ((rq.HOLD, "placed on hold", "Placed on hold"),),
    "H": (_RELEASE,),
    "r": ((rq.REQUEUE, "requeued", "Requeued"),),
}
TOTALS = ("Requeued", "Deleted", "Force-expired", "Placed on hold", "Released from hold")
BATCH = 200


def main(argv: list[str]) -> int:
    """Run postsuper."""
    try:
        found, queues = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        _check_superuser(open_config(None))
        complain(f"{program_name(argv[0])}: {error}")
        raise PyfixError(USAGE) from error
    directory = dict(found).get("c")
    if directory is not None and not directory.startswith("/"):
        raise PyfixError("-c requires absolute pathname")
    config = open_config(directory)
    _check_superuser(config)
    diagnostics = Diagnostics(config, argv[0])
    try:
        for queue in queues:
            if queue not in KNOWN_QUEUES:
                raise PyfixError(f"invalid directory name: {queue}")
        return _work(found, tuple(queues), config, diagnostics)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


def _check_superuser(config: Config) -> None:
    if os.geteuid() != 0 and not is_own_instance(config):
        raise PyfixError("use of this command is reserved for the superuser")


def _work(
    found: list[tuple[str, str]],
    queues: tuple[str, ...],
    config: Config,
    diagnostics: Diagnostics,
) -> int:
    asked = [(letter, value) for letter, value in found if letter in STEPS]
    letters = {letter for letter, _ in found}
    become_mail_owner(config)
    with open_admin(config, diagnostics.warning) as admin:
        if not asked or letters & {"s", "S"}:
            for note in admin.check():
                diagnostics.info(note)
        if not asked or "p" in letters:
            admin.purge()
        totals: Counter[str] = Counter()
        for letter, value in asked:
            if value == "ALL":
                for operation, _, words in STEPS[letter]:
                    totals[words] += admin.change_all(operation, queues)
            else:
                _change(admin, letter, value, queues, totals, diagnostics)
    for words in TOTALS:
        if any(words == step[2] for letter, _ in asked for step in STEPS[letter]):
            count = totals[words]
            diagnostics.info(f"{words}: {count} message{'' if count == 1 else 's'}")
    return EX_OK


def _change(
    admin: Admin,
    letter: str,
    value: str,
    queues: tuple[str, ...],
    totals: Counter[str],
    diagnostics: Diagnostics,
) -> None:
    for ids in _batches(value):
        valid = [name for name in ids if _is_valid(name, diagnostics)]
        for operation, word, words in STEPS[letter]:
            for queue_id in admin.change(operation, valid, queues):
                diagnostics.info(f"{queue_id}: {word}")
                totals[words] += 1


def _batches(value: str) -> Iterator[list[str]]:
    """The ids: one, or lines of standard input; what is none comes alone, in its place."""
    if value != "-":
        yield [value]
        return
    batch: list[str] = []
    for line in sys.stdin:
        name = line.rstrip("\n")
        if may_be_queue_id(name):
            batch.append(name)
        if len(batch) == BATCH or not may_be_queue_id(name):
            yield batch
            batch = []
        if not may_be_queue_id(name):
            yield [name]
    if batch:
        yield batch


def _is_valid(name: str, diagnostics: Diagnostics) -> bool:
    if may_be_queue_id(name):
        return True
    diagnostics.warning(f"invalid mail queue id: {name}")
    return False


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
