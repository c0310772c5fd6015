"""Dates in headers (RFC 5322 section 3.3), with the zone's name as a comment."""

from __future__ import annotations

import functools
import time

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_date(seconds: float) -> str:
    """Seconds since the epoch in the local zone: ``Tue, 24 Nov 2026 04:09:38 +0000 (UTC)``."""
    return _format_date(int(seconds // 1))


@functools.lru_cache(maxsize=16)
def _format_date(seconds: int) -> str:
    moment = time.localtime(seconds)
    sign = "+" if moment.tm_gmtoff >= 0 else "-"
    hours, minutes = divmod(abs(moment.tm_gmtoff) // 60, 60)
    return (
        f"{DAYS[moment.tm_wday]}, {moment.tm_mday:2d} {MONTHS[moment.tm_mon - 1]} {moment.tm_year}"
        f" {moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}"
        f" {sign}{hours:02d}{minutes:02d} ({moment.tm_zone})"
    )


def format_stamp(seconds: float) -> str:
    """Seconds since the epoch in UTC, as the first part of a Message-Id."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))
