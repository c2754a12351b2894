"""However many learners reach for a time at once, nobody is double-booked and nobody deadlocks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.bookings.conftest import CLIENTS, ROUNDS, sign_in
from tests.factories import Refusal, World
from tests.races import Racers

pytestmark = pytest.mark.slow

SLOT_TAKEN = Refusal("PT409", "slot_taken")
LEARNER_BUSY = Refusal("PT409", "learner_busy")


def book(
    slot_ids: list[UUID], connection: psycopg.Connection[Any], number: int, key: str | None = None
) -> str:
    """Books one of the slots, in turn."""
    connection.execute(
        "select * from public.create_booking_with_payment(auth.uid(), %s, p_client_key => %s)",
        [slot_ids[number % len(slot_ids)], key],
    ).fetchall()
    return "booked"


@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_of_32_learners_gets_the_slot_in_every_round(
    learners: Racers, marketplace: World, rounds: int
) -> None:
    service_id = marketplace.service(marketplace.instructor())
    for number in range(rounds):
        slot_id = marketplace.slot(service_id, marketplace.in_days(2 + number))
        outcomes = learners.race(partial(book, [slot_id]))
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}
    assert marketplace.count("public.bookings") == rounds


def test_one_of_32_learners_gets_the_instructor_for_overlapping_lessons(
    learners: Racers, marketplace: World
) -> None:
    instructor = marketplace.instructor(buffer_after_minutes=15)
    services = [marketplace.service(instructor) for _ in range(4)]
    for number in range(10):
        slot_ids = [
            marketplace.slot(service_id, marketplace.in_days(2 + number, 10, 15 * index))
            for index, service_id in enumerate(services)
        ]
        outcomes = learners.race(partial(book, slot_ids))
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}


def test_five_of_32_learners_get_the_seats_of_a_group(learners: Racers, marketplace: World) -> None:
    service_id = marketplace.service(marketplace.instructor(), max_participants=5)
    for number in range(10):
        slot_id = marketplace.slot(service_id, marketplace.in_days(2 + number))
        outcomes = learners.race(partial(book, [slot_id]))
        assert Counter(outcomes) == {"booked": 5, SLOT_TAKEN: CLIENTS - 5}


def test_one_of_32_learners_gets_a_slot_whose_hold_has_expired(
    learners: Racers, marketplace: World
) -> None:
    service_id = marketplace.service(marketplace.instructor())
    for _ in range(10):
        slot_id = marketplace.slot(service_id, marketplace.in_days(5))
        marketplace.book(marketplace.person(), slot_id)
        marketplace.travel(by=timedelta(minutes=16))
        outcomes = learners.race(partial(book, [slot_id]))
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}
        # One client may win often, and who lets six holds end within a day has to pause.
        marketplace.travel(by=timedelta(days=1))


def test_one_learner_cannot_book_two_instructors_for_one_time(
    clients: Racers, marketplace: World
) -> None:
    learner = marketplace.person()
    for connection in clients.connections:
        sign_in(connection, learner)
    services = [marketplace.service(marketplace.instructor()) for _ in range(CLIENTS)]
    for number in range(5):
        slot_ids = [marketplace.slot(id, marketplace.in_days(2 + number)) for id in services]
        outcomes = clients.race(partial(book, slot_ids))
        assert Counter(outcomes) == {"booked": 1, LEARNER_BUSY: CLIENTS - 1}


def test_one_learner_cannot_book_two_organizations_for_one_time(
    clients: Racers, marketplace: World
) -> None:
    """Nothing but the constraint knows that the two learners are one person."""
    learner, school = (
        marketplace.person(),
        marketplace.organization(max_open_holds=100, max_held_lessons=1000),
    )
    marketplace.learner(school, learner)
    for connection in clients.connections:
        sign_in(connection, learner)
    services = [
        marketplace.service(marketplace.instructor()),
        marketplace.service(marketplace.instructor(org_id=school)),
    ]
    for number in range(10):
        slot_ids = [marketplace.slot(id, marketplace.in_days(2 + number)) for id in services]
        outcomes = clients.race(partial(book, slot_ids))
        assert outcomes.count("booked") == 1
        assert {*outcomes} <= {"booked", LEARNER_BUSY, SLOT_TAKEN}


def test_a_learner_who_taps_32_times_has_one_booking(clients: Racers, marketplace: World) -> None:
    learner = marketplace.person()
    for connection in clients.connections:
        sign_in(connection, learner)
    service_id = marketplace.service(marketplace.instructor())
    for number in range(5):
        slot_id = marketplace.slot(service_id, marketplace.in_days(2 + number))
        outcomes = clients.race(partial(book, [slot_id], key=f"tap-{number}"))
        assert Counter(outcomes) == {"booked": CLIENTS}
    assert marketplace.count("public.bookings") == 5
    assert marketplace.count("public.learners") == 1


def test_a_learner_who_reaches_for_32_times_at_once_holds_three(
    clients: Racers, marketplace: World
) -> None:
    marketplace.connection.execute("update public.organizations set max_open_holds = 3")
    learner = marketplace.person()
    for connection in clients.connections:
        sign_in(connection, learner)
    service_id = marketplace.service(marketplace.instructor())
    slot_ids = [
        marketplace.slot(service_id, marketplace.in_days(2 + day)) for day in range(CLIENTS)
    ]
    outcomes = clients.race(partial(book, slot_ids))
    assert Counter(outcomes) == {"booked": 3, Refusal("PT409", "too_many_holds"): CLIENTS - 3}
