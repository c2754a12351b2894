"""One person's requests come one after the other, in whichever organizations."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import MARKETPLACE, World
from tools.cluster import Cluster

LOCK = "select private.lock_learner(%s)"
# Locked first wherever rows are locked in the order of their ids.
LOWEST_ID = UUID("00000000-0000-4000-8000-000000000001")

Connection = psycopg.Connection[Any]


@pytest.fixture
def requests(cluster: Cluster, fresh_database: str) -> Iterator[tuple[Connection, Connection]]:
    """Two transactions of one person."""
    with ExitStack() as closing:
        url = cluster.admin_url(fresh_database)
        first, second = (closing.enter_context(psycopg.connect(url)) for _ in range(2))
        yield first, second


def wait_until_blocked(world: World, connection: Connection) -> None:
    """Returns once the connection's statement waits for somebody's lock."""
    query = "select cardinality(pg_blocking_pids(%s)) > 0"
    while not world.value(query, connection.info.backend_pid):
        world.connection.execute("select pg_sleep(0.02)")


def test_a_membership_that_appears_between_two_locks_deadlocks_nobody(
    requests: tuple[Connection, Connection], committed_world: World
) -> None:
    world, (first, second) = committed_world, requests
    person, school = world.person(), world.organization()
    at_school = world.learner(school, person)

    first.execute(LOCK, [at_school])
    world.insert(
        "public.learners",
        {"id": LOWEST_ID, "org_id": MARKETPLACE, "user_id": person, "full_name": "Ben"},
    )
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(second.execute, LOCK, [LOWEST_ID])
        wait_until_blocked(world, second)
        first.execute(LOCK, [at_school])
        first.commit()
        waiting.result()
    second.commit()
