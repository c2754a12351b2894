"""Whatever a test does here, the books and the calendar agree when it ends."""

from __future__ import annotations

import pytest

from tests.factories import Booking, World
from tests.health import healthy_committed_world, healthy_world
from tests.payments.steps import late_payment

__all__ = ["healthy_committed_world", "healthy_world"]


@pytest.fixture
def booking(world: World) -> Booking:
    """A booking that was cancelled before its payment came, so that a refund is on its way."""
    return late_payment(world)
