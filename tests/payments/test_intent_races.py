"""Two events about one payment at the same moment are one effect."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg
import pytest

from tests.factories import World
from tests.races import Racers
from tools.cluster import Cluster

ROUNDS = 15


def deliver(intent: dict[str, Any], connection: psycopg.Connection[Any], _: int) -> str:
    return World(connection).deliver("payment_intent.succeeded", intent)


@pytest.mark.slow
@pytest.mark.parametrize("is_linked", [True, False])
def test_eight_different_events_about_one_payment_are_one_effect(
    cluster: Cluster, fresh_database: str, committed_world: World, is_linked: bool
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), 8) as racers:
        for number in range(ROUNDS):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            if is_linked:
                world.deliver("payment_intent.created", booking.intent("requires_payment_method"))
            intent = booking.intent()
            assert racers.race(partial(deliver, intent)) == ["processed"] * 8
            assert booking.status == "confirmed"
    assert world.ledger() == {
        "stripe_balance": 5310 * ROUNDS,
        "instructor_pending": -4500 * ROUNDS,
        "platform_fees": -810 * ROUNDS,
    }
    assert world.count("public.refunds") == 0
