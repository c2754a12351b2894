"""Worlds that must be healthy when a test leaves them, for the rooms where money moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import World


@pytest.fixture(name="world")
def healthy_world(world: World) -> Iterator[World]:
    """A marketplace whose every step is rolled back, once check_invariants() finds nothing."""
    yield world
    assert world.violations() == []


@pytest.fixture(name="committed_world")
def healthy_committed_world(committed_world: World) -> Iterator[World]:
    """A marketplace in a database of its own, in which check_invariants() finds nothing."""
    yield committed_world
    assert committed_world.violations() == []
