"""A run is complete once nothing is left to send, and says how it went."""

from __future__ import annotations

from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, World
from tests.payouts.paydays import NOON, close_run, fail, open_run, transfer


@pytest.mark.parametrize("outcome", ["refused", "unknown", "not_sent"])
def test_a_run_stays_open_while_a_payout_is_not_settled(
    world: World, run_id: UUID, claimed: DictRow, outcome: str
) -> None:
    assert not close_run(world, run_id)["is_completed"]
    fail(world, claimed, outcome)
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["amount_paid_cents"]) == (False, 0)
    assert (closed["failed"], closed["unknown"]) == ((0, 1) if outcome == "unknown" else (1, 0))
    transfer(world, claimed)
    assert close_run(world, run_id)["is_completed"]


def test_a_run_without_payouts_is_complete_at_once(world: World) -> None:
    world.travel(to=NOON)
    run_id = open_run(world)
    assert close_run(world, run_id) == {
        "is_completed": True,
        "total": 0,
        "paid": 0,
        "held": 0,
        "failed": 0,
        "unknown": 0,
        "amount_paid_cents": 0,
    }
    assert world.value("select org_id from public.payout_runs") == MARKETPLACE
