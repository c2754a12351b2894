"""Whatever a test does here, the books and the calendar agree when it ends."""

from __future__ import annotations

import pytest

from tests.factories import World
from tests.health import healthy_committed_world, healthy_world
from tests.reconciliation.stripe import Stripe

__all__ = ["healthy_committed_world", "healthy_world"]


@pytest.fixture
def stripe(world: World) -> Stripe:
    """What Stripe has listed so far: nothing."""
    return Stripe(world)
