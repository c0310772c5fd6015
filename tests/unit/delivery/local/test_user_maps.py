"""Tables that choose commands and transports: whoever chooses a name chooses neither, as in the reference."""

from __future__ import annotations

from pathlib import Path

from tests.support.agent_run import OTHER
from tests.support.local_run import Local, passes

ME = OTHER.pw_name
REFUSED = "regular expression substitution is not allowed: skipping this rule"


def with_rules(place: Path, name: str, *values: str) -> Local:
    """local(8) with patterns that match every user."""
    rules = place / "rules"
    rules.write_text("".join(f"/^(.*)$/ {value}\n" for value in values))
    return Local(place, **{name: f"regexp:{rules}"})


def count_refusals(local: Local) -> int:
    """How many rules the log says are skipped."""
    local.context.agent.log.flush()
    return sum(REFUSED in line for line in local.lines.texts)


def test_s7_no_part_of_a_name_goes_into_a_command(place: Path) -> None:
    """Such a rule is skipped, with one warning; the next one counts."""
    local = with_rules(place, "mailbox_command_maps", f"touch {place}/$1", "exit 0")
    for _ in range(2):
        assert local.said(ME) == [f"{ME}: delivered to command: exit 0"]
    assert count_refusals(local) == 1
    assert not (place / ME).exists()


def test_s7_no_part_of_a_name_goes_into_a_transport(place: Path) -> None:
    """The same."""
    for name, user in (("mailbox_transport_maps", ME), ("fallback_transport_maps", "gone")):
        local = with_rules(place, name, "lmtp:$1", "lmtp:own")
        assert [p.nexthop for p in passes(local.deliver(user))] == ["own"]
        assert count_refusals(local) == 1
