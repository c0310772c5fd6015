"""Variable envelope return paths; expected addresses are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.mail.verp import is_valid_delimiters, verp_sender


@pytest.mark.parametrize(
    ("sender", "recipient", "delimiters", "expected"),
    [
        ("owner@example.test", "a@away.test", "+=", "owner+a=away.test@example.test"),
        ("owner@example.test", "b+c@away.test", "+=", "owner+b+c=away.test@example.test"),
        ("owner@example.test", "a@away.test", "-=", "owner-a=away.test@example.test"),
        (
            "owner+ext@example.test",
            "list@example.test",
            "+=",
            "owner+ext+list=example.test@example.test",
        ),
        ("owner@example.test", "a b@away.test", "+=", "owner+a b=away.test@example.test"),
        ("", "a@away.test", "+=", ""),
    ],
)
def test_the_sender_names_the_recipient(
    sender: str, recipient: str, delimiters: str, expected: str
) -> None:
    """Local part, delimiter, recipient with its @ replaced."""
    assert verp_sender(sender, recipient, delimiters) == expected


@pytest.mark.parametrize(
    ("delimiters", "valid"), [("+=", True), ("-=", True), ("12", False), ("+", False), ("", False)]
)
def test_delimiters_are_two_of_the_allowed_characters(delimiters: str, valid: bool) -> None:
    """verp_delimiter_filter is ``-=+`` by default."""
    assert is_valid_delimiters(delimiters, "-=+") is valid
