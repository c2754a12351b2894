"""Over the Data API, each person reads and writes what matrix.toml allows, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.access.conftest import Request, Served
from tests.access.marketplace import Marketplace, Person
from tests.access.matrix import ALLOWED, NO_ROWS, REFUSED, Matrix, Table, load
from tests.access.oracle import Row, equal, list_rows, most_exposed, visible
from tests.factories import World

pytestmark = pytest.mark.slow

each_table = pytest.mark.parametrize("table", load().tables, ids=lambda table: table.name)

# One for each way of standing to the rows of Ann and Ben.
WRITERS = ("Ben", "Gil", "Ann", "Ada", "Ian", "Pat", "guest with Ann's id", "visitor")

# Postgres says that a view or a generated column cannot be written before it asks who writes.
NEVER_WRITTEN = {"55000": 500, "428C9": 400}


@each_table
def test_each_person_reads_these_rows_and_no_others(served: Served, table: Table) -> None:
    rows = list_rows(served.world, table)
    for person in served.marketplace.people:
        answer = served.send(person, "GET", f"/{table.name}?select={','.join(rows[0].key)}")
        if "select" not in table.granted[person.role]:
            assert outcome(answer, person) == REFUSED, person.name
            continue
        assert answer.status_code == 200, person.name
        read = Counter(frozenset(found.items()) for found in answer.json())
        assert read == Counter(row.identity for row in visible(served.marketplace, person, rows))


@pytest.mark.slow
@each_table
def test_each_person_writes_this_and_nothing_else(served: Served, table: Table) -> None:
    writes = [
        attempt
        for person in map(served.marketplace.person, WRITERS)
        for attempt in writes_of(served.marketplace, person, list_rows(served.world, table))
    ]
    harmless = [attempt for attempt in writes if attempt.expected != ALLOWED]
    with served.world.unchanged():
        answers = served.send_each((attempt.person, attempt.request) for attempt in harmless)
    assert [
        (attempt.person.name, attempt.request, came_of)
        for attempt, answer in zip(harmless, answers, strict=True)
        if (came_of := outcome(answer, attempt.person)) != attempt.expected
    ] == []

    for attempt in writes:
        if attempt.expected == ALLOWED:
            with put_back(served.world, table):
                answer = served.send(attempt.person, **attempt.request)
                assert outcome(answer, attempt.person) == ALLOWED, attempt
                assert served.world.value(f"select {attempt.effect}"), attempt


def test_a_change_without_a_filter_reaches_no_foreign_row(served: Served, matrix: Matrix) -> None:
    ann = served.marketplace.person("Ann")
    tables = {table.name: table for table in matrix.tables}
    with put_back(served.world, tables["instructors"]):
        served.send(ann, "PATCH", "/instructors", json={"bio": "Mine."})
        changed = served.world.rows("select id from public.instructors where bio = 'Mine.'")
        assert [each["id"] for each in changed] == [ann.id]
    with put_back(served.world, tables["availability_windows"]):
        served.send(ann, "DELETE", "/availability_windows")
        left = served.world.rows("select distinct instructor_id from public.availability_windows")
        assert ann.id not in [each["instructor_id"] for each in left]
        assert len(left) == len(served.marketplace.stories) - 1


@dataclass(frozen=True)
class Write:
    person: Person
    request: Request
    expected: str
    effect: str = "false"
    """What is true in the database if it succeeds."""


def writes_of(marketplace: Marketplace, person: Person, rows: list[Row]) -> Iterator[Write]:
    """To change each column of a row, to add one like it, to add it again, and to remove it."""
    row = most_exposed(marketplace, person, rows)
    table, audience = row.table, marketplace.audience(person, row.parties)
    elsewhere = own_columns(some_other(rows, row))

    for column, value in row.fill(marketplace, table.update).items():
        change = request("PATCH", at(row), json={column: value})
        effect = exists(table, {**row.key, column: value})
        yield Write(person, change, row.cell("update", audience), effect)
    for column, value in elsewhere.items():
        if column not in table.update:
            yield Write(person, request("PATCH", at(row), json={column: value}), REFUSED)

    new = row.fill(marketplace, table.insert)
    add = request("POST", f"/{table.name}", json=new or elsewhere)
    yield Write(person, add, row.cell("insert", audience), exists(table, new))

    for resolution in ("merge-duplicates", "ignore-duplicates"):
        prefer = f"resolution={resolution}"
        again = request("POST", f"/{table.name}", prefer, json=own_columns(row))
        yield Write(person, again, REFUSED)

    gone = f"not {exists(table, row.key)}"
    yield Write(person, request("DELETE", at(row)), row.cell("delete", audience), gone)


def request(method: str, path: str, prefer: str = "", **body: Any) -> Request:
    headers = {"Prefer": f"return=representation,{prefer}".rstrip(",")}
    return {"method": method, "path": path, "headers": headers, **body}


def at(row: Row) -> str:
    """The address of a row."""
    given = {name: "is.null" if value is None else f"eq.{value}" for name, value in row.key.items()}
    return f"/{row.table.name}?{httpx.QueryParams(given)}"


def exists(table: Table, values: Mapping[str, Any]) -> str:
    return f"exists (select from public.{table.name} where {equal(values)})"


def own_columns(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.columns.items() if name in row.table.columns}


def some_other(rows: list[Row], row: Row) -> Row:
    """A row of the same table, of another organization if there is one, or the only row."""
    others = [each for each in rows if each is not row] or [row]
    return next((each for each in others if each.parties.org != row.parties.org), others[0])


def outcome(answer: httpx.Response, person: Person) -> str:
    """A cell of matrix.toml, or what the answer was instead."""
    if answer.is_success:
        return ALLOWED if answer.json() else NO_ROWS
    code = answer.json()["code"]
    is_refusal = answer.status_code == (401 if person.role == "anon" else 403) and code == "42501"
    if is_refusal or NEVER_WRITTEN.get(code) == answer.status_code:
        return REFUSED
    return f"{answer.status_code} {answer.text}"


@contextmanager
def put_back(world: World, table: Table) -> Iterator[None]:
    """Gives a table back the rows that it has now, and the slots that followed its changes."""
    execute = world.connection.execute
    kept = {name: columns_of(world, name) for name in (table.name, "bookable_slots")}
    for name, columns in kept.items():
        execute(f"create temporary table kept_{name} as select {columns} from public.{name}")
    try:
        yield
    finally:
        execute("set session_replication_role = replica")
        for name, columns in kept.items():
            execute(f"delete from public.{name}")
            execute(f"insert into public.{name} ({columns}) select {columns} from kept_{name}")
            execute(f"drop table kept_{name}")
        execute("set session_replication_role = origin")


def columns_of(world: World, name: str) -> str:
    """A table's columns that can be written, joined with commas."""
    columns: str = world.value(
        "select string_agg(attname, ', ') from pg_attribute where attrelid = to_regclass(%s)"
        " and attnum > 0 and not attisdropped and attgenerated = ''",
        f"public.{name}",
    )
    return columns
