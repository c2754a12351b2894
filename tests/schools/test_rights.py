"""Nobody raises a role or widens a right, their own or another's: every door is tried.

As everybody who is not an owner: an update, an insert and an upsert of every column of every table
and view, and every public function with whatever an attacker can know.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.schools.conftest import School

ATTACKERS = ("stranger", "learner", "guardian", "instructor", "admin")
MOST_CALLS = 120

# Who may do what, one line a right.
RIGHTS = """
    select format('%s is %s of %s', user_id, role, org_id) as held
    from public.organization_members
    where org_id = any (select id from pg_temp.known_organizations)
        and (role in ('owner', 'admin') or org_id <> private.marketplace_id())
    union all
    select format('%s runs the platform', user_id) from private.platform_admins
    union all
    select format('%s is verified', id) from public.instructors
    where verification_status = 'verified' and id = any (select id from pg_temp.known_instructors)
    union all
    select format('%s is instructor %s of %s', user_id, id, org_id) from public.instructors
    where user_id is not null and id = any (select id from pg_temp.known_instructors)
    union all
    select format('%s is learner %s of %s', user_id, id, org_id) from public.learners
    where user_id is not null and id = any (select id from pg_temp.known_learners)
    union all
    select format('%s is guardian %s', user_id, id) from public.guardians
    where user_id is not null and id = any (select id from pg_temp.known_guardians)
    union all
    select format('%s may for %s: %s %s %s', guardian_id, learner_id, can_view, can_book, can_pay)
    from public.learner_guardians
    where guardian_id = any (select id from pg_temp.known_guardians) and revoked_at is null
    union all
    select format('terms of %s: %s %s %s', instructor_id, fee_mode, fee_bps, payee)
    from public.instructor_details
    where instructor_id = any (select id from pg_temp.known_instructors)
    union all
    select format('terms of %s: %s %s %s', id, fee_mode, fee_bps, payout_hold)
    from public.organizations
    where id = any (select id from pg_temp.known_organizations)
    union all
    select format('%s is invited: %s %s %s', email, role, org_id, encode(token_hash, 'hex'))
    from public.invitations
    where invited_by is distinct from auth.uid() and revoked_at is null and accepted_at is null
"""

# Tries statements one by one as the role that calls it, and takes back what each did; the rows that
# one reached and the rights that are held after it, or how it was refused.
TRY_ALL = """
    create temp table known_organizations as select id from public.organizations;
    create temp table known_instructors as select id from public.instructors;
    create temp table known_learners as select id from public.learners;
    create temp table known_guardians as select id from public.guardians;

    create function pg_temp.rights() returns text[] language sql security definer
        as $$ select array(select held from ({rights}) rights order by held) $$;

    create function pg_temp.try_all(p_statements text[])
        returns table (nth integer, reached bigint, held text[], sqlstate text)
        language plpgsql
    as $$
    begin
        for nth in 1..cardinality(p_statements) loop
            begin
                try_all.nth := nth;
                try_all.sqlstate := null;
                execute p_statements[nth];
                get diagnostics reached = row_count;
                held := case when reached > 0 then pg_temp.rights() end;
                raise exception using errcode = 'TAKEN';
            exception
                when sqlstate 'TAKEN' then
                    null;
                when others then
                    reached := 0;
                    held := null;
                    try_all.sqlstate := sqlstate;
            end;
            return next;
        end loop;
    end;
    $$;

    grant execute on all functions in schema pg_temp to authenticated;
"""

COLUMNS = """
    select format('%%I.%%I', relnamespace::regnamespace, relname) as table, attname as column,
        type.oid::regtype::text as type, type.typtype = 'e' as is_enum,
        array(
            select key.attname from pg_index join pg_attribute key
                on key.attrelid = indrelid and key.attnum = any (indkey)
            where indrelid = class.oid and indisprimary
        ) as key
    from pg_class class
    join pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped
    join pg_type type on type.oid = atttypid
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and relkind in ('r', 'p', 'v')
        and not relispartition
        and attgenerated = ''
    order by 1, attnum
"""

FUNCTIONS = """
    select proname as name, proargnames[:pronargs] as parameters,
        array(select oid::regtype::text from unnest(proargtypes) oid) as types
    from pg_proc
    where pronamespace = 'public'::regnamespace
        and has_function_privilege('authenticated', oid, 'execute')
    order by 1
