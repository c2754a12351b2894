"""A school wants a bad review to go, and a rival a good one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import Booking, World
from tests.schools.conftest import School, school

__all__ = ["school"]

A_DAY = 20


def rated(school: School, rating: int = 1) -> UUID:
    """A review of a lesson that somebody has had at the school."""
    world = school.world
    learner = world.person("Ben")
    world.learner(school.id, learner)
    slot_id = world.slot(world.service(school.instructor), world.in_days(2))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    rating_id: UUID = world.call(
        learner,
        "public.rate_lesson",
        p_booking_id=booking.id,
        p_rating=rating,
        p_review="He was late.",
    )
    return rating_id


@pytest.fixture
def review(school: School) -> UUID:
    return rated(school)


def shown(school: School) -> list[UUID]:
    reviews = school.world.ask(None, "public.list_reviews", p_instructor_id=school.instructor.id)
    return [row["rating_id"] for row in reviews]


def report(world: World, person: UUID, review: UUID) -> None:
    world.call(person, "public.report_review", p_rating_id=review, p_fault="not_genuine")


@pytest.mark.parametrize("who", ["owner", "admin", "instructor"])
def test_a_school_hides_nothing_itself(school: School, review: UUID, who: str) -> None:
    world, person = school.world, school.who(who)
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            person,
            "public.admin_hide_review",
            p_rating_id=review,
            p_fault="not_genuine",
            p_reason="He lies.",
        )
    with world.refusing("42501"), world.acting_as(person):
        world.connection.execute("delete from public.lesson_ratings")
    assert shown(school) == [review]


def test_however_many_report_it_stays_until_the_platform_has_looked(
    school: School, review: UUID
) -> None:
    world = school.world
    for person in (school.owner, school.admin, *(world.person("Puppet") for _ in range(10))):
        report(world, person, review)
    world.travel(by=timedelta(days=30))
    world.maintain()
    assert shown(school) == [review]
    count = world.value(
        "select rating_count from public.instructors where id = %s", school.instructor.id
    )
    assert count == 1


@pytest.mark.slow
def test_one_account_keeps_the_platform_busy_with_twenty_a_day(school: School) -> None:
    world, eve = school.world, school.world.person("Eve")
    world.connection.execute("update public.instructors set daily_cap = null")
    reviews = [rated(school) for _ in range(A_DAY + 1)]
    world.travel(by=timedelta(days=2))
    for review in reviews[:A_DAY]:
        report(world, eve, review)
    with world.unchanged(), world.refusing("PT429", "too_many_reports"):
        report(world, eve, reviews[A_DAY])
    report(world, world.person("Jo"), reviews[A_DAY])
    world.travel(by=timedelta(hours=24))
    report(world, eve, reviews[A_DAY])


def test_dismissing_the_instructor_hides_no_review_from_who_wrote_it(
    school: School, review: UUID
) -> None:
    """It is no more shown than its instructor is, and comes back with them."""
    world = school.world
    for is_active, visible in ((False, []), (True, [review])):
        world.call(
            school.owner,
            "public.set_instructor_active",
            p_instructor_id=school.instructor.id,
            p_is_active=is_active,
        )
        assert shown(school) == visible
    assert world.count("public.lesson_ratings") == 1
