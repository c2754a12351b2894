"""However many learners reach for a time at once, nobody is double-booked and nobody deadlocks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Refusal, World
from tests.races import Racers
from tests.stack import Cluster

CLIENTS = 32
ROUNDS = 50
SLOT_TAKEN = Refusal("PT409", "slot_taken")


@pytest.fixture
def learners(cluster: Cluster, fresh_database: str, committed_world: World) -> Iterator[Racers]:
    """32 clients of the Data API, each signed in as a learner of their own."""
    committed_world.connection.execute("update public.organizations set max_open_holds = 100")
    with Racers(cluster.url("authenticator", fresh_database), CLIENTS) as racers:
        for connection in racers.connections:
            sign_in(connection, committed_world.person())
        yield racers


def sign_in(connection: psycopg.Connection[Any], user_id: UUID) -> None:
    claims = json.dumps({"role": "authenticated", "sub": str(user_id)})
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    connection.execute("set role authenticated")


def book(connection: psycopg.Connection[Any], slot_id: UUID) -> str:
    connection.execute(
        "select * from public.create_booking_with_payment(auth.uid(), %s)", [slot_id]
    ).fetchall()
    return "booked"


def test_one_of_32_learners_gets_the_slot_fifty_times(
    learners: Racers, committed_world: World
) -> None:
    service_id = committed_world.service(committed_world.instructor())
    for number in range(ROUNDS):
        slot_id = committed_world.slot(service_id, committed_world.in_days(2 + number))
        outcomes = learners.race(lambda connection, _: book(connection, slot_id))  # noqa: B023
        assert Counter(outcomes) == {"booked": 1, SLOT_TAKEN: CLIENTS - 1}
    assert committed_world.count("public.bookings") == ROUNDS
