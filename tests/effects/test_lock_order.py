"""Whoever moves money or notes something of a lesson: all locks are taken in one order.

An act is stopped at a row that it locks, while a gatekeeper holds that row; what it has locked by
then is looked at. Two acts can deadlock if each has locked a row for which the other waits, and
both can be there at once, because they have locked nothing in common: so every pair is judged,
though each act is played alone. Some pairs are played as well, in full by `make proof`: the second
begins while the first is stopped at a table, and goes as far as it can. When the gate opens, both
must come to their end. That may be a refusal with a code, but no error of the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations_with_replacement
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.access.sources import TRIGGER, Function, Sources
from tests.effects.acts import ACTS, EDIT, Act
from tests.effects.scene import Scene
from tests.factories import World, refusal
from tests.instant import start
from tests.patience import PATIENCE
from tools.cluster import Cluster

pytestmark = pytest.mark.slow

# In the one order of locks; a pair stops at each.
GATES = (
    "public.orders",
    "public.learners",
    "public.discount_codes",
    "public.bookable_slots",
    "public.bookings",
    "public.learner_credits",
    "public.order_items",
    "public.payments",
    "public.refunds",
    "public.disputes",
    "public.earnings",
    "public.payouts",
    "private.ledger_accounts",
    "private.person_calendar",
)
MONEY = {
    "public.orders",
    "public.order_items",
    "public.payments",
    "public.refunds",
    "public.disputes",
    "public.learner_credits",
    "public.credit_entries",
    "public.earnings",
    "public.payouts",
    "private.suspense_items",
    "private.ledger_transactions",
}
# What is said and recorded of lessons, whose rows maintenance holds while it ends them.
NEWS = {
    "public.busy_times",
    "public.instructor_documents",
    "public.learner_tests",
    "public.lesson_ratings",
    "public.lessons",
    "public.review_reports",
    "public.skill_assessments",
    "public.trip_consents",
    "public.trips",
    "public.waiting_list_entries",
}
OTHERS = 1
# Rows of an act at which it is stopped; most lock fewer.
STOPS = 40
STOPPED = "select cardinality(pg_blocking_pids(%s)) > 0"
TABLES = """
    select format('%s.%I', relnamespace::regnamespace, relname)
    from pg_class
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and relkind = 'r'
        and not relispartition
        and relname <> 'test_clock'
"""
UNLOCKED = """
    create function pg_temp.unlocked_rows(p_tables text[])
        returns table (name text, place text)
        language plpgsql
    as $$
    declare
        each text;
    begin
        foreach each in array p_tables loop
            return query execute format(
                'select %L, ctid::text from %s for no key update skip locked', each, each
            );
        end loop;
    end;
    $$
"""
CALLABLE = """
    select function.pronamespace::regnamespace || '.' || function.proname
    from pg_proc function
    where case function.pronamespace
        when 'public'::regnamespace then true
        when 'private'::regnamespace then has_function_privilege('jobs', function.oid, 'execute')
            or has_function_privilege('webhook_service', function.oid, 'execute')
    end
