"""Whatever value is sent to whichever door: never a server's error, nor a raw one from inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import psycopg
import pytest

from tests.access.conftest import Settled
from tests.access.hostile import Attempt, Doors
from tests.access.matrix import Matrix
from tests.factories import World, refusal
from tools.clock import travel
from tools.cluster import Cluster

# In so many parts as many hostile calls each, of which an episode keeps what was done.
PARTS, CALLS, AN_EPISODE = 10, 1000, 20


@pytest.fixture
def world(cluster: Cluster, settled: Settled) -> Iterator[World]:
    with copied(cluster, settled) as world:
        yield world


@contextmanager
def copied(cluster: Cluster, settled: Settled) -> Iterator[World]:
    """A marketplace in which everything may be tried."""
    cluster.create_database("hostile", settled.database)
    try:
        with psycopg.connect(cluster.admin_url("hostile")) as connection:
            travel(connection, to=settled.present)
            yield World(connection)
            connection.rollback()
    finally:
        cluster.drop_database("hostile")


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part, marks=pytest.mark.faults if part else pytest.mark.slow)
        for part in range(PARTS)
    ],
)
def test_every_value_is_taken_or_refused_with_a_code(
    world: World, settled: Settled, matrix: Matrix, part: int
) -> None:
    doors = Doors(world, settled.marketplace, matrix)
    assert_all_answered(world, doors, part * CALLS, CALLS)


def assert_all_answered(world: World, doors: Doors, first: int, calls: int) -> None:
    """Tries hostile calls, each with one that anybody would send, after what others have left."""
    attempts = islice(doors.hostile_attempts(), first, first + calls)
    came_of: Counter[str] = Counter()
    raw: dict[str, str] = {}
    while episode := list(islice(attempts, AN_EPISODE)):
        with world.connection.transaction(force_rollback=True):
            for attempt in episode:
                for each in (attempt, doors.good_attempt()):
                    came = outcome(world, each)
                    came_of[came] += 1
                    if came.startswith("raw"):
                        raw[f"{attempt}, then {each}"] = came
    assert raw == {}
    assert came_of["done"] > calls / 2
    assert len(came_of) > 50


def test_the_calls_come_to_every_door(world: World, settled: Settled, matrix: Matrix) -> None:
    """Each function that takes anything is sent something hostile, and so is each written table."""
    doors = Doors(world, settled.marketplace, matrix)
    attempts = islice(doors.hostile_attempts(), PARTS * CALLS)
    reached = {f"{attempt.command} {attempt.door}" for attempt in attempts}
    assert {door for door in doors.names if door not in reached} == set()


def test_a_raw_error_is_seen(world: World, settled: Settled) -> None:
    """With the check of starts out of the way, reckoning with one overflows."""
    attempt = Attempt(
        settled.marketplace.person("visitor"),
        "call",
        "quote_booking",
        "select to_jsonb(answer) from public.quote_booking(%s::uuid, null, %s::timestamptz) answer",
        (str(settled.marketplace.values["ann_service"]), "4714-11-24 00:00:00+00 BC"),
    )
    assert outcome(world, attempt) == "time_is_plausible"
    world.connection.execute(
        "create or replace function private.assert_time_is_plausible(p_at timestamptz)"
        " returns void language sql set search_path = '', pg_temp as ''"
    )
    assert outcome(world, attempt).startswith("raw 22008")


def outcome(world: World, attempt: Attempt) -> str:
    """ "done", the code of a refusal, or a raw error: one that no function and no rule foresaw."""
    person = attempt.person
    try:
        with (
            world.connection.transaction(),
            world.acting_as(person.user_id, person.role, **person.claims),
        ):
            world.connection.execute("set constraints all deferred")
            world.connection.execute(attempt.statement, attempt.values)
            world.connection.execute("set constraints all immediate")
    except psycopg.Error as error:
        found = refusal(error)
        is_ours = (error.diag.message_detail or "").startswith('{"code"')
        is_of_a_rule = attempt.command != "call" and found.sqlstate.startswith("23")
        is_inside = "function" in (error.diag.context or "")
        if is_ours or (not is_inside and (is_of_a_rule or found.sqlstate == "42501")):
            return found.code or found.sqlstate
        return f"raw {found.sqlstate}: {error.diag.message_primary}"
    return "done"
