"""How comparisons with generated input run."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


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
