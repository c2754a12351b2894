"""However many refunds are asked for at once, no more goes back than was paid."""

from __future__ import annotations

from collections import Counter
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


def refund(
    admin: UUID,
    payment_id: UUID,
    key: str | None,
    connection: psycopg.Connection[Any],
    number: int,
) -> UUID | str:
    refund_id: UUID = World(connection).call(
        admin,
        "public.admin_refund",
        p_payment_id=payment_id,
        p_amount_cents=3186,
        p_reason="Rain",
        p_client_key=key,
    )
    return refund_id if key else "refunded"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [5, AT_LENGTH])
def test_of_many_refunds_of_60_percent_one_succeeds(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    instructor, admin = world.instructor(), world.admin()
    with Racers(cluster.admin_url(fresh_database), CLIENTS) as racers:
        for number in range(rounds):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            booking.pay()
            outcomes = racers.race(partial(refund, admin, booking.payment["id"], None))
            exceeding = Refusal("PT409", "refund_exceeds_payment")
            assert Counter(outcomes) == {"refunded": 1, exceeding: CLIENTS - 1}
            world.carry_refunds()
            assert booking.payment["refunded_cents"] == 3186


@pytest.mark.slow
def test_one_key_is_one_refund_for_all(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking, admin = world.booking(), world.admin()
    booking.pay()
    with Racers(cluster.admin_url(fresh_database), CLIENTS) as racers:
        outcomes = racers.race(partial(refund, admin, booking.payment["id"], "a"))
    assert set(outcomes) == {world.value("select id from public.refunds")}
