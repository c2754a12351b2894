"""In the database, each person reads and writes the rows that matrix.toml allows, and no others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.access.attempts import attempt, insert, update
from tests.access.conftest import Prober
from tests.access.marketplace import Kind, Marketplace, Person
from tests.access.matrix import COMMANDS, NOBODY, REFUSED, Matrix, Table, load
from tests.access.oracle import Row, list_rows, most_exposed, visible

each_table = pytest.mark.parametrize("table", load().tables, ids=lambda table: table.name)


@each_table
def test_each_person_reads_these_rows_and_no_others(
    prober: Prober, marketplace: Marketplace, table: Table
) -> None:
    assert misread(prober, marketplace, table) == []


@each_table
def test_each_person_writes_these_rows_and_no_others(
    prober: Prober, marketplace: Marketplace, table: Table
) -> None:
    with prober.world.unchanged():
        assert miswritten(prober, marketplace, table) == []


@each_table
def test_each_person_writes_these_columns_and_no_others(
    prober: Prober, marketplace: Marketplace, table: Table
) -> None:
    with prober.world.unchanged():
        assert columns_miswritten(prober, marketplace, table) == []


def test_the_marketplace_has_somebody_for_every_cell(
    prober: Prober, marketplace: Marketplace, matrix: Matrix
) -> None:
    met = {
        (table.name, row.rows.where, command, marketplace.audience(person, row.parties))
        for table in matrix.tables
        for row in list_rows(prober.world, table)
        for person in marketplace.people
        for command in COMMANDS
    }
    declared = {
        (table.name, rows.where, command, audience)
        for table in matrix.tables
        for rows in table.rows
        for command, cells in rows.cells.items()
        for audience, cell in cells.items()
        if cell != NOBODY
    }
    assert met == declared


@pytest.mark.parametrize(
    ("name", "kind", "org"), [("Ian", "learner", "elm"), ("Ben", "admin", "oak")]
)
def test_who_has_two_roles_reads_what_each_of_them_reads(
    prober: Prober, marketplace: Marketplace, matrix: Matrix, name: str, kind: Kind, org: str
) -> None:
    person = marketplace.person(name)
    second = replace(person, kind=kind, org_id=marketplace.values[org], id=None)
    tables = {table.name: list_rows(prober.world, table) for table in matrix.tables}
    del tables["my_roles"]  # where the new role's row is like another person's
    assert person.user_id is not None
    assert second.org_id is not None
    prober.world.member(second.org_id, kind, person.user_id)
    if kind == "learner":
        prober.world.learner(second.org_id, person.user_id)
    for table, rows in tables.items():
        there = {row.identity for row in rows}
        expected = {
            row.identity for each in (person, second) for row in visible(marketplace, each, rows)
        }
        assert reads(prober, person, rows).keys() & there == expected, table


HOLES = {
    "a policy for everybody": (
        "bookings",
        "create policy hole on public.bookings for select to authenticated using (id = id or true)",
    ),
    "a tautology": (
        "earnings",
        "alter policy select_own_or_admin on public.earnings"
        " using (private.my_user_id() is not null or private.my_user_id() is null)",
    ),
    "row-level security switched off": (
        "payments",
        "alter table public.payments disable row level security",
    ),
    "a view past its tables' policies": (
        "booking_details",
        "alter view public.booking_details set (security_invoker = false)",
    ),
    "guests taken for persons": (
        "profiles",
        "create or replace function private.my_user_id() returns uuid stable return auth.uid()",
    ),
    "a missing policy": ("refunds", "drop policy select_party on public.refunds"),
    "a membership of the wrong tenant": (
        "learners",
        "alter policy select_family_contact_or_admin on public.learners"
        " using (org_id = any ((select private.my_org_ids())::uuid[]))",
    ),
    "a column to raise oneself by": (
        "instructors",
        "grant update (verification_status) on public.instructors to authenticated",
    ),
    "a check that lets rows move to another tenant": (
        "availability_windows",
        "alter policy insert_own_or_admin on public.availability_windows with check (true)",
    ),
    "a policy that asks for nobody": (
        "booking_notes",
        "alter policy update_own on public.booking_notes using (true)",
    ),
}


@pytest.mark.parametrize(("table_name", "hole"), HOLES.values(), ids=HOLES)
def test_a_hole_is_seen(
    prober: Prober, marketplace: Marketplace, matrix: Matrix, table_name: str, hole: str
) -> None:
    prober.world.connection.execute(hole)
    (table,) = [table for table in matrix.tables if table.name == table_name]
    assert (
        misread(prober, marketplace, table)
        + miswritten(prober, marketplace, table)
        + columns_miswritten(prober, marketplace, table)
    )


def misread(prober: Prober, marketplace: Marketplace, table: Table) -> list[str]:
    """Where what a person reads is not what matrix.toml says."""
    rows = list_rows(prober.world, table)
    query = f"select from public.{table.name}"
    wrong = []
    for person in marketplace.people:
        if "select" not in table.granted[person.role]:
            if prober.try_each(person, [(query, "select true")]) != [REFUSED]:
                wrong.append(f"{person.name} is not refused")
            continue
        read = reads(prober, person, rows)
        expected = Counter(row.identity for row in visible(marketplace, person, rows))
        wrong += [f"{person.name} reads {dict(key)}" for key in read - expected]
        wrong += [f"{person.name} does not read {dict(key)}" for key in expected - read]
    return wrong


def reads(prober: Prober, person: Person, rows: list[Row]) -> Counter[frozenset[tuple[str, Any]]]:
    """What a person reads of the table that the rows are of."""
    query = f"select {', '.join(rows[0].key)} from public.{rows[0].table.name}"
    with prober.world.acting_as(person.user_id, person.role, **person.claims):
        found = prober.world.rows(f"select to_jsonb(found) as key from ({query}) found")
    return Counter(frozenset(each["key"].items()) for each in found)


def miswritten(prober: Prober, marketplace: Marketplace, table: Table) -> list[str]:
    """Where what a person can do to a row is not what matrix.toml says."""
    rows = list_rows(prober.world, table)
    tries = [(row, command) for row in rows for command in COMMANDS[1:]]
    attempts = [attempt(marketplace, row, command) for row, command in tries]
    wrong = []
    for person in marketplace.people:
        outcomes = prober.try_each(person, attempts)
        for (row, command), outcome in zip(tries, outcomes, strict=True):
            audience = marketplace.audience(person, row.parties)
            expected = row.cell(command, audience)
            if outcome != expected:
                wrong.append(
                    f"{person.name} ({audience}): {command} {row.key}: {outcome} for {expected}"
                )
    return wrong


def columns_miswritten(prober: Prober, marketplace: Marketplace, table: Table) -> list[str]:
    """Where a column that a person can write is not one that matrix.toml names."""
    rows = list_rows(prober.world, table)
    columns = sorted(table.columns)
    not_inserted = sorted(table.columns - table.insert.keys())
    wrong = []
    for person in marketplace.people:
        row = most_exposed(marketplace, person, rows)
        allowed = row.cell("update", marketplace.audience(person, row.parties))
        values = row.fill(marketplace, table.update)
        expected = [allowed if column in table.update else REFUSED for column in columns]
        expected += [REFUSED for _ in not_inserted]
        attempts = [update(row, {column: values.get(column)}) for column in columns]
        attempts += [
            insert(table, row.fill(marketplace, table.insert) | {column: None})
            for column in not_inserted
        ]
        outcomes = prober.try_each(person, attempts)
        wrong += [
            f"{person.name}: {statement}: {outcome} for {cell}"
            for (statement, _), outcome, cell in zip(attempts, outcomes, expected, strict=True)
            if outcome != cell
        ]
    return wrong
