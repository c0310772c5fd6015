"""postsuper(1): the superuser's changes to the queue."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import Diagnostics, open_config
from pyfixcli.commands._run import getopt, run
from pyfixcli.queue import requests as rq
from pyfixcli.queue.admin import Admin, open_admin
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.queue_id import may_be_queue_id

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
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
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
ALL_QUEUES = frozenset((*QUEUES, "corrupt"))
USAGE = (
    "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] "
    "[-f queue_id (expire and release)] [-h queue_id (hold)] [-H queue_id (un-hold)] "
    "[-p (purge temporary files)] [-r queue_id (requeue)] [-s (structure fix)] [-v] [queue...]"
)

# letter -> steps: (operation, word for one message, words for the count)
STEPS = {
    "d": ((rq.DELETE, "removed", "Deleted"),),
    "r": ((rq.REQUEUE, "requeued", "Requeued"),),
    "e": ((rq.EXPIRE, "expired", "Force-expired"),),
    "f": (
        (rq.EXPIRE, "expired", "Force-expired"),
        (rq.RELEASE, "released from hold", "Released from hold"),
    ),
    "h": ((rq.HOLD, "placed on hold", "Placed on hold"),),
    "H": ((rq.RELEASE, "released from hold", "Released from hold"),),
}
BATCH = 200


def main(argv: list[str]) -> int:
    """Run postsuper."""
    try:
        found, queues = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        raise PyfixError(USAGE) from error
    config = open_config(dict(found).get("c"))
    diagnostics = Diagnostics(config, argv[0])
    if os.geteuid() != 0 and not _owns(config.queue_directory):
        raise PyfixError("use of this command is reserved for the superuser")
    try:
        for queue in queues:
            if queue not in ALL_QUEUES:
                raise PyfixError(f"invalid directory name: {queue}")
        return _work(found, tuple(queues), config, diagnostics)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


def _owns(directory: str) -> bool:
    """Whether this is the caller's own instance."""
    try:
        return os.stat(directory).st_uid == os.geteuid()
    except OSError:
        return False


def _work(
    found: list[tuple[str, str]],
    queues: tuple[str, ...],
    config: object,
    diagnostics: Diagnostics,
) -> int:
    asked = [(letter, value) for letter, value in found if letter in STEPS]
    become_mail_owner(config)  # type: ignore[arg-type]
    with open_admin(config) as admin:  # type: ignore[arg-type]
        if not asked or any(letter == "s" for letter, _ in found):
            for note in admin.check():
                diagnostics.info(note)
        if not asked or any(letter == "p" for letter, _ in found):
            admin.purge()
        totals: dict[str, int] = {}
        for letter, value in asked:
            _change(admin, letter, value, queues, totals, diagnostics)
    for words, count in totals.items():
        diagnostics.info(f"{words}: {count} message{'' if count == 1 else 's'}")
    return EX_OK


def _change(
    admin: Admin,
    letter: str,
    value: str,
    queues: tuple[str, ...],
    totals: dict[str, int],
    diagnostics: Diagnostics,
) -> None:
    for _, _, words in STEPS[letter]:
        totals.setdefault(words, 0)
    if value == "ALL":
        for operation, _, words in STEPS[letter]:
            totals[words] += len(admin.change_all(operation, queues))
        return
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
