"""However many learners reach at once, seats, caps and holds are counted right and nobody waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.bookings.conftest import CLIENTS, ROUNDS, sign_in
from tests.factories import Instructor, Refusal, World
from tests.races import Racers

pytestmark = pytest.mark.slow

SLOT_TAKEN = Refusal("PT409", "slot_taken")
BUSY = Refusal("PT409", "learner_busy")
MORNING = 9


def open_instructor(marketplace: World, **columns: Any) -> Instructor:
    instructor = marketplace.instructor(time_zone="UTC", **columns)
    marketplace.window(instructor, "00:00", "24:00")
    return instructor


def request(
    offers: list[tuple[Instructor, UUID, Any]], connection: psycopg.Connection[Any], number: int
) -> str:
    """Requests one of the times, in turn."""
    instructor, service_id, start_at = offers[number % len(offers)]
    connection.execute(
        "select * from public.request_booking(%s, %s, %s)", [instructor.id, service_id, start_at]
    ).fetchall()
    return "booked"


def book_either_way(
    offer: tuple[Instructor, UUID, Any],
    slot_id: UUID,
    connection: psycopg.Connection[Any],
    number: int,
) -> str:
    """Every other client names the slot, the others its time."""
    if number % 2:
        return request([offer], connection, number)
    connection.execute(
        "select * from public.create_booking_with_payment(auth.uid(), %s)", [slot_id]
    ).fetchall()
    return "booked"


# Seats


@pytest.mark.parametrize("rounds", ROUNDS)
def test_five_of_32_learners_get_the_seats_of_a_time_nobody_published_in_every_round(
    learners: Racers, marketplace: World, rounds: int
) -> None:
    instructor = open_instructor(marketplace)
    service_id = marketplace.service(instructor, max_participants=5)
    for number in range(rounds):
        start_at = marketplace.in_days(2 + number)
        outcomes = learners.race(partial(request, [(instructor, service_id, start_at)]))
        assert Counter(outcomes) == {"booked": 5, SLOT_TAKEN: CLIENTS - 5}
    assert marketplace.count("public.bookable_slots") == rounds
    taught = "select count(*) from private.person_calendar where slot_id is not null"
    assert marketplace.value(taught) == rounds


@pytest.mark.parametrize("rounds", ROUNDS)
def test_five_of_32_learners_get_the_seats_of_a_published_slot_in_every_round(
    learners: Racers, marketplace: World, rounds: int
) -> None:
    instructor = open_instructor(marketplace)
    service_id = marketplace.service(instructor, max_participants=5)
    for number in range(rounds):
        start_at = marketplace.in_days(2 + number)
        slot_id = marketplace.slot(service_id, start_at)
        offer = (instructor, service_id, start_at)
        outcomes = learners.race(partial(book_either_way, offer, slot_id))
        assert Counter(outcomes) == {"booked": 5, SLOT_TAKEN: CLIENTS - 5}
    assert marketplace.count("public.bookable_slots") == rounds


def test_one_learner_gets_one_seat_of_a_group(clients: Racers, marketplace: World) -> None:
    learner, instructor = marketplace.person(), open_instructor(marketplace)
    for connection in clients.connections:
        sign_in(connection, learner)
    service_id = marketplace.service(instructor, max_participants=5)
    for number in range(5):
        start_at = marketplace.in_days(2 + number)
        outcomes = clients.race(partial(request, [(instructor, service_id, start_at)]))
        assert Counter(outcomes) == {"booked": 1, BUSY: CLIENTS - 1}


def test_one_of_32_learners_gets_a_time_nobody_published(
    learners: Racers, marketplace: World
) -> None:
    instructor = open_instructor(marketplace, buffer_after_minutes=15)
    services = [
        marketplace.service(instructor, duration_minutes=minutes) for minutes in (60, 60, 30, 90)
    ]
    for number in range(10):
        # Midnight begins a lesson of every length.
        start_at = marketplace.in_days(2 + number, 0)
        offers = [(instructor, service_id, start_at) for service_id in services]
        outcomes = learners.race(partial(request, offers))
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}


# The daily cap


def test_a_day_takes_as_many_lessons_as_its_cap_in_all_organizations(
    learners: Racers, marketplace: World
) -> None:
    here = open_instructor(marketplace, daily_cap=3)
    school = marketplace.organization(max_open_holds=100, max_held_lessons=1000)
    there = open_instructor(marketplace, org_id=school, user_id=here.user_id, daily_cap=3)
    for number, connection in enumerate(learners.connections):
        if number % 2:
            (user_id,) = connection.execute("select auth.uid()").fetchone() or (None,)
            marketplace.learner(school, user_id)
    services = [(here, marketplace.service(here)), (there, marketplace.service(there))]
    for day in range(2, 8):
        offers = [
            (*services[number % 2], marketplace.in_days(day, number % 24))
            for number in range(CLIENTS)
        ]
        outcomes = learners.race(partial(request, offers))
        assert Counter(outcomes) == {"booked": 3, SLOT_TAKEN: CLIENTS - 3}


def test_a_cap_and_expired_holds_make_nobody_wait_for_a_deadlock(
    learners: Racers, marketplace: World
) -> None:
    instructor = open_instructor(marketplace, daily_cap=2)
    service_id = marketplace.service(instructor, max_participants=3)
    for day in range(2, 8):
        hours = (MORNING, MORNING + 1)
        for hour in hours:
            start_at = marketplace.in_days(day, hour)
            marketplace.request(marketplace.person(), instructor, service_id, start_at)
        marketplace.travel(by=timedelta(minutes=15))

        offers = [(instructor, service_id, marketplace.in_days(day, hour)) for hour in hours]
        outcomes = learners.race(partial(request, offers))
        assert Counter(outcomes) == {"booked": 6, SLOT_TAKEN: CLIENTS - 6}
    assert deadlocks(marketplace, learners) == 0


def deadlocks(marketplace: World, clients: Racers) -> int:
    for connection in clients.connections:
        connection.execute("select pg_stat_force_next_flush()")
    number: int = marketplace.value(
        "select deadlocks from pg_stat_database where datname = current_database()"
    )
    return number


# One person's limits


def test_a_person_keeps_three_unpaid_times_in_all_organizations(
    clients: Racers, committed_world: World
) -> None:
    world, learner = committed_world, committed_world.person()
    school = world.organization()
    world.learner(school, learner)
    services = [
        (instructor, world.service(instructor))
        for instructor in (open_instructor(world), open_instructor(world, org_id=school))
    ]
    for connection in clients.connections:
        sign_in(connection, learner)
    offers = [(*services[number % 2], world.in_days(2 + number)) for number in range(CLIENTS)]
    outcomes = clients.race(partial(request, offers))
    assert Counter(outcomes) == {"booked": 3, Refusal("PT409", "too_many_holds"): CLIENTS - 3}


# Series and answers


def test_one_of_32_learners_gets_the_whole_series(learners: Racers, marketplace: World) -> None:
    instructor = open_instructor(marketplace)
    service_id = marketplace.service(instructor)

    def request_series(connection: psycopg.Connection[Any], number: int) -> int:
        # Every other series begins a week later: all of them meet in the middle.
        first = start_at + timedelta(weeks=number % 2)
        rows = connection.execute(
            "select * from public.request_booking_series(%s, %s, %s, 3)",
            [instructor.id, service_id, first],
        ).fetchall()
        return len(rows)

    for number in range(3):
        start_at = marketplace.in_days(7, MORNING + number)
        outcomes = learners.race(request_series)
        assert Counter(outcomes) == {3: 1, SLOT_TAKEN: CLIENTS - 1}
    assert marketplace.count("public.bookings") == 9
    assert marketplace.count("public.booking_series") == 3


def test_a_request_is_answered_once(clients: Racers, marketplace: World) -> None:
    def answer(connection: psycopg.Connection[Any], number: int) -> str:
        function = ("confirm_booking", "decline_booking")[number % 2]
        connection.execute(f"select public.{function}(%s)", [booking.id]).fetchall()
        return "answered"

    for _ in range(5):
        booking = marketplace.booking(requires_approval=True)
        for connection in clients.connections:
            sign_in(connection, booking.instructor.user_id)
        outcomes = clients.race(answer)
        assert Counter(outcomes) == {
            "answered": 1,
            Refusal("PT409", "booking_not_requested"): CLIENTS - 1,
        }
        assert booking.status in ("held", "declined")