"""


@dataclass(frozen=True)
class Town:
    """A school with lessons, and all that somebody who is up to no good could know of it."""

    school: School
    attackers: dict[str, UUID]
    ids: dict[str, list[UUID]]
    """By a word that stands in the names of what takes them."""

    def pool(self, type: str, name: str, attacker: UUID) -> list[Any]:
        """Values of a type that are worth trying for a column or a parameter."""
        world = self.school.world
        named = [ids for word, ids in self.ids.items() if word in name]
        ids = [attacker, *(id for ids in named or self.ids.values() for id in ids)]
        pools: dict[str, list[Any]] = {
            "uuid": ids,
            "text": ["owner", world.email(attacker), world.email(self.school.owner), "GBP"],
            "boolean": [True, False],
            "integer": [60, 0],
            "smallint": [1],
            "bigint": [0, 1000],
            "numeric": [5],
            "timestamp with time zone": [world.in_days(4), world.in_days(-1)],
            "date": [world.in_days(4).date(), world.in_days(-9999).date()],
            "interval": ["0"],
            "jsonb": [Jsonb({})],
            "text[]": [["owner"]],
            "bytea": [b"x" * 32],
        }
        labels = world.rows("select enumlabel from pg_enum where enumtypid = to_regtype(%s)", type)
        return [row["enumlabel"] for row in labels] or pools.get(type, [None])


@pytest.fixture
def town(school: School) -> Town:
    world = school.world
    child = world.child(school.id)
    guardian = world.guardian(child, view=True, book=True, pay=True)
    pending = world.instructor(org_id=school.id, verification_status="pending")
    managed = world.managed_instructor(school.id)
    world.child(school.id)
    school.invite(school.owner, world.email(school.learner), "learner")
    school.invite(school.owner, "ceo@example.org", "owner")
    offer = world.call(
        school.admin,
        "public.link_guardian",
        p_learner_id=child,
        p_guardian_email="other@example.org",
    )
    booked = world.book(school.learner, world.slot(world.service(school.instructor)))
    free = world.slot(world.service(school.instructor), world.in_days(3))
    world.connection.execute(TRY_ALL.replace("{rights}", RIGHTS).encode())
    return Town(
        school,
        {
            "stranger": world.person(),
            "learner": school.learner,
            "guardian": guardian,
            "instructor": world.member(school.id, "instructor", pending.user_id),
            "admin": school.admin,
        },
        {
            "org": [school.id, world.value("select private.marketplace_id()")],
            "user": [school.owner, school.learner, guardian],
            "instructor": [school.instructor.id, managed, pending.id],
            "learner": [
                child,
                world.value("select id from public.learners where user_id = %s", school.learner),
            ],
            "guardian": [offer, world.value("select id from public.guardians")],
            "booking": [booked["booking_id"]],
            "slot": [free],
            "service": [row["id"] for row in world.rows("select id from public.services")],
            "invitation": [row["id"] for row in world.rows("select id from public.invitations")],
        },
    )


def literal(town: Town, value: Any, type: str) -> str:
    return f"{sql.Literal(value).as_string(town.school.world.connection)}::{type}"


def attempt(town: Town, attacker: str, statements: list[str]) -> tuple[set[str], list[Any]]:
    world = town.school.world
    with world.acting_as(town.attackers[attacker]):
        before = set(world.value("select pg_temp.rights()"))
        outcomes = world.rows("select * from pg_temp.try_all(%s)", statements)
    assert len(outcomes) == len(statements)
    return before, outcomes


def writes(town: Town, attacker: UUID) -> Iterator[str]:
    """An update, an insert and an upsert of every column of every table, for each value."""
    world = town.school.world
    columns = world.rows(COLUMNS)
    for table in sorted({column["table"] for column in columns}):
        own = [column for column in columns if column["table"] == table]
        sample = world.rows(f"select to_jsonb(row) as row from {table} row limit 1")
        row = sample[0]["row"] if sample else {}
        for name, value in (("user_id", attacker), ("org_id", town.school.id)):
            if any(column["column"] == name for column in own):
                row[name] = str(value)
        key = own[0]["key"]
        for column in own:
            name, type = column["column"], column["type"]
            for value in town.pool(type, name, attacker):
                given = literal(town, value, type)
                yield f"update {table} set {name} = {given}"
                other = row | dict.fromkeys(key[:1], str(uuid4()))
                yield insertion(town, table, other, name, given)
                if key:
                    yield (
                        f"{insertion(town, table, row, name, given)}"
                        f" on conflict ({', '.join(key)}) do update set {name} = excluded.{name}"
                    )


def insertion(town: Town, table: str, row: dict[str, Any], column: str, value: str) -> str:
    """An insert of a row with another value in a column."""
    others = [name for name in row if name != column]
    made = f"jsonb_populate_record(null::{table}, {literal(town, Jsonb(row), 'jsonb')}) made"
    return (
        f"insert into {table} ({', '.join([column, *others])})"
        f" select {', '.join([value, *(f'made.{name}' for name in others)])} from {made}"
    )


def calls(town: Town, attacker: UUID) -> Iterator[str]:
    """Calls of every function: all there are, or a fair sample of them."""
    world, chance = town.school.world, random.Random(1)
    for function in world.rows(FUNCTIONS):
        parameters = list(zip(function["parameters"] or [], function["types"], strict=True))
        pools = [
            [literal(town, value, type) for value in (*town.pool(type, name, attacker), None)]
            for name, type in parameters
        ]
        for given in sample(pools, chance):
            arguments = ", ".join(
                f"{name} => {value}" for (name, _), value in zip(parameters, given, strict=True)
            )
            yield f"select * from public.{function['name']}({arguments})"


def sample(pools: list[list[str]], chance: random.Random) -> Iterable[tuple[str, ...]]:
    size = 1
    for pool in pools:
        size *= len(pool)
    if size <= 2 * MOST_CALLS:
        return product(*pools)
    return [tuple(chance.choice(pool) for pool in pools) for _ in range(MOST_CALLS)]


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_no_write_of_any_column_changes_a_right(town: Town, attacker: str) -> None:
    statements = list(writes(town, town.attackers[attacker]))
    before, outcomes = attempt(town, attacker, statements)
    reached = [row for row in outcomes if row["reached"]]
    changed = {
        statements[row["nth"] - 1]: set(row["held"]) ^ before
        for row in reached
        if set(row["held"]) != before
    }
    assert changed == {}
    assert any("update public.profiles set phone" in statements[row["nth"] - 1] for row in reached)
    assert len(statements) > 2000


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_no_call_of_any_function_raises_a_right(town: Town, attacker: str) -> None:
    statements = list(calls(town, town.attackers[attacker]))
    before, outcomes = attempt(town, attacker, statements)
    reached = [row for row in outcomes if row["reached"]]
    raised = {
        statements[row["nth"] - 1]: set(row["held"]) - before
        for row in reached
        if set(row["held"]) - before
    }
    assert raised == {}
    assert any("become_instructor" in statements[row["nth"] - 1] for row in reached)
    assert len(statements) > 2000
