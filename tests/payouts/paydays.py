"""Paydays in a line: who is owed what, and on which Friday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, Instructor, World, transfer_object

# A Friday, and the first of a year of 53.
FRIDAY = date(2027, 1, 1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def owe(world: World, instructor: Instructor, cents: int = 4500, **columns: Any) -> UUID:
    """Owes an instructor something since yesterday, as an adjustment. Columns as in earnings."""
    given = {
        "org_id": instructor.org_id,
        "instructor_id": instructor.id,
        "payee_id": instructor.id,
        "kind": "adjustment",
        "currency": "gbp",
        "amount_cents": cents,
        "available_at": world.now() - DAY,
    } | columns
    names, places = ", ".join(given), ", ".join(["%s"] * len(given))
    earning_id: UUID = world.value(
        f"insert into public.earnings ({names}) values ({places}) returning id", *given.values()
    )
    return earning_id


def payable(world: World, cents: int = 4500, **columns: Any) -> Instructor:
    """An instructor with a Stripe account who is owed something."""
    instructor = world.instructor(**columns)
    world.onboard(instructor)
    owe(world, instructor, cents)
    return instructor


def due(world: World, on: date | None = None, org_id: UUID | None = None) -> list[DictRow]:
    return world.serve("jobs", "private.due_payout_runs", p_date=on, p_org_id=org_id)


def open_run(
    world: World,
    period_on: date = FRIDAY,
    org_id: UUID = MARKETPLACE,
    schedule: str = "weekly",
) -> UUID:
    (run,) = world.serve(
        "jobs",
        "private.open_payout_run",
        p_org_id=org_id,
        p_schedule=schedule,
        p_period_on=period_on,
    )
    run_id: UUID = run["open_payout_run"]
    return run_id


def close_run(world: World, run_id: UUID) -> DictRow:
    (closed,) = world.serve("jobs", "private.close_payout_run", p_run_id=run_id)
    return closed


def transfer(world: World, claimed: DictRow, **fields: Any) -> dict[str, Any]:
    """Records that Stripe made the transfer of a claimed payout, and returns it."""
    made = transfer_object(claimed, **fields)
    record(world, claimed, made)
    return made


def record(world: World, claimed: DictRow, made: dict[str, Any]) -> None:
    world.serve(
        "jobs",
        "private.record_transfer",
        p_payout_id=claimed["payout_id"],
        p_attempt=claimed["attempt"],
        p_transfer=Jsonb(made),
    )


def fail(
    world: World,
    claimed: DictRow,
    outcome: str,
    code: str = "balance_insufficient",
    worker_id: UUID | None = None,
) -> None:
    """Records that a claimed payout was not sent, by the worker that holds it or another."""
    world.serve(
        "jobs",
        "private.record_transfer_failure",
        p_payout_id=claimed["payout_id"],
        p_attempt=claimed["attempt"],
        p_worker_id=worker_id or worker_of(world, claimed),
        p_outcome=outcome,
        p_code=code,
        p_message="No.",
    )


def worker_of(world: World, claimed: DictRow) -> UUID:
    """The worker that a try belongs to now."""
    worker_id: UUID = world.value(
        "select worker_id from private.payout_attempts where payout_id = %s and attempt = %s",
        claimed["payout_id"],
        claimed["attempt"],
    )
    return worker_id


def claim(world: World, run_id: UUID) -> DictRow:
    """Claims the next payout of a run, in an invocation that begins now."""
    claimed = world.claim_payout(run_id, world.now())
    assert claimed is not None
    return claimed


def payouts(world: World) -> list[tuple[str, int]]:
    rows = world.rows("select status, amount_cents from public.payouts order by amount_cents")
    return [(row["status"], row["amount_cents"]) for row in rows]


def results(world: World, run_id: UUID) -> dict[UUID, tuple[int, str, str | None]]:
    """What a run decided for each payee: amount, outcome, reason."""
    rows = world.rows(
        "select payee_id, amount_cents, outcome, reason from public.payout_run_results"
        " where run_id = %s",
        run_id,
    )
    return {row["payee_id"]: (row["amount_cents"], row["outcome"], row["reason"]) for row in rows}
