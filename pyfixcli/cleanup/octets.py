"""What a message needs of the servers that it goes to: 8BITMIME and SMTPUTF8, as it shows itself (RFC 6152, RFC 6531).

A Content-Transfer-Encoding of 8bit or binary stands over what the submitter said. Headers with 8-bit text and
addresses in UTF-8 make SMTPUTF8 necessary in the classes of smtputf8_autodetect_classes.
"""

from __future__ import annotations

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import is_utf8
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_UTF8_HEADER

CLASSES = {"pickup": "sendmail", "bounce": "bounce"}  # by service, where the name is another
EIGHT_BITS = (b"8bit", b"binary")
_ENCODING = b"content-transfer-encoding"


def utf8_classes(config: Config) -> frozenset[str]:
    """Where messages come from in whose headers 8-bit text is looked for."""
    if not config.smtputf8_enable:
        return frozenset()
    return frozenset(config.smtputf8_autodetect_classes.replace(",", " ").split())


class OctetNeeds:
    """What the envelope and the headers of one message have shown so far.

    ``has_utf8``: SMTPUTF8 is asked for or necessary; where the next hop lacks it, whoever is ASCII can have the message all
    the same if no header is 8-bit.
    """

    __slots__ = (
        "_detects_8bit",
        "_looks_for_utf8",
        "has_eight_bits",
        "has_utf8",
        "has_utf8_header",
    )

    def __init__(self, classes: frozenset[str], service: str, detects_8bit: bool = True) -> None:
        self._detects_8bit = detects_8bit
        self._looks_for_utf8 = "all" in classes or CLASSES.get(service, service) in classes
        self.has_utf8 = False
        self.has_utf8_header = False
        self.has_eight_bits = False

    @property
    def flags(self) -> int:
        """What the envelope says of it."""
        header = FLAG_UTF8_HEADER if self.has_utf8_header else 0
        return FLAG_SMTPUTF8 | header if self.has_utf8 else 0

    def note_address(self, address: str) -> None:
        """An address of the envelope, before aliases are expanded."""
        if self._looks_for_utf8 and not address.isascii() and is_utf8(address):
            self.has_utf8 = True

    def note(self, header: bytes) -> None:
        """A header of the message as it is stored, or of one of its parts (detect_8bit_encoding_header)."""
        if not header.isascii():
            self.has_utf8_header = True
            self.has_utf8 |= self._looks_for_utf8
        if self._detects_8bit and header[: len(_ENCODING)].lower() == _ENCODING:
            name, _, value = header.partition(b":")
            if name.rstrip().lower() == _ENCODING and value.strip().lower() in EIGHT_BITS:
                self.has_eight_bits = True
