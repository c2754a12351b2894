"""Paydays around a new year of 53 weeks. Afterwards the books and the calendar agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.factories import World
from tests.payouts.paydays import NOON

WEEKS_BEFORE = NOON - timedelta(weeks=4)


@pytest.fixture(name="world")
def healthy_world(world: World) -> Iterator[World]:
    """A marketplace whose every step is rolled back, once check_invariants() finds nothing."""
    world.travel(to=WEEKS_BEFORE)
    yield world
    assert world.violations() == []


@pytest.fixture(name="committed_world")
def healthy_committed_world(committed_world: World) -> Iterator[World]:
    """A marketplace in a database of its own, in which check_invariants() finds nothing."""
    committed_world.travel(to=WEEKS_BEFORE)
    yield committed_world
    assert committed_world.violations() == []
