"""The addresses that a table gives for an address (canonical(5), virtual(5): RESULT FORMAT).

``@domain`` stands for the same user elsewhere, an address without a domain is completed, and an
extension that the key did not have goes on to the result (propagate_unmatched_extensions).
"""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.mail.address import split_address
from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.maps.address_lookup import Found


def result_addresses(
    found: Found, address: str, complete: Callable[[str], str], propagates: bool
) -> list[str]:
    """The addresses of a value found for ``address``; all in internal form.

    ``complete`` adds the domain of this system where there is none.
    """
    addresses = []
    for text in read_addresses(found.value):
        if text.startswith("@"):
            text = split_address(address)[0].removesuffix(found.extension) + text
        result = complete(text)
        if propagates and found.extension:
            result = add_extension(result, found.extension)
        addresses.append(result)
    return addresses


def read_addresses(value: str) -> list[str]:
    """The addresses of a value; what is plainly one, as most are, needs no parser."""
    local, at, domain = value.partition("@")
    is_plain = (
        at
        and value.isascii()
        and local.replace(".", "").isalnum()
        and domain.replace(".", "").replace("-", "").isalnum()
    )
    return [value] if is_plain else parse_addresses(value)


def add_extension(address: str, extension: str) -> str:
    """``user@domain`` with an extension, which has its delimiter."""
    local, domain = split_address(address)
    return local + extension if domain is None else f"{local}{extension}@{domain}"
