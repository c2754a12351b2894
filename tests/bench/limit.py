"""The limit of a call: a plain function that writes the same rows, without triggers and rules.

What calls write is kept in one database; in another, whose rows are the same, `private.limit(call)`
writes it again, each row once, by statements as plain as can be.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.factories import World
from tools.cluster import ALONE, Cluster

Call = Callable[[World], object]
Key = tuple[str, str]

KEEP = """
    create table private.written (
        position bigint generated always as identity,
        call integer,
        name text,
        action text,
        before jsonb,
        after jsonb
    );
    create function private.keep_written() returns trigger
        language plpgsql security definer set search_path = '' as $$
    begin
        insert into private.written (call, name, action, before, after)
        values (
            current_setting('bench.call')::integer, tg_relid::regclass::text, tg_op,
            to_jsonb(old), to_jsonb(new)
        );
        return null;
    end;
    $$;
    do $$
    declare
        kept regclass;
    begin
        for kept in
            select oid
            from pg_class
            where relkind = 'r'
                and relnamespace in ('public'::regnamespace, 'private'::regnamespace)
                and oid not in ('private.written'::regclass, 'private.test_clock'::regclass)
        loop
            execute format(
                'create trigger zz_keep_written after insert or update or delete on %s '
                'for each row execute function private.keep_written()', kept
            );
        end loop;
    end;
    $$;
"""
COLUMNS = """
    select
        attribute.attrelid::regclass::text as name,
        array_agg(attribute.attname::text order by attnum) filter (where attgenerated = '')
            as columns,
        array_agg(attribute.attname::text order by attnum)
            filter (where attnum = any (key.indkey::smallint[])) as key
    from pg_attribute attribute
    left join pg_index key on key.indrelid = attribute.attrelid and key.indisprimary
    where attribute.attnum > 0
        and not attisdropped
        and attribute.attrelid::regclass::text = any (%s)
    group by attribute.attrelid
"""


def keep(cluster: Cluster, database: str, calls: Sequence[Call]) -> list[dict[str, Any]]:
    """Makes the calls; what they have written, in its order."""
    with psycopg.connect(cluster.admin_url(database), autocommit=True, options=ALONE) as connection:
        connection.execute(KEEP)
        world = World(connection)
        for number, call in enumerate(calls):
            connection.execute("select set_config('bench.call', %s, false)", [str(number)])
            call(world)
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute("select * from private.written order by position").fetchall()


def plan(cluster: Cluster, database: str, written: list[dict[str, Any]]) -> None:
    """Makes `private.limit(call)` in a database that is as it was before the calls."""
    with psycopg.connect(cluster.admin_url(database), autocommit=True) as connection:
        connection.execute("set search_path = ''")
        names = sorted({row["name"] for row in written})
        statements = [
            statement
            for name, columns, key in connection.execute(COLUMNS, [names]).fetchall()
            for statement in _statements(
                connection, name, columns, key, [row for row in written if row["name"] == name]
            )
        ]
        body = sql.SQL("\n").join(statements).as_string(connection)
        connection.execute(
            "create function private.limit(p_call integer) returns void"
            f" language plpgsql security definer as $$ begin {body} end $$"
        )


def _statements(
    connection: psycopg.Connection, name: str, columns: list[str], key: list[str], written: Any
) -> list[sql.Composed]:
    """One statement for each thing that is done to a table; its rows are kept beside it."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    changed: set[str] = set()
    for row in written:
        image = row["after"] or row["before"]
        known = rows.setdefault(
            (row["call"], *(image[column] for column in key)), {"action": row["action"]}
        )
        known["image"] = image
        if row["action"] == "UPDATE":
            changed |= {c for c in columns if row["after"][c] != row["before"][c]} - set(key)
        if row["action"] == "DELETE":
            known["action"] = "NOTHING" if known["action"] == "INSERT" else "DELETE"
    table = sql.SQL(name)
    match = _list("given.{0} = kept.{0}", key, " and ")
    set_to = _list("{0} = kept.{0}", sorted(changed), ", ")
    plain = {
        "INSERT": sql.SQL(
            "insert into {table} ({columns}) overriding system value select {columns}"
            " from {kept} kept where kept.call = p_call;"
        ),
        "UPDATE": sql.SQL(
            "update {table} given set {set_to} from {kept} kept"
            " where kept.call = p_call and {match};"
        ),
        "DELETE": sql.SQL(
            "delete from {table} given using {kept} kept where kept.call = p_call and {match};"
        ),
    }
    statements = []
    for action, statement in plain.items():
        of_action = [(key[0], row["image"]) for key, row in rows.items() if row["action"] == action]
        if not of_action or (action == "UPDATE" and not changed):
            continue
        kept = sql.Identifier("private", f"kept_{action.lower()}_{name.replace('.', '_')}"[:63])
        connection.execute(
            sql.SQL("create table {} as select 0 as call, given.* from {} given limit 0").format(
                kept, table
            )
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                sql.SQL("insert into {} select %s, (jsonb_populate_record(null::{}, %s)).*").format(
                    kept, table
                ),
                [(call, Jsonb(image)) for call, image in of_action],
            )
        connection.execute(sql.SQL("create index on {} (call)").format(kept))
        connection.execute(sql.SQL("analyze {}").format(kept))
        statements.append(
            statement.format(
                table=table,
                columns=_list("{0}", columns, ", "),
                kept=kept,
                match=match,
                set_to=set_to,
            )
        )
    return statements


