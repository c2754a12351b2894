"""Whatever anybody does, in any order: the books agree with each other and with Stripe."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stories.machine import Story

STEPS = 50


def tell(stage: type[Story], number: int, examples: int) -> int:
    """Tells so many stories, always the same for a number; returns the steps that were taken."""
    before = Story.steps
    told = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(stage), settings=told)
    return Story.steps - before


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(8))
def test_books_are_in_order_after_every_step(stage: type[Story], number: int) -> None:
    assert tell(stage, number, 13) >= 13 * STEPS
