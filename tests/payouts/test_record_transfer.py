"""A payout is paid by the transfer that its attempt asked for, once, however it becomes known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import World, transfer_object
from tests.ledger.balances import account_balance_cents
from tests.payouts.paydays import NOON, claim, close_run, fail, open_run, payable, record, transfer
from tests.payouts.transfers import made_for

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with one payout of 45.00."""
    payable(world)
    world.travel(to=NOON)
    return open_run(world)


@pytest.fixture
def claimed(world: World, run_id: UUID) -> DictRow:
    return claim(world, run_id)


def tell(world: World, made: dict[str, Any], type: str = "transfer.created") -> str:
    return world.deliver(type, made)


def payout(world: World) -> DictRow:
    return world.row("select * from public.payouts")


def test_a_transfer_pays_the_payout_and_its_earnings(world: World, claimed: DictRow) -> None:
    made = transfer(world, claimed)
    paid = payout(world)
    assert (paid["status"], paid["stripe_transfer_id"]) == ("paid", made["id"])
    assert paid["paid_at"] == world.now()
    assert world.value("select array_agg(status::text) from public.earnings") == ["paid"]
    assert world.value("select status from private.payout_attempts") == "succeeded"
    assert account_balance_cents(world, "payout_in_transit", paid["payee_id"]) == 0
    assert world.ledger()["stripe_balance"] == -4500


def test_the_same_transfer_again_changes_nothing(world: World, claimed: DictRow) -> None:
    made = transfer(world, claimed)
    with world.unchanged():
        record(world, claimed, made)
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, made) == "processed"
        assert tell(world, made, "transfer.updated") == "processed"


def test_the_webhook_may_come_before_the_answer(world: World, claimed: DictRow) -> None:
    made = transfer_object(claimed)
    assert tell(world, made) == "processed"
    assert payout(world)["status"] == "paid"
    with world.unchanged():
        record(world, claimed, made)


def test_the_destination_may_come_expanded(world: World, claimed: DictRow) -> None:
    transfer(world, claimed, destination={"object": "account", "id": claimed["destination"]})
    assert payout(world)["status"] == "paid"


@pytest.mark.parametrize("outcome", ["unknown", "refused", "not_sent"])
def test_a_transfer_that_was_made_after_all_is_adopted(
    world: World, claimed: DictRow, outcome: str
) -> None:
    fail(world, claimed, outcome)
    made = transfer(world, claimed)
    paid = payout(world)
    assert (paid["status"], paid["stripe_transfer_id"]) == ("paid", made["id"])
    assert paid["failure_code"] is None
    attempt = world.row("select status, error_code from private.payout_attempts")
    assert attempt == {"status": "succeeded", "error_code": None}


def test_a_webhook_pays_a_payout_whose_worker_died(
    world: World, run_id: UUID, claimed: DictRow
) -> None:
    world.travel(by=timedelta(days=9))
    assert tell(world, transfer_object(claimed)) == "processed"
    assert world.claim_payout(run_id, world.now()) is None
    assert close_run(world, run_id)["amount_paid_cents"] == 4500


def test_a_transfer_of_an_earlier_try_is_adopted_after_a_later_one_began(
    world: World, run_id: UUID, claimed: DictRow
) -> None:
    fail(world, claimed, "refused")
    world.travel(by=timedelta(minutes=2))
    claim(world, run_id)
    transfer(world, claimed)
    assert payout(world)["status"] == "paid"


# What is refused


@pytest.mark.parametrize(
    "metadata", [{}, {"payout_id": "no-uuid"}, {"payout_id": str(uuid4())}, None]
)
def test_another_payouts_transfer_is_refused(
    world: World, claimed: DictRow, metadata: dict[str, str] | None
) -> None:
    with world.unchanged(), world.refusing("PT422", "wrong_transfer"):
        transfer(world, claimed, metadata=metadata)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 4499},
        {"amount": 4501},
        {"amount": 0},
        {"currency": "eur"},
        {"destination": "acct_foreign"},
        {"destination": None},
    ],
)
def test_a_transfer_that_no_attempt_asked_for_is_refused_and_parked(
    world: World, claimed: DictRow, fields: dict[str, Any]
) -> None:
    with world.unchanged(), world.refusing("PT409", "transfer_differs"):
        transfer(world, claimed, **fields)
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, transfer_object(claimed, **fields)) == "parked"


def test_a_second_transfer_is_refused_and_parked(world: World, claimed: DictRow) -> None:
    transfer(world, claimed)
    second = transfer_object(claimed, id="tr_second")
    with world.unchanged(), world.refusing("PT409", "second_transfer"):
        record(world, claimed, second)
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, second) == "parked"


def test_a_transfer_of_a_payout_that_was_cancelled_is_parked(
    world: World, claimed: DictRow
) -> None:
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute(
            "update public.payouts set status = 'cancelled', leased_until = null"
        )
        world.connection.execute("set local session_replication_role = origin")
        with world.unchanged(leaving_out=INBOX):
            assert tell(world, transfer_object(claimed)) == "parked"
    assert payout(world)["status"] == "sending"


def test_a_webhook_pays_a_payout_whose_attempt_the_books_have_forgotten(
    world: World, run_id: UUID
) -> None:
    made = made_for(payout(world), world)
    assert tell(world, made) == "processed"
    assert payout(world)["status"] == "paid"
    assert world.claim_payout(run_id, world.now()) is None


@pytest.mark.parametrize(
    ("metadata", "outcome", "note"),
    [
        ({}, "ignored", "not_ours"),
        ({"payout_id": "no-uuid"}, "parked", "unknown_transfer"),
        ({"payout_id": str(uuid4())}, "parked", "unknown_transfer"),
    ],
)
def test_a_transfer_of_nobody_we_know_pays_nothing(
    world: World, claimed: DictRow, metadata: dict[str, str], outcome: str, note: str
) -> None:
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, transfer_object(claimed, metadata=metadata)) == outcome
    assert world.value("select note from private.webhook_events where note is not null") == note
