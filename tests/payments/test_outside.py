"""A lesson that is paid in cash or by bank transfer: confirmed, and its fee owed by the payee."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.cancellations.steps import alerts, earned, follow, move, price_on, refunds
from tests.factories import MARKETPLACE, Booking, Instructor, World, dispute_object

FEE = {"instructor_pending": 810, "platform_fees": -810}


def record(booking: Booking, by: UUID | None = None, **arguments: Any) -> UUID:
    recorded: UUID = booking.world.call(
        by or booking.instructor.user_id,
        "public.record_payment_outside",
        p_booking_id=booking.id,
        **arguments,
    )
    return recorded


def recorded(world: World, **service_columns: Any) -> Booking:
    booking = world.booking(**service_columns)
    record(booking)
    return booking


def earnings(world: World) -> list[DictRow]:
    return world.rows("select * from public.earnings order by created_at, id")


def held_at(world: World, school: UUID, instructor: Instructor) -> Booking:
    """A held lesson of a learner of a school."""
    learner = world.person("Ben")
    world.learner(school, learner)
    service_id = world.service(instructor)
    slot_id = world.slot(service_id)
    booked = world.book(learner, slot_id)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


def item(booking: Booking) -> dict[str, Any]:
    return booking.world.row("select * from public.order_items where booking_id = %s", booking.id)


def test_it_is_confirmed_and_its_fee_is_owed(world: World) -> None:
    booking = world.booking()
    recorded_id = record(booking, p_method="bank_transfer")
    assert (booking.status, item(booking)["is_paid_outside"]) == ("confirmed", True)
    assert world.ledger() == FEE
    paid = world.row("select * from public.outside_payments")
    assert (paid["id"], paid["method"], paid["amount_cents"]) == (
        recorded_id,
        "bank_transfer",
        5310,
    )
    assert paid["recorded_by"] == booking.instructor.user_id
    assert (world.count("public.payments"), world.count("private.outbox")) == (0, 0)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        booking.open_payment()


def test_recording_it_again_has_no_effect(world: World) -> None:
    booking = world.booking()
    recorded_id = record(booking)
    with world.unchanged():
        assert record(booking) == recorded_id


def test_lists_and_receipts_say_so(world: World) -> None:
    booking = recorded(world)
    with world.acting_as(booking.learner):
        details = world.row("select * from public.booking_details")
        (line,) = world.rows("select * from public.transactions")
    assert (details["payment_status"], details["is_paid_outside"]) == ("captured", True)
    assert (details["amount_captured"], details["amount_refunded"]) == (0, 0)
    assert (line["kind"], line["status"], line["amount_cents"]) == (
        "session_payment",
        "completed",
        5310,
    )
    assert (line["platform_fee_cents"], line["coach_payout_cents"]) == (810, 4500)
    assert (line["booking_ids"], line["metadata"]) == ([booking.id], {"paid_outside": "cash"})
    (receipt,) = world.ask(booking.learner, "public.my_payments")
    assert (receipt["status"], receipt["amount_cents"], receipt["captured_cents"]) == (
        "succeeded",
        5310,
        0,
    )
    assert [each["booking_id"] for each in receipt["lines"]] == [str(booking.id)]
    assert world.ask(world.person(), "public.my_payments") == []


def test_the_fee_is_deducted_from_what_the_payee_is_paid(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)
    in_cash = world.booking(instructor, start_at=world.in_days(3))
    record(in_cash)
    in_cash.complete()
    (by_card, fee) = earnings(world)
    assert (by_card["kind"], by_card["amount_cents"]) == ("lesson", 4500)
    assert (fee["kind"], fee["amount_cents"]) == ("adjustment", -810)
    assert fee["available_at"] == in_cash.columns["end_at"] + timedelta(hours=24)
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    assert world.value("select amount_cents from public.payouts") == 4500 - 810
    assert world.ledger() == {"stripe_balance": 810 + 810, "platform_fees": -1620}


@pytest.mark.parametrize(
    ("payee", "is_payee"), [("instructor", "the instructor"), ("organization", "the school")]
)
def test_whoever_is_paid_owes_the_fee(world: World, payee: str, is_payee: str) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    world.connection.execute(
        "update public.instructor_details set payee = %s where instructor_id = %s",
        [payee, instructor.id],
    )
    booking = held_at(world, school, instructor)
    record(booking)
    booking.complete()
    (fee,) = earnings(world)
    assert fee["payee_id"] == {"the instructor": instructor.id, "the school": school}[is_payee]
    assert fee["amount_cents"] == -810


# Who may

WHO = [
    ("its instructor", None, None),
    ("an owner of the school", None, None),
    ("an admin of the platform", "Told by the school.", None),
    ("an admin of the platform", None, "reason_required"),
    ("the learner", None, "booking_not_found"),
    ("another instructor of the school", None, "booking_not_found"),
    ("an owner of another school", None, "booking_not_found"),
    ("a stranger", None, "booking_not_found"),
    ("the learner, who owns the school", None, "own_payment"),
    ("a guardian, who owns the school", None, "own_payment"),
]


@pytest.mark.parametrize(("who", "reason", "code"), WHO)
def test_who_may_record_it(world: World, who: str, reason: str | None, code: str | None) -> None:
    school = world.organization()
    booking = held_at(world, school, world.instructor(org_id=school))
    learner_id = booking.columns["learner_id"]
    people: dict[str, Callable[[], UUID]] = {
        "its instructor": lambda: booking.instructor.user_id,
        "an owner of the school": lambda: world.member(school, "owner"),
        "an admin of the platform": world.admin,
        "the learner": lambda: booking.learner,
        "another instructor of the school": lambda: world.instructor(org_id=school).user_id,
        "an owner of another school": lambda: world.member(world.organization(), "owner"),
        "a stranger": world.person,
        "the learner, who owns the school": lambda: world.member(school, "owner", booking.learner),
        "a guardian, who owns the school": lambda: world.member(
            school, "owner", world.guardian(learner_id, pay=True)
        ),
    }
    person = people[who]()
    if code is None:
        record(booking, person, p_reason=reason)
        assert booking.status == "confirmed"
        return
    state = {"own_payment": "42501", "reason_required": "PT422"}.get(code, "PT404")
    with world.unchanged(), world.refusing(state, code):
        record(booking, person, p_reason=reason)


# What can be paid outside


def test_a_lesson_with_a_code_is_paid_through_the_platform(world: World) -> None:
    booking = world.booking(discount_cents=500)
    with world.unchanged(), world.refusing("PT409", "not_payable_outside"):
        record(booking)


def test_a_lesson_that_hours_pay_in_part_is_paid_through_the_platform(world: World) -> None:
    instructor, _ = world.hourly()
    learner = world.person()
    world.hours(learner, instructor, 1)
    service_id = world.service(instructor, price_cents=None, duration_minutes=90)
    slot_id = world.slot(service_id, world.in_days(2))
    booked = world.book(learner, slot_id, p_use_credits=True, p_pay_rest_by_card=True)
    booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
    with world.unchanged(), world.refusing("PT409", "not_payable_outside"):
        record(booking)


def test_a_lesson_that_waits_for_nothing_is_refused(world: World) -> None:
    paid = world.booking()
    paid.pay()
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        record(paid)
    late = world.booking(world.instructor(name="Zoe"))
    world.travel(by=timedelta(hours=1))
    with world.unchanged(), world.refusing("PT409", "hold_expired"):
        record(late)
    with world.unchanged(), world.refusing("PT422", "unknown_method"):
        record(world.booking(world.instructor(name="Moe")), p_method=None)


def test_one_lesson_of_a_series_is_paid_outside_and_the_rest_by_card(world: World) -> None:
    instructor, service_id = world.hourly()
    learner = world.person()
    world.window(instructor)
    world.ask(
        learner,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=service_id,
        p_start_at=world.in_days(2),
        p_occurrences=2,
    )
    first, second = (
        Booking(world, row["booking_id"], learner, instructor, row["slot_id"])
        for row in world.rows(
            "select id as booking_id, slot_id from public.bookings order by start_at"
        )
    )
    first.open_payment()
    record(first)
    assert (first.status, second.status) == ("confirmed", "held")
    opened = second.open_payment()
    assert opened["amount_cents"] == 5310


# A card that pays as well


def test_the_open_payment_is_cancelled_and_refunded_if_it_succeeds(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    record(booking)
    assert len(world.commands("cancel_payment_intent")) == 1
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert world.ledger() == FEE | {"stripe_balance": 5310, "refunds_due": -5310}
    world.carry_refunds()
    assert (refunds(world), world.ledger()) == ([5310], FEE)
    with world.acting_as(booking.learner):
        details = world.row("select * from public.booking_details")
    assert (details["payment_status"], details["amount_refunded"]) == ("captured", 5310)
    booking.complete()
    assert earned(world) == -810


@pytest.mark.parametrize("status", ["lost", "won"])
def test_a_dispute_over_it_takes_what_was_due_back(world: World, status: str) -> None:
    booking = world.booking()
    intent = booking.intent()
    record(booking)
    world.deliver("payment_intent.succeeded", intent)
    payment = booking.payment
    world.deliver("charge.dispute.created", dispute_object(payment, "needs_response"))
    for refund in world.rows("select id from public.refunds"):
        world.serve(
            "jobs",
            "private.record_refund_failure",
            p_refund_id=refund["id"],
            p_code="charge_disputed",
            p_message="The charge is disputed.",
        )
    world.deliver("charge.dispute.closed", dispute_object(payment, status))
    world.carry_refunds()
    kept = {kind: cents for kind, cents in world.ledger().items() if kind != "dispute_fees"}
    kept.pop("stripe_balance", None)
    assert kept == FEE
    assert booking.status == "confirmed"


# How it ends


@pytest.mark.parametrize(
    ("ending", "owed_back", "fee"),
    [
        ("given", 0, -810),
        ("missed by the learner", 0, -810),
        ("missed by the instructor", 5310, 0),
        ("cancelled in time", 5310, 0),
        ("cancelled late", 2655, -405),
        ("cancelled by the instructor", 5310, 0),
    ],
)
def test_the_fee_follows_the_table_of_entitlements(
    world: World, ending: str, owed_back: int, fee: int
) -> None:
    booking = recorded(world)
    start_at = booking.columns["start_at"]
    said = None
    if ending == "given":
        booking.complete()
    elif ending.startswith("missed"):
        world.travel(to=start_at + timedelta(minutes=15))
        booking.miss(ending.split()[-1])
    else:
        if ending == "cancelled late":
            world.travel(to=start_at - timedelta(hours=2))
        by = booking.instructor.user_id if ending.endswith("instructor") else booking.learner
        said = world.cancel(by, booking.id)["refund_cents"]
    assert said in (None, owed_back)
    assert earned(world) == fee
    assert {each["kind"] for each in earnings(world)} <= {"adjustment"}
    owed = {"instructor_pending": -fee, "platform_fees": fee} if fee else {}
    assert world.ledger() == owed
    assert (world.count("public.refunds"), world.count("private.outbox")) == (0, 0)
    line = world.row("select status, refunded_cents from public.transactions")
    assert line == {
        "status": "refunded" if owed_back == 5310 else "completed",
        "refunded_cents": owed_back,
    }


def test_a_fee_that_is_kept_is_owed_whole_after_a_cancellation(world: World) -> None:
    world.connection.execute(
        "update public.organizations set fee_refundable = false where id = %s", [MARKETPLACE]
    )
    booking = recorded(world)
    world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
    assert world.cancel(booking.learner, booking.id)["refund_cents"] == 2250
    assert earned(world) == -810


def test_a_lesson_that_turns_out_not_to_be_given_gives_the_fee_back(world: World) -> None:
    booking = recorded(world)
    booking.complete()
    claim_id = booking.say_missing("instructor")
    world.call(booking.instructor.user_id, "public.accept_claim", p_claim_id=claim_id)
    assert sorted(each["amount_cents"] for each in earnings(world)) == [-810, 810]
    assert world.ledger() == {}


def test_nobody_refunds_through_stripe_what_it_never_had(world: World) -> None:
    booking = recorded(world)
    with world.unchanged(), world.refusing("PT409", "paid_outside"):
        world.call(
            booking.learner,
            "public.request_refund",
            p_booking_id=booking.id,
            p_amount_cents=100,
            p_reason="It rained.",
        )


def test_a_problem_with_it_is_decided_without_a_refund(world: World) -> None:
    booking = recorded(world)
    world.travel(to=booking.columns["end_at"] + timedelta(minutes=1))
    report_id = world.call(
        booking.learner,
        "public.report_problem",
        p_booking_id=booking.id,
        p_description="It lasted half an hour.",
    )
    world.call(booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    assert earnings(world)[0]["status"] == "frozen"
    world.call(
        world.admin(),
        "public.admin_resolve_problem",
        p_problem_report_id=report_id,
        p_unfreezes_earning=False,
        p_reason="The instructor gave the money back.",
    )
    assert earnings(world)[0]["status"] == "pending"


# Moves


def test_a_cheaper_time_costs_a_smaller_fee_and_the_instructor_gives_the_rest_back(
    world: World,
) -> None:
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(4), 3000)
    record(booking)
    there = follow(booking, move(world, booking, world.in_days(4)))
    assert (there.status, world.count("public.refunds"), alerts(world)) == ("confirmed", 0, [])
    there.complete()
    assert earned(world) == -540
    assert world.value("select refunded_cents from public.transactions") == 1770


def test_what_a_dearer_time_costs_more_is_paid_outside_too(world: World) -> None:
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    record(booking)
    there = follow(booking, move(world, booking, world.in_days(3)))
    assert (there.status, booking.status) == ("held", "confirmed")
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        there.open_payment()
    record(there)
    assert (there.status, booking.status) == ("confirmed", "cancelled")
    assert world.value("select amount_cents from public.outside_payments") == 7080
    there.complete()
    assert earned(world) == -1080


def test_the_difference_of_a_lesson_paid_by_card_is_paid_by_card(world: World) -> None:
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    with world.unchanged(), world.refusing("PT409", "not_payable_outside"):
        record(there)
