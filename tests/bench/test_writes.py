"""What a write costs: against the same rows without rules, and without the audit.

Ratios are printed as they are measured: min/median/max of pairs made in turn. Their short form is
part of the suite, to prove that both sides write the same.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.bench.limit import PAIRS, Call, Side, compare, keep, plan, processor_seconds, said
from tests.factories import Booking, World, intent_object
from tests.instant import start
from tools.cluster import ALONE, Cluster

CLIENTS = 8
FEW = 2
SAME = """
    select class.oid::regclass::text
    from pg_class class
    where class.relkind = 'r'
        and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and class.relname !~ '^(kept_|written$)'
    order by 1
"""
# Takes as long to commit as a disk far away.
SLOW_COMMITS = "-c commit_delay=20000 -c commit_siblings=0"

Say = Callable[[str], None]
Prepare = Callable[[World, int], list[Call]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def say(words: str) -> None:
        with capsys.disabled():
            print(f"\n  {words}", end="", flush=True)

    return say


def times(world: World, count: int) -> list[tuple[Any, Any, Any]]:
    """So many instructors' free times, each with somebody who wants it."""
    free: list[tuple[Any, Any, Any]] = []
    while len(free) < count:
        instructor = world.instructor()
        service_id = world.service(instructor)
        for number in range(50):
            start_at = world.in_days(3 + number // 10, hour=8 + number % 10)
            slot_id = world.slot(service_id, start_at)
            free.append((instructor, world.person(), slot_id))
    return free[:count]


def bookings(world: World, count: int) -> list[Call]:
    """Each books a free time."""
    return [booking_of(learner, slot_id) for _, learner, slot_id in times(world, count)]


def booking_of(learner: Any, slot_id: Any) -> Call:
    return lambda world: world.book(learner, slot_id)


def successes(world: World, count: int) -> list[Call]:
    """Each hands in the event of a lesson's success."""
    calls: list[Call] = []
    for instructor, learner, slot_id in times(world, count):
        booked = world.book(learner, slot_id)
        booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
        booking.open_payment()
        world.serve(
            "webhook_service",
            "private.record_payment_intent",
            p_payment_id=booking.payment["id"],
            p_payment_intent=Jsonb(intent_object(booking.payment, "requires_payment_method")),
        )
        calls.append(success(booking.intent(), world))
    return calls


def success(intent: dict[str, Any], world: World) -> Call:
    at = world.now() + timedelta(seconds=1)
    return lambda world: world.deliver("payment_intent.succeeded", intent, occurred_at=at)


@contextmanager
def sides(
    cluster: Cluster, template: str, prepare: Prepare, count: int, clients: int, options: str = ""
) -> Iterator[tuple[Side, Side, list[Call]]]:
    """A database in which the calls are to be made, and one with their limit."""
    names = [f"writes_{part}" for part in ("ready", "kept", "limit", "ours")]
    ready, kept, limit, ours = names
    cluster.create_database(ready, template)
    start(cluster.admin_url(ready))
    url = cluster.admin_url(ready)
    with psycopg.connect(url, autocommit=True, options=ALONE) as connection:
        calls = prepare(World(connection), count)
        connection.execute("vacuum analyze")
    for name in names[1:]:
        cluster.create_database(name, ready)
    plan(cluster, limit, keep(cluster, kept, calls))
    plain = f"{options} -c session_replication_role=replica"
    both = Side(cluster, ours, clients, options), Side(cluster, limit, clients, plain)
    try:
        yield *both, calls
    finally:
        for side in both:
            side.close()
        for name in names:
            cluster.drop_database(name)


def rows(side: Side) -> dict[str, int]:
    world = side.worlds[0]
    return {name: world.count(name) for (name,) in world.connection.execute(SAME).fetchall()}


CASES = pytest.mark.parametrize(
    ("prepare", "clients", "options"),
    [
        pytest.param(successes, 1, "", id="a success without HTTP"),
        pytest.param(bookings, CLIENTS, "", id="booking, 8 clients"),
        pytest.param(successes, CLIENTS, SLOW_COMMITS, id="successes, 8 clients, 20 ms a commit"),
    ],
)


@pytest.mark.slow
@CASES
def test_the_limit_writes_as_many_rows(
    cluster: Cluster, template: str, prepare: Prepare, clients: int, options: str
) -> None:
    with sides(cluster, template, prepare, FEW * clients, clients, options) as (ours, limit, calls):
        before = rows(ours)
        assert before == rows(limit)
        words, _ = compare(ours, limit, calls, pairs=FEW - 1)
        assert rows(ours) == rows(limit) != before
        assert ours.worlds[0].violations() == []
    assert "processor" in words


@pytest.mark.bench
@pytest.mark.timeout(3600)
@CASES
def test_against_the_limit(
    cluster: Cluster,
    template: str,
    prepare: Prepare,
    clients: int,
    options: str,
    say: Say,
    request: pytest.FixtureRequest,
) -> None:
    size = 24 * (PAIRS + 1)
    with sides(cluster, template, prepare, size, clients, options) as (ours, limit, calls):
        words, laps = compare(ours, limit, calls)
        assert rows(ours) == rows(limit)
    say(f"{request.node.callspec.id}, against the limit: {words}")
    say(f"({statistics.median(24 / lap.seconds for lap in laps[1:]):.0f} a second)")


# The audit

FULL_JSON = """
    create function private.record_in_full() returns trigger
        language plpgsql security definer set search_path = '' as $$
    declare
        actor record;
    begin
        select * into actor from private.actor();
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, new_values, user_id, actor_kind
        )
        values (
            coalesce(new.org_id, old.org_id), tg_table_name, coalesce(new.id, old.id),
            lower(tg_op), case when tg_op <> 'INSERT' then to_jsonb(old) end,
            case when tg_op <> 'DELETE' then to_jsonb(new) end, actor.user_id, actor.kind
        );
        return null;
    end;
    $$;
    create trigger record_in_full after insert or update or delete on private.full_payments
        for each row execute function private.record_in_full();
"""
ONE_BY_ONE = 200
COPIES = ("plain_payments", "audited_payments", "full_payments")
WRITES = {
    "insert": "insert into {table} ({columns}) select {values} from private.one_payment",
    "update": "update {table} set refunded_cents = 1 - refunded_cents where id = any (array("
    "select id from {table} limit {rows}))",
    "delete": "delete from {table} where id = any (array(select id from {table} limit {rows}))",
}


@pytest.fixture
def audited(committed_world: World) -> World:
    """Three copies of payments: unaudited, audited, and with a row trigger that keeps full JSON."""
    world = committed_world
    world.booking().pay()
    connection = world.connection
    connection.execute("create table private.one_payment as table public.payments")
    for table in COPIES:
        connection.execute(f"create table private.{table} (like public.payments including all)")
    connection.execute("select private.audit_table('private.audited_payments', 'id')")
    connection.execute(FULL_JSON)
    return world


def processor_milliseconds(world: World, table: str, rows: int) -> list[float]:
    """Inserts, updates and deletes, in one statement each or one by one; of each write the time."""
    connection = world.connection
    columns = world.value(
        "select string_agg(attname, ', ' order by attnum) from pg_attribute"
        " where attrelid = 'public.payments'::regclass and attnum > 0 and not attisdropped"
    )
    assert isinstance(columns, str)
    values = ", ".join(
        "gen_random_uuid()" if name == "id" else name for name in columns.split(", ")
    )
    used = []
    for statement in WRITES.values():
        written = statement.format(
            table=f"private.{table}", columns=columns, values=values, rows=rows
        )
        if "insert" in statement and rows > 1:
            written += f", generate_series(1, {rows})"
        times_over = 1 if rows > 1 else ONE_BY_ONE
        loop = f"begin for turn in 1..{times_over} loop {written}; commit; end loop; end"
        began = processor_seconds([world])
        connection.execute(f"do $do$ {loop} $do$")
        used.append(1000 * (processor_seconds([world]) - began) / (times_over * rows))
    return used


def audit_ratios(world: World, rows: int, pairs: int) -> dict[str, str]:
    ratios: dict[str, str] = {}
    taken = [
        [processor_milliseconds(world, table, rows) for table in COPIES] for _ in range(pairs + 1)
    ]
    for number, write in enumerate(WRITES):
        for copy in (1, 2):
            each = [lap[0][number] / lap[copy][number] for lap in taken[1:]]
            ratios[f"{write}, {COPIES[copy]}"] = said(each)
    return ratios


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 100])
def test_both_audits_keep_each_write(audited: World, rows: int) -> None:
    ratios = audit_ratios(audited, rows, pairs=1)
    assert len(ratios) == len(WRITES) * 2
    kept = audited.rows(
        "select entity_type, action, count(*) from public.audit_logs"
        " where entity_type = any (%s) group by entity_type, action",
        list(COPIES),
    )
    written = 2 * (rows if rows > 1 else ONE_BY_ONE)
    assert {(row["entity_type"], row["action"]): row["count"] for row in kept} == {
        (copy, action): written for copy in COPIES[1:] for action in WRITES
    }


@pytest.mark.bench
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("rows", [1, 10_000])
def test_audit_against_none(audited: World, rows: int, say: Say) -> None:
    for name, ratio in audit_ratios(audited, rows, PAIRS).items():
        say(f"audit, {rows} rows, {name} against unaudited, processor: {ratio}")
