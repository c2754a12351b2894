"""Nobody is paid from books that are wrong."""

from __future__ import annotations

import pytest

from tests.factories import World
from tests.payouts.paydays import NOON, due, payable


@pytest.fixture(name="world")
def payday(world: World) -> World:
    """A payday with somebody to pay."""
    payable(world)
    world.travel(to=NOON)
    return world


def test_books_in_order_give_the_runs_that_are_due(world: World) -> None:
    runs = world.serve("jobs", "private.require_due_payout_runs", p_date=None, p_org_id=None)
    assert runs
    assert runs == due(world)


def test_broken_books_give_none(world: World) -> None:
    world.rows("alter table public.earnings disable trigger all")
    world.rows("update public.earnings set amount_cents = amount_cents + 1")
    assert world.violations()
    with world.refusing("PT409", "invariants_are_broken"):
        world.serve("jobs", "private.require_due_payout_runs", p_date=None, p_org_id=None)
