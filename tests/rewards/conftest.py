"""Whatever a test does here, the books and the calendar agree when it ends."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.discounts.steps import referrer_of_the_marketplace, rewarding
from tests.factories import World
from tests.health import healthy_committed_world, healthy_world

__all__ = ["healthy_committed_world", "healthy_world"]


@pytest.fixture
def amy(world: World) -> UUID:
    """A learner of a marketplace that gives 1 % off a first lesson, and 7.00 for it."""
    rewarding(world, discount_bps=100, reward_cents=700)
    return referrer_of_the_marketplace(world)
