"""Whoever signs in with one login is one person: in two organizations, they have one calendar."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Instructor, Refusal, World
from tests.races import Racers, wait_for_lock
from tests.schools.conftest import School
from tools.cluster import Cluster

ROUNDS = 20


@pytest.mark.parametrize(
    ("minutes_later", "is_free"), [(-60, True), (-59, False), (0, False), (59, False), (60, True)]
)
def test_an_instructor_is_in_one_place(school: School, minutes_later: int, is_free: bool) -> None:
    world = school.world
    elsewhere = world.instructor(user_id=school.instructor.user_id)
    world.book(school.learner, world.slot(world.service(school.instructor)))
    later = world.in_days(2) + timedelta(minutes=minutes_later)
    slot = world.slot(world.service(elsewhere), later)
    if is_free:
        assert world.book(world.person(), slot)["booking_id"]
    else:
        person = world.person()
        with world.unchanged(), world.refusing("PT409", "slot_taken"):
            world.book(person, slot)


def test_the_buffers_of_both_places_are_kept(school: School) -> None:
    world = school.world
    world.connection.execute("update public.instructors set buffer_after_minutes = 15")
    elsewhere = world.instructor(user_id=school.instructor.user_id, buffer_before_minutes=15)
    world.book(school.learner, world.slot(world.service(school.instructor)))
    for minutes, is_free in ((60, False), (75, False), (89, False), (90, True)):
        slot = world.slot(world.service(elsewhere), world.in_days(2) + timedelta(minutes=minutes))
        person = world.person()
        if is_free:
            world.book(person, slot)
        else:
            with world.refusing("PT409", "slot_taken"):
                world.book(person, slot)


@pytest.mark.parametrize(
    ("minutes_later", "is_free"), [(-60, True), (-59, False), (0, False), (59, False), (60, True)]
)
def test_a_learner_is_in_one_place(school: School, minutes_later: int, is_free: bool) -> None:
    world, ben = school.world, school.learner
    world.book(ben, world.slot(world.service(school.instructor)))
    later = world.in_days(2) + timedelta(minutes=minutes_later)
    slot = world.slot(world.service(world.instructor()), later)
    if is_free:
        assert world.book(ben, slot)["booking_id"]
    else:
        with world.unchanged(), world.refusing("PT409", "learner_busy"):
            world.book(ben, slot)


def test_open_holds_are_counted_over_all_organizations(school: School) -> None:
    world, ben = school.world, school.learner
    for day in (2, 3):
        world.book(ben, world.slot(world.service(school.instructor), world.in_days(day)))
    world.book(ben, world.slot(world.service(world.instructor()), world.in_days(4)))
    for instructor in (school.instructor, world.instructor()):
        slot = world.slot(world.service(instructor), world.in_days(5))
        with world.unchanged(), world.refusing("PT409", "too_many_holds"):
            world.book(ben, slot)


def test_two_people_without_logins_are_two(school: School) -> None:
    world = school.world
    for _ in range(2):
        slot = world.managed_slot(school.id, world.managed_instructor(school.id))
        world.ask(
            school.admin,
            "public.create_booking_with_payment",
            p_learner_user_id=None,
            p_slot_id=slot,
            p_learner_id=world.learner(school.id),
        )
    assert world.count("public.bookings") == 2


@pytest.mark.slow
def test_of_two_bookings_at_once_in_two_organizations_one_succeeds(
    cluster: Cluster, committed_world: World, committed_school: School
) -> None:
    world, here = committed_world, committed_school.instructor
    elsewhere = world.instructor(user_id=here.user_id)
    learners = [committed_school.learner, world.person()]
    offers = [(here, world.service(here)), (elsewhere, world.service(elsewhere))]

    with Racers(cluster.admin_url(world.connection.info.dbname), 2) as racers:
        for nth in range(ROUNDS):
            slots = [slot_at(world, offer, nth) for offer in offers]

            def book(
                connection: psycopg.Connection[Any], number: int, slots: list[UUID] = slots
            ) -> str:
                World(connection).book(learners[number], slots[number])
                return "booked"

            outcomes = racers.race(book)
            assert sorted(map(str, outcomes)) == sorted(
                map(str, ["booked", Refusal("PT409", "slot_taken")])
            )
            # Six holds that expire within a day would make the winner wait.
            world.travel(by=timedelta(hours=5))
            world.maintain()


def slot_at(world: World, offer: tuple[Instructor, UUID], nth: int) -> UUID:
    return world.slot(offer[1], world.in_days(3 + nth))


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_a_booking_made_while_a_login_is_linked_is_that_persons(
    cluster: Cluster, committed_world: World, committed_school: School, role: str
) -> None:
    world, school = committed_world, committed_school
    instructor, learner = world.managed_instructor(school.id), world.learner(school.id)
    slot = world.managed_slot(school.id, instructor)
    person = world.person("Jo", "jo@example.org")
    place = {"instructor": instructor, "learner": learner}[role]
    token = school.invite(school.owner, "jo@example.org", role, **{f"p_{role}_id": place})

    url = cluster.admin_url(world.connection.info.dbname)
    with psycopg.connect(url) as linking, psycopg.connect(url) as booking:
        linking.execute("begin")
        World(linking).call(person, "public.accept_invitation", p_token=token)
        with ThreadPoolExecutor(1) as pool:
            booked = pool.submit(
                World(booking).ask,
                school.admin,
                "public.create_booking_with_payment",
                p_learner_user_id=None,
                p_slot_id=slot,
                p_learner_id=learner,
            )
            wait_for_lock(booking, world)
            linking.commit()
            booked.result(timeout=30)
        booking.commit()

    people = world.row(
        "select calendar.person_id as instructor, booking.learner_person_id as learner"
        " from public.bookings booking"
        " join private.person_calendar calendar on calendar.slot_id = booking.slot_id"
    )
    assert people == {"instructor": instructor, "learner": learner} | {role: person}
