"""How far a run is: what can be claimed, and what other workers still hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import World
from tests.payouts.paydays import NOON, claim, fail, open_run, payable, transfer

MINUTE = timedelta(minutes=1)


def progress(world: World, run_id: UUID, **arguments: Any) -> DictRow:
    given = {"p_run_id": run_id, "p_started_at": world.now()} | arguments
    (row,) = world.serve("jobs", "private.payout_run_progress", **given)
    return row


def test_progress_tells_what_is_left_and_who_has_it(world: World) -> None:
    for _ in range(5):
        payable(world)
    world.travel(to=NOON)
    run_id, started_at = open_run(world), world.now()
    fail(world, claim(world, run_id), "refused")
    fail(world, claim(world, run_id), "unknown")
    transfer(world, claim(world, run_id))
    claim(world, run_id)
    told = progress(world, run_id, p_started_at=started_at)
    assert told == {"total": 5, "paid": 1, "claimable": 1, "leased": 1, "failed": 2, "held": 0}
    world.travel(by=MINUTE)
    later = progress(world, run_id)
    assert later == {"total": 5, "paid": 1, "claimable": 4, "leased": 0, "failed": 2, "held": 0}
