"""However many workers send a run's payouts, each payout is one worker's."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, World
from tests.payouts.paydays import FRIDAY, NOON, open_run, payable
from tests.races import Racers
from tools.cluster import Cluster

WORKERS = 8
PAYOUTS = 120


def claim_all(run_id: UUID, connection: psycopg.Connection[Any], _: int) -> list[UUID]:
    """Claims payouts, one a transaction, until none is left."""
    worker_id, claimed = uuid4(), []
    while found := connection.execute(
        "select payout_id from private.claim_payout(%s, %s, %s, private.clock())",
        [run_id, worker_id, timedelta(minutes=1)],
    ).fetchone():
        claimed.append(found[0])
    return claimed


@pytest.mark.slow
def test_eight_workers_claim_every_payout_once(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    for _ in range(PAYOUTS):
        payable(world)
    world.travel(to=NOON)
    run_id = open_run(world)
    with Racers(cluster.url("jobs", fresh_database), WORKERS) as racers:
        for _ in range(3):
            claims = racers.race(partial(claim_all, run_id))
            counts = Counter(id for claimed in claims for id in claimed)  # type: ignore[union-attr]
            assert len(counts) == PAYOUTS
            assert set(counts.values()) == {1}
            world.travel(by=timedelta(minutes=2))


def test_eight_starts_of_one_payday_are_one_run(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    for _ in range(20):
        payable(world)
    world.travel(to=NOON)

    def start(connection: psycopg.Connection[Any], _: int) -> UUID:
        (run_id,) = connection.execute(
            "select private.open_payout_run(%s, 'weekly', %s)", [MARKETPLACE, FRIDAY]
        )
        id: UUID = run_id[0]
        return id

    with Racers(cluster.url("jobs", fresh_database), WORKERS) as racers:
        assert len(set(racers.race(start))) == 1
    assert world.count("public.payout_runs") == 1
    assert world.count("public.payouts") == 20
    assert world.count("public.payout_items") == 20
