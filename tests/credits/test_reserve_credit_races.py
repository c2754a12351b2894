"""Hours for one lesson cover one booking, however many are made at once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

CLIENTS = 32
AT_LENGTH = pytest.param(50, marks=pytest.mark.faults)
INSUFFICIENT = Refusal("PT409", "insufficient_credit")


def book(
    learner: UUID, slot_ids: list[UUID], connection: psycopg.Connection[Any], number: int
) -> str:
    World(connection).book(learner, slot_ids[number], p_use_credits=True)
    return "booked"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, AT_LENGTH])
def test_hours_for_one_lesson_cover_one_booking(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    instructor, service_id = world.hourly(duration_minutes=15)
    slot_ids = [
        world.slot(service_id, world.in_days(2 + index // 16, 4, 15 * (index % 16)))
        for index in range(CLIENTS)
    ]
    with Racers(cluster.admin_url(fresh_database), CLIENTS) as racers:
        for _ in range(rounds):
            learner = world.person()
            credit = world.hours(learner, instructor, Decimal("0.25"))
            outcomes = racers.race(partial(book, learner, slot_ids))
            assert Counter(outcomes) == {"booked": 1, INSUFFICIENT: CLIENTS - 1}
            assert (credit.columns["minutes_reserved"], credit.columns["minutes_left"]) == (15, 0)
            booked = world.value(
                "select id from public.bookings where credit_applied_cents > 0"
                " and status = 'confirmed'"
            )
            world.cancel(instructor.user_id, booked)


def use_or_return(
    learner: UUID,
    credit_id: UUID,
    slot_id: UUID,
    connection: psycopg.Connection[Any],
    number: int,
) -> str:
    if number % 2:
        World(connection).book(learner, slot_id, p_use_credits=True)
        return "booked"
    World(connection).ask(learner, "public.refund_credits", p_credit_id=credit_id)
    return "refunded"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [10, AT_LENGTH])
def test_hours_are_used_or_given_back(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    instructor, service_id = world.hourly()
    with Racers(cluster.admin_url(fresh_database), 4) as racers:
        for number in range(rounds):
            learner = world.person()
            credit = world.hours(learner, instructor, 1)
            slot_id = world.slot(service_id, world.in_days(2 + number))
            outcomes = racers.race(partial(use_or_return, learner, credit.id, slot_id))
            done = [outcome for outcome in outcomes if isinstance(outcome, str)]
            assert len(done) == 1, outcomes
            columns = credit.columns
            assert (columns["minutes_reserved"], columns["minutes_refunded"]) == (
                (60, 0) if done == ["booked"] else (0, 60)
            )
