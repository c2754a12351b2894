"""A transfer that Stripe tells of is the payout's own, or it is parked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World, transfer_object
from tests.payouts.paydays import close_run, payout, record, tell, transfer

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


def test_the_webhook_may_come_before_the_answer(world: World, claimed: DictRow) -> None:
    made = transfer_object(claimed)
    assert tell(world, made) == "processed"
    assert payout(world)["status"] == "paid"
    with world.unchanged():
        record(world, claimed, made)


def test_a_webhook_pays_a_payout_whose_worker_died(
    world: World, run_id: UUID, claimed: DictRow
) -> None:
    world.travel(by=timedelta(days=9))
    assert tell(world, transfer_object(claimed)) == "processed"
    assert world.claim_payout(run_id, world.now()) is None
    assert close_run(world, run_id)["amount_paid_cents"] == 4500


def test_a_second_transfer_is_refused_and_parked(world: World, claimed: DictRow) -> None:
    transfer(world, claimed)
    second = transfer_object(claimed, id="tr_second")
    with world.unchanged(), world.refusing("PT409", "second_transfer"):
        record(world, claimed, second)
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, second) == "parked"


@pytest.mark.parametrize("path", [["failed", "cancelled"], ["pending", "held"]])
def test_a_transfer_of_a_payout_that_was_stopped_is_parked(
    world: World, claimed: DictRow, path: list[str]
) -> None:
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute("update public.payouts set status = %s", [path[-1]])
        world.connection.execute("set local session_replication_role = origin")
        with world.unchanged(leaving_out=INBOX):
            assert tell(world, transfer_object(claimed)) == "parked"
    assert payout(world)["status"] == "sending"


def test_a_transfer_of_a_payout_that_nobody_sent_is_parked(world: World, run_id: UUID) -> None:
    waiting = payout(world)
    invented = {
        "payout_id": waiting["id"],
        "attempt": 1,
        "amount_cents": 4500,
        "currency": "gbp",
        "destination": world.value("select stripe_account_id from public.stripe_connect_accounts"),
        "transfer_group": str(waiting["id"]),
        "metadata": {"payout_id": waiting["id"]},
    }
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, transfer_object(invented)) == "parked"


def test_a_transfer_of_somebody_else_is_parked(world: World, claimed: DictRow) -> None:
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, transfer_object(claimed, metadata={})) == "parked"
    assert world.value("select note from private.webhook_events where note is not null") == (
        "unknown_transfer"
    )
