"""Money is released on a definitive refusal alone; a doubt stays a doubt until it is looked up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World
from tests.payouts.paydays import (
    NOON,
    claim,
    close_run,
    fail,
    open_run,
    payable,
    transfer,
    worker_of,
)


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with one payout of 45.00."""
    payable(world)
    world.travel(to=NOON)
    return open_run(world)


@pytest.fixture
def claimed(world: World, run_id: UUID) -> DictRow:
    return claim(world, run_id)


@pytest.mark.parametrize(
    ("outcome", "status"), [("refused", "failed"), ("unknown", "unknown"), ("not_sent", "pending")]
)
def test_an_outcome_has_its_status_and_moves_no_money(
    world: World, claimed: DictRow, outcome: str, status: str
) -> None:
    before = world.ledger()
    fail(world, claimed, outcome, "rate_limit")
    payout = world.row("select status, failure_code, failure_message from public.payouts")
    assert payout == {"status": status, "failure_code": "rate_limit", "failure_message": "No."}
    attempt = world.row("select status, error_code, finished_at from private.payout_attempts")
    assert attempt == {"status": outcome, "error_code": "rate_limit", "finished_at": world.now()}
    assert world.ledger() == before
    assert world.value("select array_agg(status::text) from public.earnings") == ["available"]


def test_a_failure_after_the_transfer_changes_nothing(world: World, claimed: DictRow) -> None:
    transfer(world, claimed)
    with world.unchanged():
        fail(world, claimed, "unknown")


def test_a_failure_of_an_earlier_try_says_nothing_of_the_later_one(
    world: World, run_id: UUID, claimed: DictRow
) -> None:
    fail(world, claimed, "refused")
    world.travel(by=timedelta(minutes=2))
    claim(world, run_id)
    with world.unchanged():
        fail(world, claimed, "unknown")
    assert world.value("select status from public.payouts") == "sending"


def test_a_worker_that_was_overtaken_is_not_listened_to(
    world: World, run_id: UUID, claimed: DictRow
) -> None:
    overtaken = worker_of(world, claimed)
    world.travel(by=timedelta(minutes=1))
    assert claim(world, run_id)["attempt"] == claimed["attempt"]
    with world.unchanged():
        fail(world, claimed, "refused", worker_id=overtaken)
    assert world.value("select status from public.payouts") == "sending"


@pytest.mark.parametrize(
    ("outcome", "code", "status"),
    [
        ("refused", "account_closed", "held"),
        ("refused", "insufficient_capabilities_for_transfer", "held"),
        ("refused", "balance_insufficient", "failed"),
        ("unknown", "account_closed", "unknown"),
    ],
)
def test_an_account_that_cannot_be_paid_is_held_and_its_owner_told(
    world: World, claimed: DictRow, outcome: str, code: str, status: str
) -> None:
    fail(world, claimed, outcome, code)
    payout = world.row("select id, instructor_id, status from public.payouts")
    assert payout["status"] == status
    told = world.rows("select instructor_id, code, related_id from public.alerts")
    assert told == (
        [
            {
                "instructor_id": payout["instructor_id"],
                "code": "payout_held",
                "related_id": payout["id"],
            }
        ]
        if status == "held"
        else []
    )


def test_an_outcome_that_nobody_knows_is_refused(world: World, claimed: DictRow) -> None:
    with world.unchanged(), world.refusing("22P02"):
        fail(world, claimed, "perhaps")


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
