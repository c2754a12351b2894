"""Ann wants to know where sixteen-year-old Kit is, who has agreed to nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import Booking, World
from tests.schools.conftest import School, school
from tests.trips.steps import Trip, point

__all__ = ["school"]


@pytest.fixture
def kit(school: School) -> UUID:
    """The login of a learner of the school."""
    return school.world.person("Kit")


@pytest.fixture
def kit_id(school: School, kit: UUID) -> UUID:
    return school.world.child(school.id, kit, age=16)


@pytest.fixture
def mother(school: School, kit_id: UUID) -> UUID:
    return school.world.guardian(kit_id, view=True, book=True, pay=True)


@pytest.fixture
def lesson(school: School, kit: UUID, kit_id: UUID, mother: UUID) -> Booking:
    """A lesson of Kit's with Ann that is under way."""
    world = school.world
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(mother, slot_id, p_learner_user_id=None, p_learner_id=kit_id)
    booking = Booking(world, booked["booking_id"], mother, school.instructor, slot_id)
    booking.pay()
    booking.start()
    return booking


def agree(world: World, person: UUID, learner_id: UUID, agrees: bool = True) -> None:
    world.call(person, "public.set_trip_consent", p_learner_id=learner_id, p_agrees=agrees)


def assert_not_tracked(lesson: Booking) -> None:
    world, teacher = lesson.world, lesson.instructor.user_id
    with world.unchanged(), world.refusing("PT409", "tracking_not_agreed"):
        world.call(teacher, "public.start_trip", p_booking_id=lesson.id)


def test_nobody_at_the_school_agrees_for_the_family(
    school: School, lesson: Booking, kit_id: UUID
) -> None:
    world = school.world
    for person in (school.instructor.user_id, school.owner, school.admin, world.admin()):
        with world.unchanged(), world.refusing("PT404", "learner_not_found"):
            agree(world, person, kit_id)
    assert_not_tracked(lesson)


def test_neither_kit_nor_the_mother_is_enough(
    school: School, lesson: Booking, kit: UUID, kit_id: UUID, mother: UUID
) -> None:
    agree(school.world, kit, kit_id)
    assert_not_tracked(lesson)
    agree(school.world, kit, kit_id, False)
    agree(school.world, mother, kit_id)
    assert_not_tracked(lesson)


def test_a_guardian_whom_kit_has_not_got_any_more_agrees_to_nothing(
    school: School, lesson: Booking, kit: UUID, kit_id: UUID, mother: UUID
) -> None:
    """A false guardian had agreed; the school has revoked them since."""
    world = school.world
    agree(world, kit, kit_id)
    false_friend = world.guardian(kit_id, view=True)
    agree(world, false_friend, kit_id)
    link_id = world.value(
        "select link.id from public.learner_guardians link"
        " join public.guardians guardian on guardian.id = link.guardian_id"
        " where guardian.user_id = %s",
        false_friend,
    )
    world.call(school.owner, "public.revoke_guardian", p_learner_guardian_id=link_id)
    assert_not_tracked(lesson)
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        agree(world, false_friend, kit_id)


def test_nor_does_a_word_given_elsewhere_count(
    school: School, lesson: Booking, kit: UUID, mother: UUID
) -> None:
    """Kit founds a school where a friend is the guardian, and both agree there."""
    world = school.world
    elsewhere = world.child(world.organization(), kit, age=16)
    friend = world.guardian(elsewhere, view=True)
    agree(world, kit, elsewhere)
    agree(world, friend, elsewhere)
    assert_not_tracked(lesson)


def test_a_no_ends_it_at_once_and_hides_nothing_from_the_family(
    school: School, lesson: Booking, kit: UUID, kit_id: UUID, mother: UUID
) -> None:
    world, teacher = school.world, lesson.instructor.user_id
    agree(world, kit, kit_id)
    agree(world, mother, kit_id)
    trip = Trip(world, lesson, world.call(teacher, "public.start_trip", p_booking_id=lesson.id))
    trip.send([point(trip.start)])
    agree(world, mother, kit_id, False)
    with world.unchanged(), world.refusing("PT409", "tracking_not_agreed"):
        trip.send([point(world.now(), north=10)])
    for person in (kit, mother):
        seen = world.ask(person, "public.list_trip_points", p_trip_id=trip.id)
        assert len(seen) == 1


def test_an_instructor_who_has_left_follows_nobody(
    school: School, lesson: Booking, kit: UUID, kit_id: UUID, mother: UUID
) -> None:
    """Neither the points of before nor the line."""
    world, teacher = school.world, lesson.instructor.user_id
    agree(world, kit, kit_id)
    agree(world, mother, kit_id)
    trip = Trip(world, lesson, world.call(teacher, "public.start_trip", p_booking_id=lesson.id))
    trip.send([point(trip.start)])
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=teacher,
        p_role="instructor",
    )
    for function in ("list_trip_points", "trip_geojson"):
        with world.refusing("PT404", "trip_not_found"):
            world.ask(teacher, f"public.{function}", p_trip_id=trip.id)
    with world.unchanged(), world.refusing("PT404", "trip_not_found"):
        trip.send([point(world.now(), north=10)])
