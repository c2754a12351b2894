"""Ben books a series as one order and gives it back lesson by lesson, each in another way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import earned, gain, platform_result, spent
from tests.factories import Booking, World

PRICE, TOTAL = 4500, 5310


@pytest.fixture
def lessons(world: World) -> list[Booking]:
    """Four lessons of four weeks, paid at once."""
    ann, ben = world.instructor(), world.person("Ben")
    world.window(ann)
    booked = world.ask(
        ben,
        "public.request_booking_series",
        p_instructor_id=ann.id,
        p_service_id=world.service(ann),
        p_start_at=world.in_days(3),
        p_occurrences=4,
        p_every_weeks=1,
    )
    lessons = [
        Booking(
            world,
            row["booking_id"],
            ben,
            ann,
            world.value("select slot_id from public.bookings where id = %s", row["booking_id"]),
        )
        for row in booked
    ]
    assert lessons[0].pay() == "processed"
    return lessons


def test_each_lesson_gives_back_its_own_part(world: World, lessons: list[Booking]) -> None:
    given, late, early, missed = lessons
    ben, ann = given.learner, given.instructor
    given.complete()
    world.travel(to=late.columns["start_at"] - timedelta(hours=1))
    world.cancel(ben, late.id)
    world.cancel(ben, early.id)
    world.cancel(ann.user_id, missed.id)
    world.carry_refunds()
    assert spent(world, ben) == TOTAL + TOTAL // 2
    assert earned(world, ann) == PRICE + PRICE // 2
    assert platform_result(world) == spent(world, ben) - earned(world, ann)


def test_what_is_back_of_one_is_not_asked_for_of_another(
    world: World, lessons: list[Booking]
) -> None:
    given, cancelled, *_ = lessons
    ben = given.learner
    world.cancel(ben, cancelled.id)
    given.complete()
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        world.call(
            ben,
            "public.request_refund",
            p_booking_id=given.id,
            p_amount_cents=TOTAL + 1,
            p_reason="It rained.",
        )
    for booking in lessons[2:]:
        world.cancel(ben, booking.id)
    world.carry_refunds()
    assert spent(world, ben) == TOTAL
    assert gain(world, [given.instructor], [ben]) == PRICE - TOTAL


def test_a_lost_dispute_over_the_series_takes_no_lesson_twice(
    world: World, lessons: list[Booking]
) -> None:
    """The bank gives back all of it, after a part was refunded; the other lessons are gone."""
    given, cancelled, *_ = lessons
    ben, ann = given.learner, given.instructor
    given.complete()
    world.cancel(ben, cancelled.id)
    world.carry_refunds()
    world.dispute(given.payment)
    world.dispute(given.payment, "lost")
    assert earned(world, ann) in (0, PRICE)
    assert {lesson.status for lesson in lessons[1:]} == {"cancelled"}
    assert world.rows("select from public.refunds where status = 'pending'") == []
