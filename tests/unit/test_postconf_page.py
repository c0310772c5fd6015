"""postconf(5) is what the generator makes of the parameter table, and has each parameter once."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from pyfixcli.config.params import OWN, PARAMETERS
from pyfixcli.delivery.smtp.settings import LMTP_NAMES, ClientSettings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pyfixcli"
PAGE = (ROOT / "man" / "man5" / "postconf.5").read_text()
TOOL = runpy.run_path(str(ROOT / "tests" / "tools" / "make_postconf_page"))
TEXTS = TOOL["read_texts"]()
WITHOUT_EFFECT = "Has no effect here"
# Modules that have names of parameters without using what these say: tables, and checks of values and names.
NAMING = ("load.py", "params.py", "typed.py", "usage.py", "without_effect.py")
# Parameters that are read, but whose whole names the code does not have: it makes them of parts, or they are for use in
# the values of others.
COMPOSED = (
    *(f"{mail}canonical_classes" for mail in ("", "recipient_", "sender_")),
    *(f"{kind}_transport_maps" for kind in ("fallback", "mailbox")),
    *(f"default_delivery_slot_{part}" for part in ("cost", "discount", "loan")),
    *(
        f"default_destination_concurrency_{part}"
        for part in ("failed_cohort_limit", "limit", "negative_feedback", "positive_feedback")
    ),
    "default_destination_rate_delay",
    "default_destination_recipient_limit",
    "default_minimum_delivery_slots",
    "default_transport_rate_delay",
    "local_destination_concurrency_limit",
    "local_destination_recipient_limit",
    "compatibility_level",
    "default_delivery_status_filter",
    "mail_release_date",
    "multi_instance_name",
    "reject_tempfail_action",
)
OF_CLIENTS = (
    "body_checks",
    "enforce_tls",
    "generic_maps",
    "header_checks",
    "mime_header_checks",
    "nested_header_checks",
    "sasl_auth_enable",
    "sasl_password_maps",
    "sender_dependent_authentication",
    "tls_enforce_peername",
    "tls_per_site",
    "tls_policy_maps",
    "tls_security_level",
    "tls_wrappermode",
    "use_tls",
)


def entries() -> dict[str, str]:
    """name -> lines of its entry."""
    text = PAGE.split(".Sh PARAMETERS", 1)[1].split(".Sh FILES", 1)[0]
    found = re.split(r"^\.It Va (\w+)\n", text, flags=re.MULTILINE)
    assert len(found[1::2]) == len(set(found[1::2]))
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_page_is_up_to_date() -> None:
    """After a change of the table or the texts: tests/tools/make_postconf_page."""
    assert TOOL["page"]() == PAGE


def test_the_page_has_the_parameters_and_no_others() -> None:
    """In the order of the table."""
    assert list(entries()) == list(PARAMETERS)


def test_the_defaults_are_those_of_the_table() -> None:
    """An empty one is called nothing, or is found out."""
    shown = {}
    for name, text in entries().items():
        found = re.search(r"^\.Dl (.*)$", text, re.MULTILINE)
        shown[name] = found[1].replace("\\&", "") if found else ""
    escaped = {
        name: " ".join(row[1].split()).replace("\\", "\\e").replace("'", "\\(aq")
        for name, row in PARAMETERS.items()
    }
    assert shown == {name: text.replace('"', "\\(dq") for name, text in escaped.items()}


@pytest.mark.parametrize("name", sorted(OWN))
def test_own_parameters_are_marked(name: str) -> None:
    """Those that Postfix does not have."""
    assert "only here" in entries()[name]


def test_no_entry_is_without_text() -> None:
    """The line after the default says something."""
    assert [name for name, text in entries().items() if len(text.strip().splitlines()) < 2] == []


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_explained(name: str) -> None:
    """By a text of its own or that of its family; one that only repeats the name would help nobody."""
    own = set(re.findall(r"\w+", name.replace("_", " ").lower()))
    words = set(re.findall(r"\w+", TOOL["text_of"](name, TEXTS).lower()))
    assert words - own


def test_a_parameter_without_text_ends_the_program() -> None:
    """Whoever adds one has to say what it does."""
    with pytest.raises(SystemExit):
        TOOL["text_of"]("myhostname", {})


def read_parameters() -> set[str]:
    """Parameters that some part of the program uses."""
    found = {f"{protocol}_{part}" for protocol in ("smtp", "lmtp") for part in OF_CLIENTS}
    for part in ClientSettings.__slots__:
        found |= {f"smtp_{part}", f"lmtp_{LMTP_NAMES.get(part, part)}"}
    for path in PACKAGE.rglob("*.py"):
        if path.name not in NAMING:
            text = path.read_text()
            found.update(re.findall(r"config\.(\w+)", text), re.findall(r'"(\w+)"', text))
    return found & PARAMETERS.read_all().keys() | set(COMPOSED)


def test_what_has_no_effect_is_what_nothing_reads() -> None:
    """Whoever makes a parameter work takes it out of without_effect.py; whoever stops reading one adds it."""
    shown = {name for name in PARAMETERS if WITHOUT_EFFECT in TOOL["text_of"](name, TEXTS)}
    assert shown == PARAMETERS.read_all().keys() - read_parameters()


def test_composed_names_are_those_of_parameters() -> None:
    """A wrong one would never be found."""
    assert set(COMPOSED) <= PARAMETERS.read_all().keys()
    of_clients = {f"{one}_{part}" for one in ("smtp", "lmtp") for part in OF_CLIENTS}
    assert of_clients <= PARAMETERS.read_all().keys()
