"""Ben books three lessons before he has had the first, each with a code for first lessons.

The code is the platform's money: of three discounts, two would be his profit.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, Instructor, World

WELCOME = 500


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def ben(world: World, ann: Instructor) -> UUID:
    """A learner of the marketplace who has checked a code while nothing was booked."""
    ben = world.person("Ben")
    world.discount_code(
        code="WELCOME",
        amount_cents=WELCOME,
        may_exceed_fee=True,
        is_first_lesson_only=True,
        max_uses_per_learner=3,
    )
    assert world.check_code(ben, "WELCOME", world.service(ann))["is_valid"]
    return ben


def book(world: World, ben: UUID, ann: Instructor, days: int, code: str = "WELCOME") -> DictRow:
    slot_id = world.slot(world.service(ann), world.in_days(days))
    return world.book(ben, slot_id, p_discount_code=code)


def taken_off(world: World) -> int:
    """What the platform gives away to Ben."""
    cents: int = world.value(
        "select coalesce(sum(discount_cents), 0) from public.code_redemptions"
        " where status <> 'released'"
    )
    return cents


def test_one_code_is_for_one_lesson(world: World, ann: Instructor, ben: UUID) -> None:
    book(world, ben, ann, 2)
    for days in (3, 4):
        with world.unchanged(), world.refusing("PT409", "code_not_valid"):
            book(world, ben, ann, days)
    assert taken_off(world) == WELCOME


def test_another_code_for_first_lessons_is_none_either(
    world: World, ann: Instructor, ben: UUID
) -> None:
    world.discount_code(code="HELLO", amount_cents=WELCOME, is_first_lesson_only=True)
    world.check_code(ben, "HELLO", world.service(ann))
    book(world, ben, ann, 2)
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        book(world, ben, ann, 3, "HELLO")
    assert taken_off(world) == WELCOME


def test_nor_is_it_at_another_school(world: World, ann: Instructor, ben: UUID) -> None:
    book(world, ben, ann, 2)
    school = world.organization()
    ian = world.instructor(org_id=school)
    world.learner(school, ben)
    service_id = world.service(ian)
    assert not world.check_code(ben, "WELCOME", service_id)["is_valid"]
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.book(ben, world.slot(service_id, world.in_days(5)), p_discount_code="WELCOME")
    assert taken_off(world) == WELCOME


def test_nor_for_hours_beside_a_lesson(world: World, ann: Instructor, ben: UUID) -> None:
    book(world, ben, ann, 2)
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.buy_hours(ben, ann, p_discount_code="WELCOME")
    assert taken_off(world) == WELCOME


def test_who_gave_the_first_lesson_back_still_has_one(
    world: World, ann: Instructor, ben: UUID
) -> None:
    """The bound takes nothing from who is honest."""
    booked = book(world, ben, ann, 2)
    slot_id = world.value("select slot_id from public.bookings where id = %s", booked["booking_id"])
    booking = Booking(world, booked["booking_id"], ben, ann, slot_id)
    booking.pay()
    world.cancel(ben, booking.id)
    refund = world.row("select * from public.refunds")
    assert booking.refund(refund["amount_cents"], metadata={"refund_id": str(refund["id"])})
    assert taken_off(world) == 0
    book(world, ben, ann, 3)
    assert taken_off(world) == WELCOME
