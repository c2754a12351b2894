"""An admin books a transfer that the books lack: it was paid in advance, or it is in suspense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import Instructor, World
from tests.ledger.balances import account_balance_cents
from tests.payouts.paydays import (
    FRIDAY,
    NOON,
    WEEK,
    claim,
    close_run,
    fail,
    open_run,
    owe,
    payable,
    payouts,
    transfer,
)
from tests.payouts.transfers import book, decide, made_for, unbooked

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def instructor(world: World) -> Instructor:
    instructor = payable(world)
    world.travel(to=NOON)
    return instructor


@pytest.fixture
def run_id(world: World, instructor: Instructor) -> UUID:
    """A run with one payout of 45.00, of which the books know no attempt."""
    return open_run(world)


@pytest.fixture
def lost(world: World, run_id: UUID) -> dict[str, Any]:
    """A transfer of 20.00 to the payee, for a payout that the books do not have."""
    made = made_for(payout(world), world, amount=2000, metadata={"payout_id": str(uuid4())})
    assert book(world, made) == ("unbooked", "unknown_transfer")
    return made


def payout(world: World) -> DictRow:
    return world.row("select * from public.payouts order by created_at limit 1")


def adopt(
    world: World, made: dict[str, Any], user_id: UUID | None = None, reason: str = "It was lost."
) -> None:
    world.call(
        user_id or world.admin(),
        "public.admin_adopt_transfer",
        p_stripe_transfer_id=made["id"],
        p_reason=reason,
    )


def test_what_was_paid_in_advance_comes_off_the_next_payouts(
    world: World, run_id: UUID, instructor: Instructor, lost: dict[str, Any]
) -> None:
    adopt(world, lost)
    assert world.ledger()["stripe_balance"] == -2000
    assert account_balance_cents(world, "payee_payable", instructor.id) == 2000
    assert decide(world, run_id)["is_payable"]
    assert unbooked(world, lost) == []
    transfer(world, claim(world, run_id))

    owe(world, instructor, 5000)
    world.travel(by=WEEK)
    open_run(world, FRIDAY + WEEK)
    assert payouts(world) == [("pending", 3000), ("paid", 4500)]


def test_the_reason_and_the_admin_are_in_the_audit_log(world: World, lost: dict[str, Any]) -> None:
    admin = world.admin()
    adopt(world, lost, admin, "Paid before the restore.")
    noted = world.row(
        "select user_id, reason from public.audit_logs"
        " where entity_type = 'unbooked_transfers' and action = 'update'"
    )
    assert noted == {"user_id": admin, "reason": "Paid before the restore."}


def test_what_nobody_known_was_paid_is_in_suspense(world: World, run_id: UUID) -> None:
    metadata = {"payout_id": str(uuid4())}
    made = made_for(payout(world), world, destination="acct_lost", metadata=metadata)
    book(world, made)
    adopt(world, made)
    ledger = world.ledger()
    assert (ledger["stripe_balance"], ledger["suspense"]) == (-4500, 4500)
    assert world.violations() == []
    assert world.deliver("transfer.reversed", made | {"amount_reversed": 4500}) == "processed"
    assert "suspense" not in world.ledger()


def test_a_payout_that_it_names_is_cancelled_and_paid_by_another(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    made = made_for(payout(world), world, destination="acct_lost", amount=2000)
    assert book(world, made) == ("unbooked", "transfer_differs")
    adopt(world, made)
    assert payouts(world) == [("cancelled", 4500)]
    assert close_run(world, run_id)["is_settled"]
    world.travel(by=WEEK)
    open_run(world, FRIDAY + WEEK)
    assert payouts(world) == [("pending", 2500), ("cancelled", 4500)]


def test_a_payout_in_doubt_that_it_names_is_cancelled_too(world: World, run_id: UUID) -> None:
    fail(world, claim(world, run_id), "unknown")
    made = made_for(payout(world), world, amount=4499)
    book(world, made)
    adopt(world, made)
    assert payouts(world) == [("cancelled", 4500)]
    assert world.claim_payout(run_id, world.now()) is None


def test_a_payout_that_is_being_sent_is_left_to_the_job(world: World, run_id: UUID) -> None:
    fail(world, claim(world, run_id), "unknown")
    made = made_for(payout(world), world, amount=4499)
    book(world, made)
    world.travel(by=timedelta(minutes=1))
    claim(world, run_id)
    admin = world.admin()
    with world.unchanged(), world.refusing("PT409", "payout_cannot_do_that"):
        adopt(world, made, admin)


def test_a_second_transfer_is_paid_in_advance(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    paid = payout(world)
    book(world, made_for(paid, world))
    second = made_for(paid, world, id="tr_second")
    book(world, second)
    adopt(world, second)
    assert payouts(world) == [("paid", 4500)]
    assert account_balance_cents(world, "payee_payable", instructor.id) == 4500


def test_its_payout_is_drawn_under_another_id(world: World, instructor: Instructor) -> None:
    """The money of an adopted transfer is deducted, so no payout may be paid by it again."""
    with world.connection.transaction(force_rollback=True):
        open_run(world)
        first = payout(world)
        made = made_for(first, world, amount=1000)
    book(world, made)
    adopt(world, made)
    run_id = open_run(world)
    assert payouts(world) == [("pending", 3500)]
    assert payout(world)["id"] != first["id"]
    assert unbooked(world, made) == []
    assert world.deliver("transfer.created", made) == "processed"
    transfer(world, claim(world, run_id))
    assert world.ledger()["stripe_balance"] == -4500


# Reversed, before or after


def test_only_what_was_not_reversed_is_booked(world: World, run_id: UUID) -> None:
    metadata = {"payout_id": str(uuid4())}
    made = made_for(payout(world), world, amount=2000, amount_reversed=500, metadata=metadata)
    book(world, made)
    adopt(world, made)
    assert world.ledger()["stripe_balance"] == -1500


def test_what_was_reversed_altogether_is_adopted_without_a_posting(
    world: World, run_id: UUID
) -> None:
    made = made_for(
        payout(world), world, amount_reversed=4500, metadata={"payout_id": str(uuid4())}
    )
    book(world, made)
    before = world.ledger()
    adopt(world, made)
    assert world.ledger() == before
    assert decide(world, run_id)["is_payable"]


def test_what_is_reversed_later_is_owed_again(
    world: World, instructor: Instructor, lost: dict[str, Any]
) -> None:
    adopt(world, lost)
    for reversed_cents in (500, 500, 2000, 500):
        told = lost | {"amount_reversed": reversed_cents}
        assert world.deliver("transfer.reversed", told) == "processed"
    assert "stripe_balance" not in world.ledger()
    assert account_balance_cents(world, "payee_payable", instructor.id) == 0
    with world.unchanged(leaving_out=INBOX):
        world.deliver("transfer.updated", lost | {"amount_reversed": 2000})


# Who may


@pytest.mark.parametrize("id", ["tr_of_nobody", ""])
def test_only_what_the_books_lack_is_adopted(world: World, lost: dict[str, Any], id: str) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT404", "transfer_not_found"):
        adopt(world, {"id": id}, admin)


def test_it_is_adopted_once(world: World, lost: dict[str, Any]) -> None:
    admin = world.admin()
    adopt(world, lost, admin)
    with world.unchanged(), world.refusing("PT404", "transfer_not_found"):
        adopt(world, lost, admin)


def test_a_reason_is_required(world: World, lost: dict[str, Any]) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT422", "reason_required"):
        adopt(world, lost, admin, " ")


def test_the_payee_decides_nothing(
    world: World, instructor: Instructor, lost: dict[str, Any]
) -> None:
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        adopt(world, lost, instructor.user_id)
