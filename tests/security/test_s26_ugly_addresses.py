"""S26: five hundred ugly addresses are read as the reference reads them, in RCPT and in a header.

``ugly_addresses.json`` has for each the code with which the reference answered RCPT, and what became of it in Reply-To.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path

from tests.support.instance import Instance
from tests.unit.test_cleanup import clean, items

Make = Callable[..., Instance]
CASES: list[tuple[str, str, str]] = [
    tuple(row) for row in json.loads(Path(__file__).with_name("ugly_addresses.json").read_text())
]
SETTINGS = """myhostname = mail.example.test
mydestination = mail.example.test, localhost
local_recipient_maps =
smtpd_recipient_limit = 10000
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
smtpd_error_sleep_time = 0
"""
MEANT = {
    # Refused all the same: whether the domain is ours is asked when the recipient is judged, not when it is read.
    "a%@localhost": "550 5.1.3",
}


def test_s26_recipients(make_instance: Make) -> None:
    """Each is accepted or refused with the same code, and the session goes on."""
    instance = make_instance(SETTINGS)
    instance.start()
    answers = {}
    with socket.create_connection(("127.0.0.1", instance.port), timeout=20) as client:
        reader = client.makefile("rb")
        for line in (b"", b"HELO client.test\r\n", b"MAIL FROM:<s@x.test>\r\n"):
            client.sendall(line)
            assert reader.readline().startswith(b"2")
        for address, _, _ in CASES:
            client.sendall(b"RCPT TO:<%s>\r\n" % address.encode())
            answers[address] = " ".join(reader.readline().decode().split(" ")[:2])
    assert answers == {address: MEANT.get(address, code) for address, code, _ in CASES}


def test_s26_headers(place: Path) -> None:
    """Each is completed, quoted and separated in the same way."""
    lines = [f"Reply-To: {address}\nX-Sep: {n}\n" for n, (address, _, _) in enumerate(CASES)]
    text = "To: to@far.test\n" + "".join(lines) + "\nx\n"
    data, _ = clean(place, text.encode(), items("s@x.test", "to@far.test"))
    found = data.decode().partition("To: to@far.test\n")[2]
    *texts, _ = re.split(r"\nX-Sep: \d+\n", found)
    for text, (address, _, header) in zip(texts, CASES, strict=True):
        # A needless backslash is taken out; the reference does so only if something else in the header changes.
        assert text == header or (address.startswith("\\a") and header == f"Reply-To: {address}")
