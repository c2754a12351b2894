"""A code with one use is used once, however many want it, and no circle of referrals closes."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.discounts.steps import referral_code, referrer_of_the_marketplace, rewarding
from tests.factories import Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

CLIENTS = 32
AT_LENGTH = pytest.param(50, marks=pytest.mark.faults)
CODE_NOT_VALID = Refusal("PT409", "code_not_valid")


def book(
    bookings: list[tuple[UUID, UUID, str]], connection: psycopg.Connection[Any], number: int
) -> str:
    user_id, slot_id, code = bookings[number]
    World(connection).book(user_id, slot_id, p_discount_code=code)
    return "booked"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, AT_LENGTH])
def test_a_code_with_one_use_is_used_once(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    world.connection.execute(
        "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
    )
    learners = [world.person() for _ in range(CLIENTS)]
    services = [world.hourly()[1] for _ in range(CLIENTS)]
    with Racers(cluster.admin_url(fresh_database), CLIENTS) as racers:
        for number in range(rounds):
            code = f"Once{number}"
            world.discount_code(code=code, max_uses=1)
            bookings = []
            for learner, service_id in zip(learners, services, strict=True):
                assert world.check_code(learner, code, service_id)["is_valid"]
                slot_id = world.slot(service_id, world.in_days(2 + number))
                bookings.append((learner, slot_id, code))
            outcomes = racers.race(partial(book, bookings))
            assert Counter(outcomes) == {"booked": 1, CODE_NOT_VALID: CLIENTS - 1}


@pytest.mark.parametrize("rounds", [5, AT_LENGTH])
def test_two_learners_do_not_refer_each_other_at_the_same_moment(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    rewarding(world)
    services = [world.hourly()[1] for _ in range(2)]
    with Racers(cluster.admin_url(fresh_database), 2) as racers:
        for number in range(rounds):
            learners = [referrer_of_the_marketplace(world) for _ in range(2)]
            codes = [referral_code(world, learner) for learner in reversed(learners)]
            bookings = []
            for learner, service_id, code in zip(learners, services, codes, strict=True):
                assert world.check_code(learner, code, service_id)["is_valid"]
                slot_id = world.slot(service_id, world.in_days(2 + number))
                bookings.append((learner, slot_id, code))
            outcomes = racers.race(partial(book, bookings))
            assert Counter(outcomes) == {"booked": 1, CODE_NOT_VALID: 1}
