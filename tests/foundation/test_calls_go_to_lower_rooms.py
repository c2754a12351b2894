"""A room of sql/ rests only on rooms with smaller numbers.

What an object of `public` or `private` calls, reads or writes lies in its own room or a lower one.
An object lives in the room of the file that creates it; a policy, a default, a check, an index or a
trigger lives with its table. What uses what is read from the catalog:

* Function bodies by their text, in which every name bears its schema because the search path is
  empty. Comments and string literals are no calls.
* Views, policies, defaults, checks and indexes by what Postgres resolved when it created them.
  (A foreign key may be added by a higher room, to its own table.)

Triggers may point upwards in two cases, since a table cannot know what will be built on it:

* A consequence: the room 82_effects says what follows from a change of status, and calls the rooms
  of the money path.
* A guard: a `before` trigger by which a higher room refuses or completes a row of a lower table.
  An `after` trigger of a higher room is a consequence, and belongs to 82_effects, unless
  GUARDS_AFTERWARDS says why it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from tools.cluster import Cluster

SQL = Path(__file__).parents[2] / "sql"
EFFECTS = "82_effects"
GUARDS_AFTERWARDS = {
    "private.record_change": "The audit watches every table, and writes nothing that a rule reads.",
    "private.keep_an_owner": "Refuses what would leave an organization without an owner.",
}

CREATED = re.compile(
    r"^create (?:or replace )?(?:function|(?:materialized )?view|table|type|domain|sequence)"
    r" ((?:public|private)\.\w+)",
    re.MULTILINE,
)
COMMENT_OR_LITERAL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
NAMED = re.compile(r"\b(?:public|private)\.\w+")

FUNCTIONS = """
    select
        pronamespace::regnamespace || '.' || proname,
        coalesce(pg_get_function_sqlbody(oid), prosrc)
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
"""

# Parts of a table or view, and the functions and relations that they depend on.
DEPENDENCIES = """
    with relation as (
        select oid, relnamespace::regnamespace || '.' || relname as name
        from pg_class
        where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and relkind in ('r', 'p', 'v', 'm')
            and not relispartition
    ),

    named as (
        select 'pg_class'::regclass as class, oid, name from relation
        union all
        select 'pg_proc'::regclass, oid, pronamespace::regnamespace || '.' || proname
        from pg_proc
        where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    ),

    part (class, oid, relation_id) as (
        select 'pg_rewrite'::regclass, oid, ev_class from pg_rewrite
        union all
        select 'pg_policy'::regclass, oid, polrelid from pg_policy
        union all
        select 'pg_attrdef'::regclass, oid, adrelid from pg_attrdef
        union all
        select 'pg_constraint'::regclass, oid, conrelid from pg_constraint where contype <> 'f'
        union all
        select 'pg_class'::regclass, indexrelid, indrelid from pg_index
    )

    select distinct relation.name, named.name
    from part
    join relation on relation.oid = part.relation_id
    join pg_depend depend on depend.classid = part.class and depend.objid = part.oid
    join named on named.class = depend.refclassid and named.oid = depend.refobjid
"""

TRIGGERS = """
    select
        class.relnamespace::regnamespace || '.' || class.relname,
        called.pronamespace::regnamespace || '.' || called.proname,
        tgtype & 2 <> 0 as is_before
    from pg_trigger
    join pg_class class on class.oid = tgrelid
    join pg_proc called on called.oid = tgfoid
    where not tgisinternal
        and not class.relispartition
        and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
"""


class Call(NamedTuple):
    caller: str
    called: str


@pytest.fixture
def schema(cluster: Cluster, migrated: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the migrated database, rolled back."""
    with psycopg.connect(cluster.admin_url(migrated)) as connection:
        yield connection
        connection.rollback()


def test_calls_go_to_lower_rooms(schema: psycopg.Connection) -> None:
    assert calls_upwards(schema) == []


def test_everything_that_calls_or_is_called_has_a_room(schema: psycopg.Connection) -> None:
    assert sorted({name for call in calls(schema) for name in call} - rooms().keys()) == []


# Higher than the rooms that the plants are in.
HIGHER = "private.max_attempts() > 0"


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param(
            "create or replace function private.clock() returns timestamptz language plpgsql"
            f" as $$ begin return case when {HIGHER} then null::timestamptz end; end $$",
            id="plpgsql",
        ),
        pytest.param(
            "create or replace function private.clock() returns timestamptz language sql"
            f" return case when {HIGHER} then null::timestamptz end",
            id="SQL-standard body",
        ),
        pytest.param(
            "create or replace function private.clock() returns timestamptz language plpgsql"
            " as $$ begin delete from private.outbox; return null::timestamptz; end $$",
            id="write",
        ),
        pytest.param(
            "do $$ begin execute format('create or replace view public.my_roles as"
            " select * from (%s) role where private.max_attempts() > 0',"
            " rtrim(pg_get_viewdef('public.my_roles'::regclass), ';')); end $$",
            id="view",
        ),
        pytest.param(
            f"create policy planted on public.organizations for select to anon using ({HIGHER})",
            id="policy",
        ),
        pytest.param(
            "alter table public.organizations alter column fee_bps"
            " set default private.max_attempts()",
            id="default",
        ),
        pytest.param(
            "create trigger planted after insert on public.organizations"
            " referencing new table as new_rows"
            " for each statement execute function private.apply_ledger_entries()",
            id="consequence outside 82_effects",
        ),
    ],
)
def test_a_call_upwards_is_found(schema: psycopg.Connection, defect: str) -> None:
    before = calls_upwards(schema)
    schema.execute(defect.encode())
    assert set(calls_upwards(schema)) > set(before)


def test_comments_and_literals_are_no_calls() -> None:
    body = """
        -- private.a(1) is not called, nor is
        /* private.b(2) */
        perform private.c(3), 'it''s private.d(4)';
    """
    assert named_in(body) == ["private.c"]


def calls_upwards(schema: psycopg.Connection) -> list[str]:
    return sorted(
        f"{room(call.caller)} {call.caller} uses {room(call.called)} {call.called}"
        for call in calls(schema)
        if room(call.called) > room(call.caller)
    )


def calls(schema: psycopg.Connection) -> set[Call]:
    """All calls but those by triggers that may point upwards."""
    bodies = schema.execute(FUNCTIONS).fetchall()
    from_bodies = {Call(caller, called) for caller, body in bodies for called in named_in(body)}
    from_catalog = {Call(*call) for call in schema.execute(DEPENDENCIES)}
    from_triggers = {
        Call(table, function)
        for table, function, is_before in schema.execute(TRIGGERS)
        if not is_before and room(function) != EFFECTS and function not in GUARDS_AFTERWARDS
    }
    return from_bodies | from_catalog | from_triggers


def named_in(body: str) -> list[str]:
    """The functions, tables, views and types of which a body speaks."""
    return NAMED.findall(COMMENT_OR_LITERAL.sub("", body))


def room(name: str) -> str:
    return rooms()[name]


@cache
def rooms() -> dict[str, str]:
    """Where each function, table and view is created."""
    return {
        name: path.parent.name
        for path in SQL.glob("*/*.sql")
        for name in CREATED.findall(path.read_text())
    }
