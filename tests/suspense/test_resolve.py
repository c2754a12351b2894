"""An admin decides about money in suspense: it pays, went back elsewhere, or is written off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import MARKETPLACE, Booking, World, refund_object
from tests.ledger.conftest import PLATFORM
from tests.payments.steps import succeed

PAID = {"stripe_balance": 5310, "instructor_pending": -4500, "platform_fees": -810}


def resolve(world: World, resolution: str | None, **arguments: Any) -> None:
    given = {
        "p_suspense_item_id": world.value("select id from private.suspense_items"),
        "p_resolution": resolution,
        "p_reason": "Settled by telephone.",
    } | arguments
    world.call(world.admin(), "public.admin_resolve_suspense", **given)


def maintain(world: World) -> int:
    return world.maintain()["suspense_paid"]


@pytest.fixture
def booking(world: World) -> Booking:
    """A booking whose price came by a PaymentIntent that nobody here knows."""
    booking = world.booking()
    foreign = booking.intent(
        id="pi_foreign", latest_charge="ch_foreign", metadata={"payment_id": "unknown"}
    )
    assert world.deliver("payment_intent.succeeded", foreign) == "processed"
    return booking


@pytest.mark.parametrize(
    ("resolution", "account"),
    [("refunded_elsewhere", "platform_bank"), ("written_off", "write_offs")],
)
def test_money_leaves_suspense_by_a_decision(
    world: World, booking: Booking, resolution: str, account: str
) -> None:
    resolve(world, resolution)
    assert world.ledger() == {"stripe_balance": 5310, account: -5310}
    item = world.row("select resolution, resolved_at from private.suspense_items")
    assert item == {"resolution": resolution, "resolved_at": world.now()}
    entry = world.row(
        "select reason, actor_kind::text from public.audit_logs"
        " where entity_type = 'suspense_items' and action = 'update'"
    )
    assert entry["reason"] == "Settled by telephone."
    with world.refusing("PT404", "suspense_not_found"):
        resolve(world, resolution)


def test_what_is_left_after_a_refund_is_resolved(world: World, booking: Booking) -> None:
    foreign = booking.payment | {"stripe_payment_intent_id": "pi_foreign"}
    world.deliver("refund.updated", refund_object(foreign, 5000))
    resolve(world, "written_off")
    assert world.ledger() == {"stripe_balance": 310, "write_offs": -310}
    world.deliver("refund.updated", refund_object(foreign, 310))
    assert world.ledger() == {"suspense": 310, "write_offs": -310}
    resolve(world, "written_off")
    assert world.ledger() == {}


def test_what_went_back_without_having_come_is_written_off_only(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor)
    world.deliver("refund.updated", refund_object(credit.payment, 7))
    with world.refusing("PT422", "bad_resolution"):
        resolve(world, "refunded_elsewhere")
    resolve(world, "written_off")
    assert world.ledger()["write_offs"] == 7
    assert "suspense" not in world.ledger()


def test_money_pays_for_an_open_payment(world: World, booking: Booking) -> None:
    resolve(world, "payment", p_payment_id=booking.payment["id"])
    assert booking.status == "held"
    assert maintain(world) == 1
    assert booking.status == "confirmed"
    payment = booking.payment
    assert (payment["status"], payment["captured_cents"]) == ("succeeded", 5310)
    assert payment["stripe_payment_intent_id"] == "pi_foreign"
    assert payment["stripe_charge_id"] == "ch_foreign"
    assert world.ledger() == PAID
    assert len(world.commands("cancel_payment_intent")) == 1
    assert maintain(world) == 0
    booking.refund(5310)
    assert world.ledger() == {}


def test_its_fee_is_that_of_the_payment_then(world: World, booking: Booking) -> None:
    world.connection.execute(
        'select private.record_suspense_fee(id, \'[{"id": "txn_1", "fee": 100, "currency":'
        ' "gbp"}]\') from private.suspense_items'
    )
    resolve(world, "payment", p_payment_id=booking.payment["id"])
    maintain(world)
    assert world.ledger() == PAID
    booking.settle_funds(fee_cents=100)
    assert world.ledger() == PAID | {"stripe_balance": 5210, "processor_fees": 100}


def books_of(world: World, org_id: UUID) -> dict[str, int]:
    """The sum of each kind of account of one organization, without those that are zero."""
    sums = world.rows(
        "select account.kind::text, sum(entry.amount_cents)::bigint as amount_cents"
        " from private.ledger_entries entry"
        " join private.ledger_accounts account on account.id = entry.account_id"
        " where entry.org_id = %s"
        " group by account.kind having sum(entry.amount_cents) <> 0",
        org_id,
    )
    return {row["kind"]: row["amount_cents"] for row in sums}


def test_what_the_platform_received_it_owes_to_the_organization_of_the_payment(
    world: World, booking: Booking
) -> None:
    """The money stays where it came, its fee goes with the payment, one transaction each side."""
    world.connection.execute(
        'select private.record_suspense_fee(id, \'[{"id": "txn_1", "fee": 100, "currency":'
        ' "gbp"}]\') from private.suspense_items'
    )
    resolve(world, "payment", p_payment_id=booking.payment["id"])
    maintain(world)
    booking.settle_funds(fee_cents=100)
    assert books_of(world, PLATFORM) == {"stripe_balance": 5210, "interorganization": -5210}
    assert books_of(world, MARKETPLACE) == {
        "interorganization": 5210,
        "processor_fees": 100,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }
    booking.refund(5310)
    assert books_of(world, PLATFORM) == {"stripe_balance": 5210, "interorganization": -5210}
    assert books_of(world, MARKETPLACE) == {
        "interorganization": 5210,
        "processor_fees": 100,
        "stripe_balance": -5310,
    }


def test_money_that_came_too_late_for_its_payment_is_refunded(
    world: World, booking: Booking
) -> None:
    """Another learner has the time by now."""
    world.travel(by=timedelta(hours=1))
    world.maintain()
    world.book(world.person("Cleo"), booking.slot_id)
    resolve(world, "payment", p_payment_id=booking.payment["id"])
    assert maintain(world) == 1
    assert [command["amount_cents"] for command in world.commands("refund_payment")] == [5310]
    world.carry_refunds()
    assert world.ledger() == {}


def test_a_payment_that_ended_meanwhile_leaves_the_money_where_it_is(
    world: World, booking: Booking
) -> None:
    resolve(world, "payment", p_payment_id=booking.payment["id"])
    booking.pay()
    assert maintain(world) == 0
    assert world.ledger() == PAID | {"stripe_balance": 10620, "suspense": -5310}


def other_payment(world: World) -> UUID:
    """A payment over another amount."""
    dear = world.booking(price_cents=9000)
    dear.open_payment()
    payment_id: UUID = dear.payment["id"]
    return payment_id


def test_money_pays_for_nothing_else(world: World, booking: Booking) -> None:
    with world.unchanged():
        with world.refusing("PT404", "payment_not_found"):
            resolve(world, "payment")
        with world.refusing("PT404", "payment_not_found"):
            resolve(world, "payment", p_payment_id=uuid4())
    dear = other_payment(world)
    with world.refusing("PT409", "payment_differs"):
        resolve(world, "payment", p_payment_id=dear)
    booking.pay()
    with world.refusing("PT409", "payment_differs"):
        resolve(world, "payment", p_payment_id=booking.payment["id"])


def test_money_of_another_amount_does_not_pay_for_its_own_payment(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    with world.refusing("PT409", "payment_differs"):
        resolve(world, "payment", p_payment_id=booking.payment["id"])
    resolve(world, "refunded_elsewhere")
    assert world.ledger() == {"stripe_balance": 5309, "platform_bank": -5309}


@pytest.mark.parametrize("resolution", [None, "", "paid"])
def test_other_decisions_are_none(world: World, booking: Booking, resolution: str | None) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_resolution"):
        resolve(world, resolution)


def test_a_decision_needs_a_reason_and_an_item(world: World, booking: Booking) -> None:
    with world.unchanged(leaving_out=("private.platform_admins",)):
        with world.refusing("PT422", "reason_required"):
            resolve(world, "written_off", p_reason=" ")
        with world.refusing("PT404", "suspense_not_found"):
            resolve(world, "written_off", p_suspense_item_id=uuid4())


def test_only_admins_of_the_platform_decide(world: World, booking: Booking) -> None:
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            booking.instructor.user_id,
            "public.admin_resolve_suspense",
            p_suspense_item_id=world.value("select id from private.suspense_items"),
            p_resolution="written_off",
            p_reason="Mine.",
        )