def _list(form: str, names: list[str], between: str) -> sql.Composed:
    formed = [sql.SQL(form).format(sql.Identifier(name)) for name in names]
    return sql.SQL(between).join(formed)


@dataclass(frozen=True)
class Lap:
    """What so many calls took: of the clock, and of the processor in the server's processes."""

    seconds: float
    processor_seconds: float


class Side:
    """A database, with connections that make calls at once."""

    def __init__(self, cluster: Cluster, database: str, clients: int, options: str = "") -> None:
        self._closing = ExitStack()
        self.worlds = [
            World(
                self._closing.enter_context(
                    psycopg.connect(
                        cluster.admin_url(database), autocommit=True, options=f"{ALONE} {options}"
                    )
                )
            )
            for _ in range(clients)
        ]

    def close(self) -> None:
        self._closing.close()

    def lap(self, calls: Sequence[Call]) -> Lap:
        """Makes the calls, shared out among the connections."""
        began, used = time.perf_counter(), processor_seconds(self.worlds)
        with ThreadPoolExecutor(len(self.worlds)) as threads:
            list(threads.map(self._make, range(len(self.worlds)), [calls] * len(self.worlds)))
        return Lap(time.perf_counter() - began, processor_seconds(self.worlds) - used)

    def _make(self, client: int, calls: Sequence[Call]) -> None:
        for call in calls[client :: len(self.worlds)]:
            call(self.worlds[client])


def processor_seconds(worlds: Sequence[World]) -> float:
    """What the server's processes have used of the processor; the clock where no kernel tells."""
    try:
        pids = [world.connection.info.backend_pid for world in worlds]
        told = [Path(f"/proc/{pid}/schedstat").read_text().split()[0] for pid in pids]
        return sum(int(nanoseconds) for nanoseconds in told) / 1e9
    except FileNotFoundError:
        return time.perf_counter()


PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))


def compare(
    ours: Side, limit: Side, calls: Sequence[Call], pairs: int = PAIRS
) -> tuple[str, list[Lap]]:
    """Makes calls in laps, on both sides in turn, the first not counted; the ratios, our laps."""
    size = len(calls) // (pairs + 1)
    laps = []
    for turn in range(pairs + 1):
        numbers = range(turn * size, (turn + 1) * size)
        sides: list[tuple[Side, Sequence[Call]]] = [
            (ours, [calls[number] for number in numbers]),
            (limit, [writing(number) for number in numbers]),
        ]
        if turn % 2:
            taken = [side.lap(given) for side, given in sides]
        else:
            taken = [side.lap(given) for side, given in reversed(sides)][::-1]
        laps.append(taken)
    counted = laps[1:]
    clock = [theirs.seconds / mine.seconds for mine, theirs in counted]
    processor = [theirs.processor_seconds / mine.processor_seconds for mine, theirs in counted]
    mine, theirs = (
        1000 * statistics.median(taken[side].processor_seconds for taken in counted) / size
        for side in (0, 1)
    )
    words = (
        f"rate {said(clock)}, processor {said(processor)} ({mine:.2f} ms against {theirs:.2f} ms)"
    )
    return words, [taken[0] for taken in laps]


def said(ratios: Sequence[float]) -> str:
    return f"{min(ratios):.2f}/{statistics.median(ratios):.2f}/{max(ratios):.2f}"


def writing(number: int) -> Call:
    """Writes what a call has written, in a transaction of as many statements."""

    def write(world: World) -> None:
        with world.in_studio():
            world.connection.execute("select private.limit(%s)", [number])

    return write
