"""Why a text is no host name, in the reference's words."""

from __future__ import annotations

MAX_LABEL = 63
EXTRA = b"-_."


def describe_problem(name: str) -> str:
    """What is wrong with a name that is_host_name() refuses."""
    for octet in name.encode("utf-8", "surrogateescape"):
        if octet not in EXTRA and not (octet < 0x80 and chr(octet).isalnum()):
            return f"valid_hostname: invalid character {octet}(decimal): {name}"
    labels = name.split(".")
    if not all(labels):
        return f"valid_hostname: misplaced delimiter: {name}"
    if any(len(label) > MAX_LABEL for label in labels):
        return f"valid_hostname: hostname label too long: {name}"
    if any(label.strip("-") != label for label in labels):
        return f"valid_hostname: misplaced hyphen: {name}"
    return f"valid_hostname: numeric hostname: {name}"
