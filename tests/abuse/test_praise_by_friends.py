"""Eve has her friends say how good her lessons are, and Ann how bad; neither had such a lesson."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def rate(booking: Booking, rating: int = 5, by: UUID | None = None) -> UUID:
    rating_id: UUID = booking.world.call(
        by or booking.learner, "public.rate_lesson", p_booking_id=booking.id, p_rating=rating
    )
    return rating_id


def seen(world: World, instructor: Instructor) -> tuple[object, int, int]:
    """What visitors see: the average, of how many it is, and the reviews."""
    (row,) = world.rows(
        "select rating, rating_count from public.instructors where id = %s", instructor.id
    )
    reviews = world.ask(None, "public.list_reviews", p_instructor_id=instructor.id)
    return row["rating"], row["rating_count"], len(reviews)


NOTHING = (None, 0, 0)


def test_free_lessons_are_praised_in_vain(world: World) -> None:
    eve = world.instructor(name="Eve")
    for _ in range(3):
        booking = world.booking(eve, price_cents=0, start_at=world.in_days(2))
        booking.complete()
        rate(booking)
    assert seen(world, eve) == NOTHING


def buy(world: World, eve: Instructor, learner: UUID, service_id: UUID) -> Booking:
    """A lesson that was paid for, and has just been given."""
    slot_id = world.slot(service_id, world.in_days(2))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, eve, slot_id)
    booking.pay()
    booking.complete()
    return booking


@pytest.mark.slow
def test_one_friend_with_thirty_cheap_lessons_is_one_voice(world: World) -> None:
    """Each of Ben's lessons is paid for, at a low price. Cat had one, and says otherwise."""
    eve = world.instructor(name="Eve")
    service_id = world.service(eve, price_cents=100)
    ben, cat = world.person("Ben"), world.person("Cat")
    for number in range(30):
        rate(buy(world, eve, ben, service_id), 4 if number % 3 == 0 else 5)
    assert seen(world, eve)[:2] == (Decimal("4.67"), 1)
    rating_id = rate(buy(world, eve, cat, service_id), 2)
    assert seen(world, eve)[:2] == (Decimal("3.33"), 2)
    world.call(
        world.admin(),
        "public.admin_hide_review",
        p_rating_id=rating_id,
        p_fault="not_genuine",
        p_reason="Cat was somebody else.",
    )
    assert seen(world, eve)[:2] == (Decimal("4.67"), 1)
    assert world.violations() == []


def test_a_lesson_that_was_never_paid_is_praised_by_nobody(world: World) -> None:
    """A friend books, never pays, and says afterwards that it was lovely."""
    eve = world.instructor(name="Eve")
    booking = world.booking(eve)
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        world.call(eve.user_id, "public.start_lesson", p_booking_id=booking.id)
    world.travel(to=booking.columns["end_at"])
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        rate(booking)
    assert seen(world, eve) == NOTHING


def test_a_lesson_that_was_cancelled_before_it_began_is_judged_by_nobody(world: World) -> None:
    """A rival pays, cancels in time with all of it back, and rates."""
    ann = world.instructor()
    booking = world.booking(ann)
    booking.pay()
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        rate(booking, 1)
    assert seen(world, ann) == NOTHING


@pytest.mark.parametrize("friend", ["owner", "admin", "colleague"])
def test_a_school_does_not_praise_itself(school: School, friend: str) -> None:
    world = school.world
    colleague = world.instructor(name="Ian", org_id=school.id)
    person = colleague.user_id if friend == "colleague" else school.who(friend)
    world.learner(school.id, person)
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(person, slot_id)
    booking = Booking(world, booked["booking_id"], person, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    with world.unchanged(), world.refusing("PT422", "own_lesson"):
        rate(booking)
    assert seen(world, school.instructor) == NOTHING


def test_nor_through_a_childs_login(school: School) -> None:
    """The owner is the child's guardian."""
    world = school.world
    child = world.person("Kit")
    kit_id = world.child(school.id, child, age=16)
    link_id = world.call(
        child,
        "public.link_guardian",
        p_learner_id=kit_id,
        p_guardian_email=world.email(school.owner),
        p_can_view=True,
    )
    world.call(school.owner, "public.give_guardian_consent", p_learner_guardian_id=link_id)
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(child, slot_id)
    booking = Booking(world, booked["booking_id"], child, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    with world.unchanged(), world.refusing("PT422", "own_lesson"):
        rate(booking)


def test_a_rating_is_not_changed_for_a_favour(world: World) -> None:
    """Ann offers money back for five stars in place of one; Ben would do it."""
    booking = world.lesson()
    rate(booking, 1)
    with world.unchanged(), world.refusing("PT409", "already_rated"):
        rate(booking, 5)
    world.travel(by=timedelta(minutes=1))
    booking.refund(5310)
    average, count, reviews = seen(world, booking.instructor)
    assert (int(str(average)[0]), count, reviews) == (1, 1, 1)


def test_nobody_rates_for_a_learner_whom_they_may_only_view(world: World) -> None:
    booking = world.lesson()
    viewer = world.guardian(booking.columns["learner_id"], view=True)
    for person in (viewer, world.person("Eve"), booking.instructor.user_id):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            rate(booking, by=person)
