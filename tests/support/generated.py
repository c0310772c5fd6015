"""How comparisons with generated input run."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Drawn = TypeVar("Drawn")


def profile(count: int, is_fixed: bool) -> settings:
    """So many examples, always the same ones if ``is_fixed``; what fails is shown as it was generated."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=is_fixed,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


def draw_examples(strategy: st.SearchStrategy[Drawn], count: int, is_fixed: bool) -> list[Drawn]:
    """So many examples, for a comparison that works on several of them at a time."""
    drawn: list[Drawn] = []

    @profile(count, is_fixed)
    @given(strategy)
    def keep(example: Drawn) -> None:
        drawn.append(example)

    keep()
    return drawn
