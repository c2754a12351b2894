"""Ann and Ivo teach each other, each with every code there is: what they gain is what was declared.

A code that may exceed the fee is a gift of the platform to strangers. It is bounded by its uses,
for a person and in all, and by lessons that are given.
"""

from __future__ import annotations

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import Booking, Instructor, World

OFF, FEE = 2000, 810


@pytest.fixture
def pair(world: World) -> tuple[Instructor, Instructor]:
    return world.instructor(name="Ann"), world.instructor(name="Ivo")


def swap(world: World, pair: tuple[Instructor, Instructor], code: str, days: int) -> list[Booking]:
    """Each books the other, and both lessons are given."""
    lessons = []
    for hour, (teacher, pupil) in ((9, pair), (14, pair[::-1])):
        service_id = world.service(teacher)
        if not world.check_code(pupil.user_id, code, service_id)["is_valid"]:
            continue
        slot_id = world.slot(service_id, world.in_days(days, hour))
        booked = world.book(pupil.user_id, slot_id, p_discount_code=code)
        lesson = Booking(world, booked["booking_id"], pupil.user_id, teacher, slot_id)
        lesson.pay()
        lesson.complete()
        lessons.append(lesson)
    return lessons


def together(world: World, pair: tuple[Instructor, Instructor]) -> int:
    return gain(world, list(pair), [one.user_id for one in pair])


@pytest.mark.parametrize("uses", [{"max_uses": 1}, {"max_uses": 5, "max_uses_per_learner": 1}])
def test_they_gain_the_codes_budget_and_no_more(
    world: World, pair: tuple[Instructor, Instructor], uses: dict[str, int]
) -> None:
    world.discount_code(code="GIFT", amount_cents=OFF, may_exceed_fee=True, **uses)
    lessons = [lesson for _ in range(3) for lesson in swap(world, pair, "GIFT", 2)]
    allowed = min(uses["max_uses"], 2)
    assert len(lessons) == allowed
    assert together(world, pair) == allowed * (OFF - FEE)
    assert platform_result(world) == -together(world, pair)


def test_a_code_within_the_fee_gains_them_nothing(
    world: World, pair: tuple[Instructor, Instructor]
) -> None:
    world.discount_code(code="FEE", amount_cents=OFF, max_uses_per_learner=10)
    for _ in range(3):
        swap(world, pair, "FEE", 2)
    assert together(world, pair) == 0
    assert platform_result(world) == 0


def test_lessons_they_never_give_gain_nothing(
    world: World, pair: tuple[Instructor, Instructor]
) -> None:
    world.discount_code(code="GIFT", amount_cents=OFF, may_exceed_fee=True)
    teacher, pupil = pair
    service_id = world.service(teacher)
    assert world.check_code(pupil.user_id, "GIFT", service_id)["is_valid"]
    slot_id = world.slot(service_id)
    booked = world.book(pupil.user_id, slot_id, p_discount_code="GIFT")
    lesson = Booking(world, booked["booking_id"], pupil.user_id, teacher, slot_id)
    lesson.pay()
    world.cancel(teacher.user_id, lesson.id)
    world.carry_refunds()
    assert together(world, pair) == 0
    assert platform_result(world) == 0
