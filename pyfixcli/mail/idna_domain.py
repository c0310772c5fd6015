"""Domain names that are not ASCII, as DNS has them (UTS 46, RFC 3492).

As in the reference, any letter that Unicode maps to itself is taken, not only those of RFC 5892.
"""

from __future__ import annotations

LONGEST_LABEL = 63  # octets (RFC 1035 section 2.3.4)
LONGEST = 1000  # characters of a name that is looked at; DNS has 253 octets
DOTS = str.maketrans("\u3002\uff0e\uff61", "...")  # what stands for a dot (RFC 3490 section 3.1)
PREFIX = "xn--"
# what IDNA2003 had another form for, or none (UTS 46 section 4.5): sharp s, final sigma, joiners
DEVIATIONS = str.maketrans({"\u00df": "ss", "\u03c2": "\u03c3", "\u200c": "", "\u200d": ""})


def ascii_domain(domain: str, is_transitional: bool = False) -> str | None:
    """The name in A-labels; None when it has no such form.

    ``is_transitional`` maps U-labels as IDNA2003 did (enable_idna2003_compatibility).
    """
    if len(domain) > LONGEST:
        return None
    labels = [_ascii_label(label, is_transitional) for label in domain.translate(DOTS).split(".")]
    return None if None in labels else ".".join(label or "" for label in labels)


def _ascii_label(label: str, is_transitional: bool) -> str | None:
    try:
        if label.lower().startswith(PREFIX):
            made = _encode(label[len(PREFIX) :].encode("ascii").decode("punycode"))
            if made != label.lower():
                return None
        else:
            made = _encode(label, is_transitional)
    except UnicodeError:
        return None
    return made if len(made) <= LONGEST_LABEL else None


def _encode(label: str, is_transitional: bool = False) -> str:
    """A label as UTS 46 maps it, as an A-label unless it is ASCII then; UnicodeError for one that no name has."""
    mapped = label
    if not label.isascii():
        from idna import uts46_remap  # few names need it

        mapped = uts46_remap(label, std3_rules=False, transitional=False)
        if is_transitional:
            mapped = mapped.translate(DEVIATIONS)
    if mapped.strip("-") != mapped or (label and not mapped):
        raise UnicodeError
    return mapped if mapped.isascii() else PREFIX + mapped.encode("punycode").decode("ascii")
