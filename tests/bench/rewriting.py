"""The tables of a relay that rewrites: header checks, canonical addresses and virtual aliases, none of them small."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.bench.systems import SBIN

RULES = 100
ENTRIES = 10_000
SETTINGS = """\
relayhost = [127.0.0.1]:{sink}
header_checks = pcre:{tables}/header_checks
canonical_maps = lmdb:{tables}/canonical
masquerade_domains = source.test away.test
masquerade_exceptions = root
virtual_alias_maps = lmdb:{tables}/virtual
"""
SENDER, RECIPIENT = "sender@source.test", "x@away.test"  # of each message, in envelope and header
ACTIONS = ("REJECT", "WARN looks odd", "HOLD", "IGNORE", "REDIRECT elsewhere@away.test")
# patterns as they are found in the wild; none of them matches the messages
PATTERNS = (
    "/^Subject: .*\\b(cheap|free) pills{0}\\b/",
    "/^(From|Reply-To|Sender):.*@spam{0}\\.example/",
    "/^X-Mailer: (Bulk|Mass) ?Mailer {0}\\.[0-9]+/",
    '/name="?[^"]*\\.(exe|scr{0}|pif)"?/',
    "/^Received: from [^ ]+ \\(.*\\[10\\.9\\.{0}\\.[0-9]+\\]\\)/",
)


def write_tables(directory: Path) -> None:
    """Make the tables; both systems read the same files."""
    rules = [
        f"{PATTERNS[n % len(PATTERNS)].format(n)} {ACTIONS[n % len(ACTIONS)]}" for n in range(RULES)
    ]
    (directory / "header_checks").write_text("\n".join(rules) + "\n")
    _write(directory / "canonical", {SENDER: "Some.Sender@host.source.test"}, "old{0}@source.test")
    _write(directory / "virtual", {RECIPIENT: "y@elsewhere.test"}, "alias{0}@away.test")
    for path in directory.iterdir():
        path.chmod(0o644)


def _write(path: Path, used: dict[str, str], other: str) -> None:
    """A table with the entries that messages find, and with many others."""
    entries = used | {other.format(n): f"new{n}@else.test" for n in range(ENTRIES)}
    path.write_text("".join(f"{key} {value}\n" for key, value in entries.items()))
    subprocess.run([str(SBIN / "postmap"), f"lmdb:{path}"], check=True)
