"""A lesson is paid by the hours that expire first, then the oldest, at what they really cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.credits.steps import left, lots, moves
from tests.factories import MARKETPLACE, World


def test_the_oldest_hours_pay_first_each_at_its_own_price(world: World) -> None:
    """90 minutes are an hour at 45.00 and half an hour at 60.00."""
    instructor, service_id = world.hourly(duration_minutes=90)
    ben = world.person("Ben")
    first, _second = lots(world, ben, instructor, 4500, 6000)
    booking = first.book(service_id)
    columns = booking.columns
    assert columns["status"] == "confirmed"
    assert (columns["instructor_share_cents"], columns["platform_fee_cents"]) == (7500, 1350)
    assert columns["credit_applied_cents"] == columns["total_cents"] == 8850
    assert moves(world) == [("reserve", 60, 4500), ("reserve", 30, 3000)]
    assert world.count("public.payments") == 2
    booking.complete()
    assert world.value("select amount_cents from public.earnings") == 7500
    assert left(world, ben) == 30


def test_the_hours_that_expire_first_pay_first_and_come_back_last(world: World) -> None:
    """Half of 90 minutes come back: 30 of the lot that lasts, and 15 of the one that expires."""
    instructor, service_id = world.hourly(duration_minutes=90)
    lasting, expiring = lots(world, world.person("Ben"), instructor, 4500, 6000)
    expires_at = world.in_days(30)
    world.connection.execute(
        "update public.learner_credits set expires_at = %s where id = %s", [expires_at, expiring.id]
    )
    booking = lasting.book(service_id)
    assert moves(world) == [("reserve", 30, 2250), ("reserve", 60, 6000)]
    world.travel(to=booking.columns["start_at"] - timedelta(hours=1))
    world.cancel(booking.learner, booking.id)
    assert (lasting.columns["minutes_left"], expiring.columns["minutes_left"]) == (60, 15)


def test_a_price_of_another_day_does_not_touch_what_was_bought(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    world.connection.execute("update public.instructors set hourly_rate_cents = 9000")
    assert credit.book(service_id).columns["total_cents"] == 5310


def test_rounding_over_a_lot_never_loses_a_cent(world: World) -> None:
    """An hour at 10.01 with a fee of 1.80, in quarters."""
    instructor, service_id = world.hourly(duration_minutes=15)
    ben = world.person("Ben")
    (credit,) = lots(world, ben, instructor, 1001)
    parts = []
    for hour in (8, 9, 10, 11):
        booking = credit.book(service_id, world.in_days(2, hour))
        parts.append(booking.columns["instructor_share_cents"])
        booking.complete()
    assert sorted(parts) == [250, 250, 250, 251]
    assert world.ledger() == {
        "stripe_balance": 1181,
        "instructor_pending": -1001,
        "platform_fees": -180,
    }


@pytest.mark.parametrize("reason", ["own price", "rate card", "another instructor", "eur"])
def test_hours_pay_only_for_what_they_were_bought_for(world: World, reason: str) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, 5)
    if reason == "own price":
        service_id = world.service(instructor, price_cents=1000)
    elif reason == "rate card":
        card = world.insert(
            "public.rate_cards",
            {"org_id": MARKETPLACE, "name": "All", "currency": "gbp", "valid_from": "2020-01-01"},
        )
        world.insert(
            "public.rate_card_items",
            {
                "org_id": MARKETPLACE,
                "rate_card_id": card,
                "service_id": service_id,
                "price_cents": 1000,
                "currency": "gbp",
            },
        )
    elif reason == "another instructor":
        service_id = world.service(world.instructor())
    else:
        service_id = world.service(instructor, currency="eur", price_cents=1000)
    with world.refusing("PT409", "insufficient_credit"):
        credit.book(service_id)
    assert (left(world, ben), world.count("public.bookings")) == (300, 0)


def test_hours_of_a_service_pay_for_it_alone(world: World) -> None:
    instructor, hourly_id = world.hourly()
    service_id = world.service(instructor, price_cents=2000)
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, 1, p_service_id=service_id)
    with world.refusing("PT409", "insufficient_credit"):
        credit.book(hourly_id)
    assert credit.book(service_id).columns["total_cents"] == 2360


def test_a_lesson_is_paid_wholly_or_not_at_all(world: World) -> None:
    instructor, service_id = world.hourly(duration_minutes=75)
    credit = world.hours(world.person("Ben"), instructor, 1)
    slot_id = world.slot(service_id)
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        world.book(credit.learner, slot_id, p_use_credits=True)


@pytest.mark.parametrize("state", ["pending", "frozen", "expired", "somebody else's"])
def test_hours_that_cannot_be_used(world: World, state: str) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    if state == "expired":
        world.connection.execute("update public.organizations set credit_validity_months = 1")
    credit = world.buy_hours(ben, instructor, 2)
    if state != "pending":
        credit.pay()
    if state == "frozen":
        world.dispute(credit.payment)
    if state == "expired":
        world.travel(to=credit.columns["expires_at"])
    slot_id = world.slot(service_id, world.in_days(2))
    user_id = world.person("Eve") if state == "somebody else's" else ben
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        world.book(user_id, slot_id, p_use_credits=True)


def test_what_is_reserved_is_not_used_twice(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    credit.book(service_id)
    slot_id = world.slot(service_id, world.in_days(3))
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        world.book(credit.learner, slot_id, p_use_credits=True)
    arguments: dict[str, Any] = {"p_credit_id": credit.id}
    with world.refusing("PT409", "insufficient_credit"):
        world.ask(credit.learner, "public.refund_credits", p_minutes=1, **arguments)


def test_the_same_key_reserves_once(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    slot_id = world.slot(service_id)
    asked: dict[str, Any] = {"p_use_credits": True, "p_client_key": "a"}
    first = world.book(credit.learner, slot_id, **asked)
    assert world.book(credit.learner, slot_id, **asked) == first
    assert credit.columns["minutes_reserved"] == 60


def test_hours_that_came_back_without_a_cent_of_the_discount_can_be_booked_again(
    world: World,
) -> None:
    """Of ten hours three bear a cent of discount each; the other seven come back."""
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="TINY", amount_cents=3)
    world.check_code(ben, "TINY", service_id, p_instructor_id=instructor.id)
    credit = world.hours(ben, instructor, 10, p_discount_code="TINY")
    for booking in [credit.book(service_id, world.in_days(day)) for day in range(2, 12)]:
        if booking.columns["discount_cents"] == 0:
            world.cancel(ben, booking.id)
    ahead = world.rows("select discount_cents from public.bookings where status = 'confirmed'")
    assert [row["discount_cents"] for row in ahead] == [1, 1, 1]
    assert left(world, ben) == 420
    again = credit.book(service_id, world.in_days(12)).columns
    assert (again["discount_cents"], again["total_cents"]) == (0, 5310)
