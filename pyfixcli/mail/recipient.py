"""One recipient of a queued message."""

from __future__ import annotations

import msgspec

# DSN NOTIFY (RFC 3461 section 4.1), as bits; 0 means that the sender gave none.
NOTIFY_NEVER = 1
NOTIFY_SUCCESS = 2
NOTIFY_FAILURE = 4
NOTIFY_DELAY = 8


def wants(notify: int, bit: int) -> bool:
    """Whether NOTIFY asks for this kind; by default for failures and delays (RFC 3461)."""
    if notify & NOTIFY_NEVER:
        return False
    return bool(notify & bit) if notify else bit in (NOTIFY_FAILURE, NOTIFY_DELAY)


# What has become of a recipient. Only PENDING ones are delivered to.
PENDING = 0
DONE = 1


class Recipient(msgspec.Struct, frozen=True, array_like=True):
    """A recipient after cleanup.

    ``address`` and ``original`` are internal (unquoted) forms; ``original`` is the address
    before any rewriting (``orig_to=``), empty when it is the same. ``orcpt`` is the DSN
    original recipient, ``type;address``, or empty (RFC 3461 section 4.2). ``status`` is
    PENDING or DONE.
    """

    address: str
    original: str = ""
    notify: int = 0
    orcpt: str = ""
    status: int = PENDING
