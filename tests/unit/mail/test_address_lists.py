"""Lists of addresses as users write them: groups, phrases, blanks.

The expected addresses are those that Postfix 3.7 makes of the same command line.
"""

from __future__ import annotations

import pytest

from pyfixcli.cleanup.full_name import quote_phrase
from pyfixcli.cleanup.sender import parse_sender
from pyfixcli.mail.tok822 import parse_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("alice Bcc: carol", ["alice", "Bcc:carol"]),
        ("alice\nBcc: carol", ["alice", "Bcc:carol"]),
        ("x y: z", ["x", "y:z"]),
        ("group: a, b;", ["a", "b"]),
        ("a group: b, c; d", ["b", "c", "d"]),
        ("a@b x: y@z", ["a@b", "x:y@z"]),
        ("a@b:c@d", ["a@b:c@d"]),
        ("a x:\ny, z;", ["y", "z"]),
        ("a <b>", ["b"]),
        ("x@y <a@b>", ["a@b"]),
        ("bob@e  RCPT TO:<carol@e>", ["bob@e", "RCPT", "TO", "carol@e"]),
        ('"ta\tb"@a.test', ["ta b@a.test"]),
        ("<a,b@x.test> a<b", ["a,b@x.test", "a<b"]),
        ("<@r.test,@s.test:a@x.test>", ["@r.test,@s.test:a@x.test"]),
    ],
)
def test_a_colon_names_a_group_only_before_a_semicolon(text: str, addresses: list[str]) -> None:
    """Elsewhere it is a part of an address, and ends a phrase."""
    assert parse_addresses(text) == addresses


@pytest.mark.parametrize(
    ("text", "sender", "is_proper"),
    [
        ("bob X: yes", "bob", False),
        ("bob@e\r\nRCPT TO:<carol@e>", "bob@e", False),
        ("Bob\n<bob@c>", "bob@c", True),
        ("a b <c@d>", "c@d", True),
        ("group: alice, bob;", "alice", False),
    ],
)
def test_the_first_address_of_a_sender_counts(text: str, sender: str, is_proper: bool) -> None:
    """sendmail -f."""
    assert parse_sender(text) == (sender, is_proper)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("  spaces  around  ", "spaces around"),
        ("Tab\tand \x01 control \x7f", 'Tab and "\x01" control "\x7f"'),
        ("Evil  Bcc: x", '"Evil  Bcc: x"'),
        ("Müller", "Müller"),
    ],
)
def test_a_full_name_as_a_phrase(name: str, phrase: str) -> None:
    """Words with control characters are quoted alone, a name with specials as a whole."""
    assert quote_phrase(name) == phrase