"""


class Row(NamedTuple):
    table: str
    place: str


class Stop(NamedTuple):
    """An act that waits for a row, and the other rows that it has locked by then."""

    name: str
    row: Row
    locked: frozenset[Row]

    def deadlocks_with(self, other: Stop) -> bool:
        return (
            self.row in other.locked and other.row in self.locked and not self.locked & other.locked
        )

    def __str__(self) -> str:
        return f"{self.name} waits for a row of {self.row.table}"


@dataclass
class Racer:
    """Somebody who acts in the scene, over a connection of their own, and leaves no trace."""

    scene: Scene

    @property
    def connection(self) -> psycopg.Connection[Any]:
        return self.scene.world.connection

    def do(self, act: Act) -> str:
        """The code of the refusal that an act comes to, or nothing; other errors are raised."""
        try:
            with self.connection.transaction(force_rollback=True):
                act(self.scene)
        except psycopg.Error as error:
            refused = refusal(error)
            if not (error.diag.message_detail or "").startswith('{"code"'):
                raise
            return refused.code
        return ""


class Stage:
    """The scene, two who act in it, and a gatekeeper who stops them."""

    def __init__(self, url: str, threads: ThreadPoolExecutor, connections: ExitStack) -> None:
        def connect() -> psycopg.Connection[Any]:
            return connections.enter_context(psycopg.connect(url, autocommit=True))

        self.url, self.threads = url, threads
        self.keeper, watching = connect(), connect()
        self.world = World(watching)
        scene = Scene(self.world)
        self.present = self.world.now()
        self.first, self.second = (Racer(scene.over(World(connect()))) for _ in range(2))

    def locked_rows(self) -> frozenset[Row]:
        """The rows that somebody has locked."""
        unlocked = self.world.connection.execute(
            "select * from pg_temp.unlocked_rows(%s)", [self.tables]
        )
        return self.rows - {Row(*row) for row in unlocked}

    def look_at_rows(self) -> None:
        """Learns which rows there are."""
        watching = self.world.connection
        watching.execute(UNLOCKED.replace("create", "create or replace", 1).encode())
        self.tables = [name for (name,) in watching.execute(TABLES)]
        unlocked = watching.execute("select * from pg_temp.unlocked_rows(%s)", [self.tables])
        self.rows = frozenset(Row(*row) for row in unlocked)

    def stops_of(self, name: str) -> Iterator[Stop]:
        """Where an act can wait for somebody."""
        with self.first.connection.transaction(force_rollback=True):
            ACTS[name](self.first.scene)
            rows = sorted(self.locked_rows())
        for row in Random(name).sample(rows, min(len(rows), STOPS)):
            with self.keeper.transaction():
                self.keeper.execute(
                    f"select from {row.table} where ctid = %s for no key update".encode(),
                    [row.place],
                )
                running = self.begin(self.first, ACTS[name])
                if self.is_stopped(self.first, running):
                    yield Stop(name, row, self.locked_rows() - {row})
            running.result(timeout=PATIENCE)

    def gates_of(self, act: Act) -> list[str]:
        """The tables at which an act waits while somebody has locked all rows."""
        return [gate for gate in GATES if self.meet(act, None, gate)]

    def meet(self, first: Act, second: Act | None, gate: str) -> bool:
        """Whether the first waits at the gate; then the second begins, and both go on."""
        with self.keeper.transaction():
            self.keeper.execute(f"select from {gate} for no key update".encode())
            running = [self.begin(self.first, first)]
            is_stopped = self.is_stopped(self.first, running[0])
            if is_stopped and second:
                running.append(self.begin(self.second, second))
                self.is_stopped(self.second, running[1])
        for one in running:
            one.result(timeout=PATIENCE)
        return is_stopped

    def begin(self, racer: Racer, act: Act) -> Future[str]:
        return self.threads.submit(racer.do, act)

    def is_stopped(self, racer: Racer, running: Future[str]) -> bool:
        """Waits until somebody waits for a lock, which is true, or has come to an end."""
        deadline = time.monotonic() + PATIENCE
        while not running.done():
            assert time.monotonic() < deadline, "It neither waits nor ends."
            if self.world.value(STOPPED, racer.connection.info.backend_pid):
                return True
            time.sleep(0.001)
        return False

    @property
    def deadlocks(self) -> int:
        """How many there were in this database; also those that became a refusal."""
        for racer in (self.first, self.second):
            racer.connection.execute("select pg_stat_force_next_flush()")
        number: int = self.world.value(
            "select deadlocks from pg_stat_database where datname = current_database()"
        )
        return number


@pytest.fixture(scope="session")
def shared_stage(cluster: Cluster, template: str) -> Iterator[Stage]:
    cluster.create_database("lock_order", template)
    url = cluster.admin_url("lock_order")
    start(url)
    with psycopg.connect(url, autocommit=True) as connection:
        # A healthy wait is shorter.
        connection.execute("alter database lock_order set deadlock_timeout = '100ms'")
    with ThreadPoolExecutor(2) as threads, ExitStack() as connections:
        yield Stage(url, threads, connections)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    """The stage, at the moment for which its scene was made."""
    start(shared_stage.url, shared_stage.present)
    return shared_stage


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_possible(stage: Stage, name: str) -> None:
    assert stage.first.do(ACTS[name]) == ""


def test_every_function_that_changes_them_has_an_act(stage: Stage) -> None:
    sources = Sources.read()
    triggers = triggers_by_table(sources)
    callables = {name for (name,) in stage.keeper.execute(CALLABLE)}
    changing = {name for name in callables if written(sources, triggers, name) & (MONEY | NEWS)}
    assert changing
    assert changing == {name.split()[0] for name in ACTS if not name.startswith(EDIT)}


def triggers_by_table(sources: Sources) -> dict[str, set[str]]:
    """The functions of the triggers of each table."""
    triggers: dict[str, set[str]] = {}
    for text in sources.files.values():
        for found in TRIGGER.finditer(text):
            triggers.setdefault(found["table"], set()).add(found["function"])
    return triggers


def written(sources: Sources, triggers: dict[str, set[str]], name: str) -> set[str]:
    """The tables that a function writes, by itself, what it calls and the triggers of these."""
    seen: dict[str, Function] = {}
    left = {name}
    while left:
        function = sources.functions.get(left.pop())
        if function and function.name not in seen:
            seen[function.name] = function
            left |= function.calls.union(*(triggers.get(table, ()) for table in function.writes))
    return {table for function in seen.values() for table in function.writes}


def test_no_two_acts_wait_for_each_other(stage: Stage) -> None:
    stage.look_at_rows()
    stops = [stop for name in ACTS for stop in stage.stops_of(name)]
    assert len(stops) > len(ACTS)
    both = combinations_with_replacement(stops, 2)
    assert [f"{one}, {other}" for one, other in both if one.deadlocks_with(other)] == []


def test_locks_in_another_order_are_seen() -> None:
    order, slot = Row("public.orders", "(0,1)"), Row("public.bookable_slots", "(0,2)")
    learner = Row("public.learners", "(0,3)")
    cancel, book = Stop("cancel", slot, frozenset({order})), Stop("book", order, frozenset({slot}))
    assert cancel.deadlocks_with(book)
    # Whoever has the learner's row first has the other two first.
    cancel, book = (stop._replace(locked=stop.locked | {learner}) for stop in (cancel, book))
    assert not cancel.deadlocks_with(book)


@pytest.mark.parametrize("others", [OTHERS, pytest.param(len(ACTS), marks=pytest.mark.faults)])
@pytest.mark.parametrize("name", ACTS)
def test_no_two_acts_deadlock(stage: Stage, name: str, others: int) -> None:
    """Each act is the first and the second of a pair, whoever is chosen."""
    before = stage.deadlocks
    numbers = list(ACTS).index(name)
    chosen = Random(numbers).sample(list(ACTS), others)
    for gate in stage.gates_of(ACTS[name]):
        for other in chosen:
            try:
                stage.meet(ACTS[name], ACTS[other], gate)
            except psycopg.Error as error:
                error.add_note(f"{name}, stopped at {gate}, and {other}")
                raise
            assert stage.deadlocks == before, f"{name}, stopped at {gate}, and {other}"
