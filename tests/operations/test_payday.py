"""Nobody is paid from books that are wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.rows import DictRow

from tests.factories import World
from tests.payouts.paydays import due


@pytest.fixture(name="world")
def payday(world: World) -> World:
    """A payday with somebody to pay."""
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    return world


def require_due(world: World) -> list[DictRow]:
    return world.serve("jobs", "private.require_due_payout_runs", p_date=None, p_org_id=None)


def test_books_in_order_give_the_runs_that_are_due(world: World) -> None:
    assert require_due(world)
    assert require_due(world) == due(world)


def test_broken_books_give_none(world: World) -> None:
    with world.connection.transaction(force_rollback=True):
        world.rows("update private.ledger_accounts set balance_cents = balance_cents + 1")
        assert world.violations()
        with world.refusing("PT409", "invariants_are_broken"):
            require_due(world)
