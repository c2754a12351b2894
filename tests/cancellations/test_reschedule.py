"""A lesson is rescheduled with what was paid for it; the difference is paid or refunded."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.cancellations.steps import (
    alerts,
    authorized,
    capture,
    earned,
    follow,
    move,
    pay_difference,
    payments,
    price_on,
    refunds,
)
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A paid lesson in two days at ten, for 53.10; the day after it costs 70.80, later 35.40."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    price_on(world, booking, world.in_days(4), 3000)
    booking.pay()
    return booking


def test_a_time_of_the_same_price_may_overlap_the_old_one(world: World, booking: Booking) -> None:
    moved = move(world, booking, world.in_days(2, 10, 30))
    assert (moved["status"], moved["amount_cents"], moved["refund_cents"]) == ("confirmed", 0, 0)
    there = follow(booking, moved)
    assert (booking.status, booking.columns["is_rescheduled"]) == ("cancelled", True)
    assert (there.payment["captured_cents"], payments(booking)) == (5310, [])
    assert there.columns["cancellation_policy_id"] == booking.columns["cancellation_policy_id"]
    there.complete()
    assert (refunds(world), earned(world)) == ([], 4500)


def test_a_dearer_time_is_held_until_it_is_paid(world: World, booking: Booking) -> None:
    moved = move(world, booking, world.in_days(3))
    there = follow(booking, moved)
    assert (moved["status"], moved["amount_cents"], booking.status) == ("held", 1770, "confirmed")
    pay_difference(there)
    assert (there.status, booking.status) == ("confirmed", "cancelled")
    assert [payment["amount_cents"] for payment in payments(there)] == [5310, 1770]
    there.complete()
    assert earned(world) == 6000
    assert world.ledger() == {
        "stripe_balance": 7080,
        "instructor_pending": -6000,
        "platform_fees": -1080,
    }


@pytest.mark.parametrize("asked_stripe", [False, True])
def test_a_dearer_time_that_is_not_paid_leaves_the_old_one(
    world: World, booking: Booking, asked_stripe: bool
) -> None:
    there = follow(booking, move(world, booking, world.in_days(3)))
    if asked_stripe:
        there.open_payment()
    world.travel(to=there.columns["hold_expires_at"])
    world.maintain()
    assert (there.status, booking.status, refunds(world)) == ("expired", "confirmed", [])
    booking.complete()
    assert earned(world) == 4500


def test_a_dearer_time_paid_after_the_old_one_was_cancelled_goes_back(
    world: World, booking: Booking
) -> None:
    there = follow(booking, move(world, booking, world.in_days(3)))
    there.open_payment()
    intent = there.intent()
    world.cancel(booking.learner, booking.id)
    assert there.status == "cancelled"
    world.deliver("payment_intent.succeeded", intent)
    assert refunds(world) == [1770, 5310]
    world.carry_refunds()
    assert world.ledger() == {}


def test_a_dearer_time_is_paid_for_after_the_old_lesson_was_given(
    world: World, booking: Booking
) -> None:
    """The old lesson was not given up: it is earned, and what came too late goes back."""
    there = follow(booking, move(world, booking, world.in_days(3)))
    there.open_payment()
    intent = there.intent()
    booking.complete()
    world.deliver("payment_intent.succeeded", intent)
    assert (booking.status, refunds(world), earned(world)) == ("completed", [1770], 4500)
    world.carry_refunds()


def test_a_cheaper_time_gives_the_difference_back(world: World, booking: Booking) -> None:
    moved = move(world, booking, world.in_days(4))
    there = follow(booking, moved)
    assert (moved["status"], moved["refund_cents"]) == ("confirmed", 1770)
    assert refunds(world) == [1770]
    world.carry_refunds()
    there.complete()
    assert earned(world) == 3000
    assert world.ledger() == {
        "stripe_balance": 3540,
        "instructor_pending": -3000,
        "platform_fees": -540,
    }


@pytest.mark.parametrize(
    ("days", "refund", "kept"), [([4], 1770, 1500), ([3], 3540, 3000), ([3, 4], 1770, 1500)]
)
def test_a_late_cancellation_gives_back_half_of_what_the_last_time_costs(
    world: World, booking: Booking, days: list[int], refund: int, kept: int
) -> None:
    there = booking
    for start_at in [world.in_days(day) for day in days]:
        moved = move(world, there, start_at)
        there = follow(there, moved)
        if moved["amount_cents"]:
            pay_difference(there)
    world.travel(to=there.columns["start_at"] - timedelta(hours=2))
    preview = world.ending(there.learner, there.id)
    world.cancel(there.learner, there.id)
    assert (preview["refund_cents"], there.columns["cancellation_refund_cents"]) == (refund, refund)
    world.carry_refunds()
    assert earned(world) == kept
    assert world.ledger()["instructor_pending"] == -kept


def test_the_difference_is_taken_from_all_payments(world: World, booking: Booking) -> None:
    """From 53.10 to 70.80, paid by two, and from there to 35.40."""
    dear_day, cheap_day = world.in_days(3), world.in_days(4)
    there = follow(booking, move(world, booking, dear_day))
    pay_difference(there)
    cheap = follow(there, move(world, there, cheap_day))
    assert refunds(world) == [1770, 1770]
    world.carry_refunds()
    cheap.complete()
    assert earned(world) == 3000
    assert world.ledger()["stripe_balance"] == 3540


def test_the_whole_difference_goes_back_also_where_the_fee_stays(world: World) -> None:
    world.connection.execute("update public.organizations set fee_refundable = false")
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(4), 3000)
    booking.pay()
    moved = move(world, booking, world.in_days(4))
    there = follow(booking, moved)
    assert (moved["refund_cents"], refunds(world)) == (1770, [1770])
    world.carry_refunds()
    there.complete()
    assert earned(world) == 3000


def test_a_fixed_discount_stays_as_it_is(world: World) -> None:
    booking = world.booking(price_cents=None, discount_cents=450)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    assert (there.columns["discount_cents"], there.columns["due_cents"]) == (450, 1770)
    pay_difference(there)
    redemption = world.row("select order_id, status from public.code_redemptions")
    assert redemption == {"order_id": there.columns["order_id"], "status": "redeemed"}


def test_it_is_too_late_for_the_learner_but_not_for_the_instructor(
    world: World, booking: Booking
) -> None:
    world.travel(to=booking.columns["start_at"] - timedelta(hours=23))
    start_at = booking.columns["start_at"] + timedelta(hours=4)
    with world.refusing("PT409", "too_late_to_reschedule"):
        move(world, booking, start_at)
    moved = move(world, booking, start_at, booking.instructor.user_id)
    assert (moved["status"], refunds(world)) == ("proposed", [])


def test_hours_come_along(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    booking = credit.book(service_id)
    there = follow(booking, move(world, booking, world.in_days(2, 10, 30)))
    assert (there.status, there.columns["credit_applied_cents"]) == ("confirmed", 5310)
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_left"]) == (60, 0)
    there.complete()
    assert earned(world) == 4500


@pytest.mark.parametrize("answer", ["declined", "expired", "cancelled"])
def test_a_move_that_the_instructor_does_not_confirm_gives_everything_back_once(
    world: World, answer: str
) -> None:
    booking = world.booking(requires_approval=True)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.pay()
    moved = move(world, booking, world.in_days(3))
    there = follow(booking, moved)
    assert (moved["status"], refunds(world)) == ("requested", [])
    if answer == "declined":
        world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=there.id)
    elif answer == "expired":
        world.travel(to=there.columns["hold_expires_at"])
        world.maintain()
    else:
        assert world.ending(there.learner, there.id)["refund_cents"] == 5310
        assert world.cancel(there.learner, there.id)["refund_cents"] == 5310
    assert (there.status, refunds(world)) == (answer, [5310])
    world.carry_refunds()
    assert (world.ledger(), earned(world)) == ({}, 0)


@pytest.mark.parametrize(("answer", "back"), [("confirm", [590]), ("decline", [590, 4720])])
def test_a_cheaper_time_is_paid_back_before_the_instructor_answers(
    world: World, answer: str, back: list[int]
) -> None:
    booking = world.booking(requires_approval=True, price_cents=None)
    price_on(world, booking, world.in_days(3), 4000)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    assert (there.status, refunds(world)) == ("requested", [590])
    assert world.violations() == []
    world.call(booking.instructor.user_id, f"public.{answer}_booking", p_booking_id=there.id)
    assert refunds(world) == back
    world.carry_refunds()
    assert world.violations() == []


def test_hours_of_a_move_that_is_declined_come_back_once(world: World) -> None:
    instructor, service_id = world.hourly(requires_approval=True)
    credit = world.hours(world.person("Ben"), instructor, 1)
    booking = credit.book(service_id)
    world.call(instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    there = follow(booking, move(world, booking, world.in_days(3)))
    assert credit.columns["minutes_reserved"] == 60
    world.call(instructor.user_id, "public.decline_booking", p_booking_id=there.id)
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_left"]) == (0, 60)
    assert refunds(world) == []


def test_a_free_lesson_that_is_moved_and_declined_gives_its_code_back(world: World) -> None:
    world.discount_code(code="Free", amount_cents=5310, currency="gbp", may_exceed_fee=True)
    instructor, service_id = world.hourly(requires_approval=True)
    ben = world.person("Ben")
    world.check_code(ben, "Free", service_id)
    slot_id = world.slot(service_id)
    booked = world.book(ben, slot_id, p_discount_code="Free")
    booking = Booking(world, booked["booking_id"], ben, instructor, slot_id)
    world.call(instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    there = follow(booking, move(world, booking, world.in_days(3)))
    world.call(instructor.user_id, "public.decline_booking", p_booking_id=there.id)
    assert world.value("select status from public.code_redemptions") == "released"
    assert world.ledger() == {}


def test_an_authorization_comes_along_while_it_lasts(world: World) -> None:
    booking = authorized(world)
    with world.refusing("PT409", "payment_does_not_last"):
        move(world, booking, world.in_days(7))
    price_on(world, booking, world.in_days(4), 3000)
    there = follow(booking, move(world, booking, world.in_days(4)))
    assert refunds(world) == []
    there.complete()
    capture(there)
    assert (there.payment["captured_cents"], there.payment["uncaptured_cents"]) == (3540, 1770)
    assert earned(world) == 3000


def test_a_double_click_moves_once(world: World, booking: Booking) -> None:
    first = move(world, booking, world.in_days(2, 14), p_client_key="a")
    assert move(world, booking, world.in_days(2, 14), p_client_key="a") == first
    with world.refusing("PT409", "client_key_reused"):
        move(world, booking, world.in_days(2, 16), p_client_key="a")
    assert world.count("public.bookings") == 2


def test_a_taken_time_leaves_everything_as_it_was(world: World, booking: Booking) -> None:
    other = world.booking(booking.instructor, start_at=world.in_days(2, 14))
    other.pay()
    start_at = other.columns["start_at"] + timedelta(minutes=30)
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        move(world, booking, start_at)


def test_what_cannot_be_moved(world: World, booking: Booking) -> None:
    held = world.booking()
    with world.refusing("PT409", "booking_not_reschedulable"):
        move(world, held, world.in_days(2, 14))
    with world.refusing("PT422", "same_time"):
        move(world, booking, booking.columns["start_at"])
    with world.refusing("PT422", "slot_in_the_past"):
        move(world, booking, world.now() - timedelta(hours=1))
    for stranger in (world.person("Eve"), world.instructor().user_id):
        with world.refusing("PT404", "booking_not_found"):
            move(world, booking, world.in_days(2, 14), stranger)
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        world.ask(
            booking.learner,
            "public.reschedule_booking",
            p_booking_id=uuid4(),
            p_start_at=world.in_days(2, 14),
        )
    assert booking.status == "confirmed"


def test_a_move_that_is_called_off_while_its_payment_is_disputed_is_told(world: World) -> None:
    booking = world.booking(requires_approval=True)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.pay()
    payment = booking.payment
    there = follow(booking, move(world, booking, world.in_days(3)))
    world.dispute(payment)
    assert world.cancel(there.learner, there.id)["refund_cents"] == 5310
    assert (refunds(world), "refund_waits_for_dispute" in alerts(world)) == ([], True)
    world.dispute(payment, "won")
    assert refunds(world) == [5310]


def held_card(world: World) -> Booking:
    """A lesson of 50.00 in two days, whose payment is authorized, and a cheaper day after it."""
    instructor = world.instructor()
    booking = world.booking(instructor, capture_mode="manual", price_cents=5000)
    world.window(instructor, "00:00", "23:45")
    row = booking.columns
    card_id = world.insert(
        "public.rate_cards",
        {
            "org_id": row["org_id"],
            "name": "Quiet day",
            "currency": "gbp",
            "valid_from": (row["start_at"] + timedelta(days=1)).date(),
            "valid_to": (row["start_at"] + timedelta(days=1)).date(),
        },
    )
    world.insert(
        "public.rate_card_items",
        {
            "org_id": row["org_id"],
            "rate_card_id": card_id,
            "service_id": row["service_id"],
            "currency": "gbp",
            "price_cents": 4000,
        },
    )
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    return booking


def test_of_an_authorization_the_difference_is_not_captured(world: World) -> None:
    booking = held_card(world)
    (moved,) = world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=booking.columns["start_at"] + timedelta(days=1),
    )
    assert (moved["status"], moved["refund_cents"]) == ("confirmed", 0)
    assert world.count("public.refunds") == 0
    later = Booking(
        world, moved["booking_id"], booking.learner, booking.instructor, booking.slot_id
    )
    later.complete()
    (command,) = world.commands("capture_payment")
    assert command["amount_cents"] == 4720
