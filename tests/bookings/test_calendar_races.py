"""However many reach for one person at once, in whichever schools and roles, one of them wins."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.bookings.conftest import CLIENTS, ROUNDS, sign_in
from tests.bookings.test_request_races import deadlocks
from tests.factories import Refusal, World
from tests.races import Racers

SLOT_TAKEN = Refusal("PT409", "slot_taken")
LEARNER_BUSY = Refusal("PT409", "learner_busy")


def book(offers: list[tuple[UUID, UUID]], connection: psycopg.Connection[Any], number: int) -> str:
    """Books one of the slots, in turn, as the learner named with it."""
    learner, slot_id = offers[number % len(offers)]
    sign_in(connection, learner)
    connection.execute(
        "select * from public.create_booking_with_payment(auth.uid(), %s)", [slot_id]
    ).fetchall()
    return "booked"


@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_of_32_clients_gets_the_slot_without_a_deadlock(
    clients: Racers, marketplace: World, rounds: int
) -> None:
    learners = [marketplace.person() for _ in range(CLIENTS)]
    service_id = marketplace.service(marketplace.instructor())
    for number in range(rounds):
        slot_id = marketplace.slot(service_id, marketplace.in_days(2 + number))
        outcomes = clients.race(partial(book, [(learner, slot_id) for learner in learners]))
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}
    assert deadlocks(marketplace, clients) == 0


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_who_teach_each_other_do_it_one_after_the_other_without_a_deadlock(
    clients: Racers, marketplace: World, rounds: int
) -> None:
    teachers = [marketplace.instructor() for _ in range(2)]
    services = [marketplace.service(teacher) for teacher in teachers]
    for number in range(rounds):
        offers = [
            (pupil.user_id, marketplace.slot(service_id, marketplace.in_days(2 + number, 10, late)))
            for pupil, service_id, late in zip(reversed(teachers), services, (0, 30), strict=True)
        ]
        outcomes = clients.race(partial(book, offers))
        assert outcomes.count("booked") == 1
        assert {*outcomes} <= {"booked", LEARNER_BUSY, SLOT_TAKEN}
    assert deadlocks(marketplace, clients) == 0


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_person_is_never_in_two_schools_at_one_time(
    clients: Racers, marketplace: World, rounds: int
) -> None:
    """Ann teaches in two schools, and learns in a third."""
    schools = [marketplace.organization(max_open_holds=100, max_held_lessons=100) for _ in range(3)]
    ann = marketplace.person("Ann")
    offers = []
    for school in schools[:2]:
        pupil = marketplace.person()
        marketplace.learner(school, pupil)
        teacher = marketplace.instructor(org_id=school, user_id=ann)
        offers.append((pupil, marketplace.service(teacher)))
    marketplace.learner(schools[2], ann)
    offers.append((ann, marketplace.service(marketplace.instructor(org_id=schools[2]))))

    for number in range(rounds):
        start_at = marketplace.in_days(2 + number)
        slots = [(learner, marketplace.slot(id, start_at)) for learner, id in offers]
        outcomes = clients.race(partial(book, slots))
        assert outcomes.count("booked") == 1
        assert {*outcomes} <= {"booked", LEARNER_BUSY, SLOT_TAKEN}
    assert deadlocks(marketplace, clients) == 0


@pytest.mark.slow
def test_overdue_holds_of_other_schools_give_way_to_one_without_a_deadlock(
    clients: Racers, marketplace: World
) -> None:
    """Both schools' holds of Ann and Ben are overdue, and everybody wants both of them.

    A day passes between the rounds, because six holds a day can be given up.
    """
    ann, ben = marketplace.person("Ann"), marketplace.person("Ben")
    for _ in range(5):
        marketplace.travel(by=timedelta(days=1))
        offers = []
        for late in (0, 20):
            school = marketplace.organization(max_open_holds=100)
            marketplace.learner(school, ben)
            teacher = marketplace.instructor(org_id=school, user_id=ann)
            start_at = marketplace.in_days(3, 10, late)
            offers.append((ben, marketplace.slot(marketplace.service(teacher), start_at)))
        learner, slot_id = offers[0]
        marketplace.book(learner, slot_id)
        marketplace.rows("select private.expire_holds(private.marketplace_id())")
        marketplace.rows(
            "update public.bookings set hold_expires_at = private.clock() where status = 'held'"
        )
        outcomes = clients.race(partial(book, offers))
        assert outcomes.count("booked") == 1
        assert {*outcomes} <= {"booked", LEARNER_BUSY, SLOT_TAKEN}
    assert deadlocks(marketplace, clients) == 0
