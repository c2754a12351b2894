"""Eve buys where money is small and is paid where it is large: yen for pounds, cent by cent."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.discounts.steps import referral_code, referrer_of_the_marketplace, rewarding
from tests.factories import Booking, Instructor, World
from tests.rewards.steps import balance


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def eve(world: World) -> UUID:
    return world.person("Eve")


def test_a_code_of_one_currency_takes_nothing_off_in_another(
    world: World, ann: Instructor, eve: UUID
) -> None:
    world.discount_code(code="YEN", amount_cents=5000, currency="jpy", may_exceed_fee=True)
    assert not world.check_code(eve, "YEN", world.service(ann))["is_valid"]
    in_yen = world.service(ann, price_cents=9000, currency="jpy")
    assert world.check_code(eve, "YEN", in_yen)["is_valid"]


def test_hours_bought_in_one_pay_for_no_lesson_in_another(
    world: World, ann: Instructor, eve: UUID
) -> None:
    in_yen = world.service(ann, price_cents=500, currency="jpy")
    world.hours(eve, ann, 5, p_service_id=in_yen)
    in_pounds = world.service(ann)
    with world.refusing("PT409", "insufficient_credit"):
        world.book(eve, world.slot(in_pounds), p_use_credits=True)
    world.connection.execute(
        "update public.services set currency = 'gbp', price_cents = 50000 where id = %s", [in_yen]
    )
    with world.refusing("PT409", "insufficient_credit"):
        world.book(eve, world.slot(in_yen, world.in_days(3)), p_use_credits=True)


def test_a_reward_is_in_the_currency_of_what_was_earned(world: World, ann: Instructor) -> None:
    rewarding(world, discount_bps=100, reward_cents=700)
    referrer = referrer_of_the_marketplace(world)
    code, sock = referral_code(world, referrer), world.person("Sock")
    in_yen = world.service(ann, price_cents=9000, currency="jpy")
    assert world.check_code(sock, code, in_yen)["is_valid"]
    slot_id = world.slot(in_yen)
    booked = world.book(sock, slot_id, p_discount_code=code)
    booking = Booking(world, booked["booking_id"], sock, ann, slot_id)
    booking.pay()
    booking.complete()
    assert balance(world, referrer) == 0


def test_a_booking_is_paid_in_its_own(world: World, ann: Instructor) -> None:
    booking = world.booking(ann)
    booking.open_payment()
    world.deliver("payment_intent.succeeded", booking.intent("succeeded", currency="jpy"))
    assert booking.status == "held"
    assert world.count("public.earnings") == 0


def test_a_move_stays_in_it(world: World, ann: Instructor) -> None:
    booking = world.booking(ann, price_cents=4500)
    booking.pay()
    world.connection.execute(
        "update public.services set currency = 'jpy', price_cents = 450000 where id = %s",
        [booking.columns["service_id"]],
    )
    slot_id = world.slot(booking.columns["service_id"], world.in_days(4))
    start_at = world.value("select start_at from public.bookable_slots where id = %s", slot_id)
    before = booking.columns
    try:
        with world.connection.transaction():
            world.ask(
                booking.learner,
                "public.reschedule_booking",
                p_booking_id=booking.id,
                p_start_at=start_at,
            )
    finally:
        moved = world.rows("select * from public.bookings where id <> %s", booking.id)
    assert all(row["currency"] == before["currency"] for row in moved)
