"""Eve has a friend book free lessons of hers, so that learners see many lessons beside her name."""

from __future__ import annotations

from tests.factories import Instructor, World


def given(world: World, instructor: Instructor) -> int:
    """What everybody sees."""
    (row,) = world.rows("select lesson_count from public.instructors where id = %s", instructor.id)
    count: int = row["lesson_count"]
    return count


def test_a_lesson_that_earns_nothing_adds_nothing(world: World) -> None:
    eve = world.instructor(name="Eve")
    for _ in range(3):
        booking = world.booking(eve, price_cents=0, start_at=world.in_days(2))
        assert booking.status == "confirmed"
        booking.complete()
    assert given(world, eve) == 0
    assert world.ledger() == {}


def test_a_lesson_that_was_paid_counts(world: World) -> None:
    ann = world.instructor()
    world.lesson(ann)
    assert given(world, ann) == 1


def test_the_learner_has_been_taught_all_the_same(world: World) -> None:
    """So a free lesson is no way to have two first lessons."""
    eve = world.instructor(name="Eve")
    booking = world.booking(eve, price_cents=0)
    booking.complete()
    world.discount_code(code="WELCOME", is_first_lesson_only=True)
    assert not world.check_code(booking.learner, "WELCOME", world.service(eve))["is_valid"]
