"""Whatever anybody does, in any order: the books agree with each other and with Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from tests.stories.machine import Story

NUMBERS = 8
STORIES = 7
STEPS_OF_STORY = 50
# Of all numbers together more than five thousand.
STEPS_OF_NUMBER = 630
# What `make proof` tells besides, with seeds of its own.
NUMBERS_OF_PROOF = 30
STEPS_OF_PROOF = 700
FIRST_SEED_OF_PROOF = 10_000
SHRINKING_SECONDS = 45


@pytest.fixture(autouse=True)
def short_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis would look for a smaller story that fails for five minutes."""
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING_SECONDS)


def tell(stage: type[Story], seed_number: int) -> int:
    """Tells some stories, always the same for a seed; returns the steps that were taken."""
    before = Story.steps
    told = settings(
        max_examples=STORIES,
        stateful_step_count=STEPS_OF_STORY,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(seed_number)(stage), settings=told)
    return Story.steps - before


@pytest.mark.slow
@pytest.mark.parametrize("number", range(NUMBERS))
def test_books_are_in_order_after_every_step(stage: type[Story], number: int) -> None:
    assert tell_for(stage, STEPS_OF_NUMBER, count(number, NUMBERS)) * NUMBERS > 5000


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(NUMBERS_OF_PROOF))
def test_books_are_in_order_in_many_more_stories(stage: type[Story], number: int) -> None:
    seeds = count(FIRST_SEED_OF_PROOF + number, NUMBERS_OF_PROOF)
    assert tell_for(stage, STEPS_OF_PROOF, seeds) >= STEPS_OF_PROOF


def tell_for(stage: type[Story], least_steps: int, seeds: Iterator[int]) -> int:
    """Tells stories of one seed after another, until they have come to so many steps."""
    steps = 0
    while steps < least_steps:
        told = tell(stage, next(seeds))
        assert told > STORIES
        steps += told
    return steps
