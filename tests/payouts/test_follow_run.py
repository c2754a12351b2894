"""When a run is over, and when nobody has to look at it any more."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import World
from tests.payouts.paydays import NOON, claim, close_run, fail, open_run, payable, transfer


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with one payout."""
    payable(world)
    world.travel(to=NOON)
    return open_run(world)


def test_a_run_with_a_payout_to_send_is_neither_completed_nor_settled(
    world: World, run_id: UUID
) -> None:
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["is_settled"]) == (False, False)


def test_a_run_that_is_paid_is_settled(world: World, run_id: UUID) -> None:
    transfer(world, claim(world, run_id))
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["is_settled"]) == (True, True)


def test_a_run_with_a_payout_on_hold_is_completed_and_not_settled(
    world: World, run_id: UUID
) -> None:
    fail(world, claim(world, run_id), "refused", "account_closed")
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["held"], closed["is_settled"]) == (True, 1, False)
