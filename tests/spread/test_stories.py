"""The stories on a database whose tables are spread: the books are in order after every step."""

from __future__ import annotations

from itertools import count

import pytest

from tests.stories.machine import Story
from tests.stories.test_stories import STEPS_OF_PROOF, tell_for

FIRST_SEED = 20_000
SEEDS_OF_PROOF = 4


@pytest.mark.slow
def test_books_are_in_order_after_every_step(stage: type[Story]) -> None:
    assert tell_for(stage, 100, count(FIRST_SEED)) >= 100


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(SEEDS_OF_PROOF))
def test_books_are_in_order_in_many_more_stories(stage: type[Story], number: int) -> None:
    seeds = count(FIRST_SEED + 1 + number, SEEDS_OF_PROOF)
    assert tell_for(stage, STEPS_OF_PROOF, seeds) >= STEPS_OF_PROOF
