"""Whatever order Stripe's news come in, and however often, the marketplace ends the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.factories import World
from tests.webhooks.history import play, write_history

FEW_PERMUTATIONS = 6
PERMUTATIONS = 60
MANY_PERMUTATIONS = 1000


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "permutations",
    [
        FEW_PERMUTATIONS,
        pytest.param(PERMUTATIONS, marks=pytest.mark.slow),
        pytest.param(MANY_PERMUTATIONS, marks=pytest.mark.faults),
    ],
)
def test_a_history_ends_the_same_in_every_order_with_every_repetition(
    world: World, permutations: int
) -> None:
    steps = write_history(world).steps
    assert len(steps) >= 40
    with world.connection.transaction(force_rollback=True):
        expected = play(world, steps)
        assert world.violations() == []

    @seed(20270101)
    @settings(
        max_examples=permutations,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    @given(
        order=st.permutations(range(len(steps))),
        repeated=st.lists(st.integers(0, len(steps) - 1), max_size=20),
    )
    def ends_the_same(order: list[int], repeated: list[int]) -> None:
        shuffled = [steps[number] for number in (*order, *repeated)]
        with world.connection.transaction(force_rollback=True):
            assert play(world, shuffled) == expected
            assert world.violations() == []

    ends_the_same()


@pytest.mark.slow
def test_a_history_told_twice_ends_the_same(world: World) -> None:
    steps = write_history(world).steps
    with world.connection.transaction(force_rollback=True):
        expected = play(world, steps)
    assert play(world, [*steps, *steps]) == expected


@pytest.mark.slow
def test_a_history_told_backwards_ends_the_same(world: World) -> None:
    steps = write_history(world).steps
    with world.connection.transaction(force_rollback=True):
        expected = play(world, steps)
    assert play(world, steps[::-1]) == expected
