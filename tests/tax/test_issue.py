"""An invoice for each fee when it is earned, and a credit note for what of it goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import follow, move, price_on
from tests.factories import MARKETPLACE, Booking, World
from tests.tax.steps import issued, register, save, terms


def paid(world: World, discount_cents: int = 0) -> Booking:
    booking = world.booking(discount_cents=discount_cents)
    booking.pay()
    return booking


def test_a_fee_on_top_is_invoiced_to_the_payer(world: World) -> None:
    booking = paid(world)
    (document,) = issued(world)
    assert document["kind"] == "invoice"
    assert (document["bearer"], document["payer_id"]) == ("payer", booking.learner)
    assert (document["fee_cents"], document["discount_cents"], document["total_cents"]) == (
        *(810, 0, 810),
    )
    assert document["payee_id"] == booking.instructor.id
    assert document["order_id"] == booking.columns["order_id"]
    assert document["supplied_at"] <= document["issued_at"]
    assert world.count("private.uninvoiced_fees") == 0


def test_an_included_fee_is_invoiced_to_the_payee(world: World) -> None:
    terms(world, MARKETPLACE, p_fee_mode="included")
    booking = paid(world)
    save(world, booking.instructor.user_id, p_vat_number="GB 999 9999 73")
    (document,) = issued(world)
    assert (document["bearer"], document["payer_id"]) == ("payee", None)
    assert (document["payee_id"], document["total_cents"]) == (booking.instructor.id, 810)
    assert document["recipient_name"] == "Ann Mary Lee"
    assert document["recipient_address"] == "1 High Street, Leeds, LS1 1AA, GB"
    assert document["recipient_vat_number"] == "GB999999973"


def test_a_payee_who_said_nothing_is_called_as_everywhere(world: World) -> None:
    terms(world, MARKETPLACE, p_fee_mode="included")
    paid(world)
    (document,) = issued(world)
    assert (document["recipient_name"], document["recipient_vat_number"]) == ("Ann", None)


def test_the_fee_of_a_lesson_paid_outside_is_the_payees(world: World) -> None:
    booking = world.booking()
    world.call(booking.instructor.user_id, "public.record_payment_outside", p_booking_id=booking.id)
    (document,) = issued(world)
    assert (document["bearer"], document["payee_id"]) == ("payee", booking.instructor.id)
    assert document["total_cents"] == 810


def test_an_agreed_fee_is_the_payees(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    world.call(
        world.admin(),
        "public.admin_set_instructor_fee",
        p_org_id=school,
        p_amount_cents=5000,
        p_reason="Agreed by letter.",
    )
    world.travel(by=timedelta(days=40))
    (document,) = issued(world)
    assert (document["bearer"], document["payee_id"]) == ("payee", instructor.id)
    assert (document["order_id"], document["total_cents"]) == (None, 5000)


def test_a_code_lowers_the_payers_invoice_and_leaves_the_fee(world: World) -> None:
    paid(world, discount_cents=450)
    (document,) = issued(world)
    assert (document["fee_cents"], document["discount_cents"], document["total_cents"]) == (
        *(810, 450, 360),
    )


def test_a_code_beyond_the_fee_leaves_nothing_to_pay_for_it(world: World) -> None:
    paid(world, discount_cents=1500)
    (document,) = issued(world)
    assert (document["fee_cents"], document["total_cents"]) == (810, 0)


def test_what_is_refunded_of_a_fee_is_credited(world: World) -> None:
    register(world)
    booking = paid(world, discount_cents=450)
    (invoice,) = issued(world)
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    _, credit = issued(world)
    assert (credit["kind"], credit["credited_invoice_id"]) == ("credit_note", invoice["id"])
    for amount in ("fee_cents", "discount_cents", "total_cents", "vat_cents"):
        assert credit[amount] == invoice[amount]
    assert (credit["bearer"], credit["payer_id"]) == ("payer", booking.learner)


def test_credits_in_parts_close_an_invoice_to_zero(world: World) -> None:
    register(world)
    booking = paid(world)
    total = booking.payment["amount_cents"]
    for _ in range(3):
        booking.refund(total // 3)
    assert total % 3 == 0
    invoice, *credits = issued(world)
    assert len(credits) == 3
    for amount in ("fee_cents", "total_cents", "vat_cents"):
        assert sum(credit[amount] for credit in credits) == invoice[amount]


def test_a_refund_that_fails_is_invoiced_again(world: World) -> None:
    booking = paid(world)
    booking.refund(531)
    issued(world)
    refund = world.row("select * from public.refunds")
    world.deliver(
        "refund.updated",
        {
            "id": refund["stripe_refund_id"],
            "object": "refund",
            "status": "failed",
            "amount": 531,
            "currency": "gbp",
            "payment_intent": booking.payment["stripe_payment_intent_id"],
            "metadata": {},
        },
    )
    kinds = [(document["kind"], document["fee_cents"]) for document in issued(world)]
    assert kinds == [("invoice", 810), ("credit_note", 81), ("invoice", 81)]


def test_a_cheaper_time_is_credited(world: World) -> None:
    booking = paid(world)
    day = world.in_days(9)
    price_on(world, booking, day, 2500)
    follow(booking, move(world, booking, day))
    world.carry_refunds()
    invoice, credit = issued(world)
    assert (invoice["fee_cents"], credit["fee_cents"]) == (810, 360)


def test_prepaid_hours_are_invoiced_when_they_are_used(world: World) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    hours = world.hours(learner, instructor, 10)
    assert issued(world) == []
    hours.book(service_id).complete()
    (document,) = issued(world)
    assert (document["fee_cents"], document["payer_id"]) == (810, learner)


def test_hours_that_are_given_back_owe_no_fee(world: World) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    hours = world.hours(learner, instructor, 10)
    world.ask(learner, "public.refund_credits", p_credit_id=hours.id)
    world.carry_refunds()
    assert issued(world) == []


def test_a_lost_dispute_is_credited(world: World) -> None:
    booking = world.lesson()
    world.dispute(booking.payment, status="lost")
    documents = issued(world)
    assert documents[0]["fee_cents"] == 810
    assert sum(credit["fee_cents"] for credit in documents[1:]) == 810


def test_it_is_issued_once(world: World) -> None:
    paid(world)
    issued(world)
    with world.unchanged(leaving_out=["private.heartbeats"]):
        world.maintain()


@pytest.mark.parametrize(
    "change",
    [
        "update public.fee_invoices set vat_cents = 0",
        "update public.fee_invoices set recipient_name = 'Jo'",
        "update public.fee_invoices set payee_id = org_id",
        "delete from public.fee_invoices",
        "truncate public.fee_invoices",
    ],
)
def test_nobody_changes_one(world: World, change: str) -> None:
    paid(world)
    issued(world)
    with world.unchanged(), world.refusing("PT409", "append_only"), world.in_studio():
        world.connection.execute(change.encode())
