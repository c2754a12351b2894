"""Before a refund is sent, the books know what Stripe has refunded, as after a restore."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, World, refund_object
from tests.payments.steps import fail_refund, our_refund, paid


def compare(world: World, refund_id: UUID, *made: dict[str, Any]) -> str:
    [row] = world.serve(
        "jobs", "private.compare_refund", p_refund_id=refund_id, p_made=Jsonb(list(made))
    )
    decision: str = row["compare_refund"]
    return decision


def listed(booking: Booking, cents: int, **fields: Any) -> dict[str, Any]:
    """A refund as Stripe lists it; of ours, by a row that the books do not have."""
    given: dict[str, Any] = {
        "created": int(booking.world.now().timestamp()),
        "balance_transaction": "txn_1",
        "metadata": {"refund_id": str(uuid4())},
    } | fields
    return refund_object(booking.payment, cents, **given)


@pytest.fixture
def refunded(world: World) -> Booking:
    """A payment of 53.10, of which an admin refunds 10.00: decided, and not sent yet."""
    booking = paid(world)
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=1000,
        p_reason="The car was late.",
    )
    return booking


@pytest.fixture
def refund_id(world: World, refunded: Booking) -> UUID:
    id: UUID = world.value("select id from public.refunds")
    return id


def refunds(world: World) -> list[tuple[str, int]]:
    rows = world.rows("select status::text, amount_cents from public.refunds order by created_at")
    return sorted((row["status"], row["amount_cents"]) for row in rows)


def alert(world: World) -> DictRow:
    return world.row("select code, message from public.alerts")


def test_a_refund_that_was_never_made_is_sent(world: World, refund_id: UUID) -> None:
    with world.unchanged():
        assert compare(world, refund_id) == "send"


def test_one_that_was_made_is_recorded(world: World, refunded: Booking, refund_id: UUID) -> None:
    assert compare(world, refund_id, our_refund(refunded)) == "made"
    assert refunds(world) == [("succeeded", 1000)]
    with world.unchanged():
        assert compare(world, refund_id, our_refund(refunded)) == "made"


def test_one_of_ours_that_was_forgotten_is_adopted_if_it_is_the_same(
    world: World, refunded: Booking, refund_id: UUID
) -> None:
    made = listed(refunded, 1000)
    assert compare(world, refund_id, made) == "made"
    assert refunds(world) == [("succeeded", 1000)]
    assert world.value("select stripe_refund_id from public.refunds") == made["id"]
    assert refunded.payment["refunded_cents"] == 1000
    with world.unchanged():
        assert compare(world, refund_id, made) == "made"


def test_one_that_waits_at_stripe_is_adopted_and_succeeds_later(
    world: World, refunded: Booking, refund_id: UUID
) -> None:
    made = listed(refunded, 1000, status="pending", balance_transaction=None)
    assert compare(world, refund_id, made) == "made"
    assert refunds(world) == [("pending", 1000)]
    world.deliver("refund.updated", made | {"status": "succeeded"})
    assert refunds(world) == [("succeeded", 1000)]


def test_each_of_two_is_adopted_as_one(world: World, refunded: Booking, refund_id: UUID) -> None:
    first, second = listed(refunded, 1000), listed(refunded, 1000)
    assert compare(world, refund_id, second, first) == "made"
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=refunded.payment["id"],
        p_amount_cents=1000,
        p_reason="And it broke down.",
    )
    next_id = world.value("select id from public.refunds where stripe_refund_id is null")
    assert compare(world, next_id, second, first) == "made"
    assert refunded.payment["refunded_cents"] == 2000
    ids = {row["stripe_refund_id"] for row in world.rows("select * from public.refunds")}
    assert ids == {first["id"], second["id"]}


def test_the_others_that_were_forgotten_wait_for_who_asks_again(
    world: World, refunded: Booking, refund_id: UUID
) -> None:
    assert compare(world, refund_id, listed(refunded, 2155), listed(refunded, 1000)) == "made"
    assert refunds(world) == [("succeeded", 1000)]


@pytest.mark.parametrize(
    "fields",
    [{"amount": 999}, {"amount": 2655}, {"metadata": {}}, {"metadata": {"refund_id": "no-uuid"}}],
    ids=["less", "more", "Dashboard", "no uuid"],
)
def test_what_was_forgotten_and_is_not_the_same_is_for_a_person(
    world: World, refunded: Booking, refund_id: UUID, fields: dict[str, Any]
) -> None:
    """The refund was decided without knowing it, so how much is still owed is not sure."""
    made = listed(refunded, 1000, **fields)
    assert compare(world, refund_id, made) == "refused"
    assert refunds(world) == [("failed", 1000), ("succeeded", made["amount"])]
    assert refunded.payment["refunded_cents"] == made["amount"]
    assert alert(world)["code"] == "refund_failed"
    assert "refund only what is still owed" in alert(world)["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "failed"},
        {"status": "canceled"},
        {"balance_transaction": None, "metadata": {}},
    ],
    ids=["failed", "cancelled", "never captured"],
)
def test_what_moved_no_money_is_left_out(
    world: World, refunded: Booking, refund_id: UUID, fields: dict[str, Any]
) -> None:
    with world.unchanged():
        assert compare(world, refund_id, listed(refunded, 1000, **fields)) == "send"


def test_what_the_books_know_is_left_out(world: World, refunded: Booking, refund_id: UUID) -> None:
    known = listed(refunded, 500, metadata={})
    assert world.deliver("refund.created", known) == "processed"
    with world.unchanged():
        assert compare(world, refund_id, known) == "send"


def test_a_refund_that_failed_is_not_sent(world: World, refunded: Booking, refund_id: UUID) -> None:
    fail_refund(world, refund_id)
    with world.unchanged():
        assert compare(world, refund_id) == "settled"


def test_a_lot_gives_its_minutes_back_once(world: World) -> None:
    instructor, _ = world.hourly()
    learner = world.person()
    lot = world.hours(learner, instructor, 10)
    world.ask(learner, "public.refund_credits", p_credit_id=lot.id, p_minutes=300)
    refund = world.row("select * from public.refunds")
    made = refund_object(
        lot.payment,
        refund["amount_cents"],
        created=1,
        balance_transaction="txn_1",
        metadata={"refund_id": str(uuid4())},
    )
    assert compare(world, refund["id"], made) == "made"
    assert lot.columns["minutes_refunded"] == 300
