"""Every door to the database that a signed-in person has, tried one by one and undone.

An update, an insert and an upsert of every column of every table and view, and every public
function with whatever somebody who is up to no good can know.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from tests.schools.conftest import School

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
    select format('terms of %s: %s %s', instructor_id, fee_mode, fee_bps)
    from public.instructor_details
    where instructor_id = any (select id from pg_temp.known_instructors)
    union all
    select format('payee of %s: %s', instructor_id, payee) from public.instructor_details
    where instructor_id = any (select id from pg_temp.known_instructors)
    union all
    select format('terms of %s: %s %s %s', id, fee_mode, fee_bps, payout_hold)
    from public.organizations
    where id = any (select id from pg_temp.known_organizations)
    union all
    select format('%s is invited: %s %s %s', email, role, org_id, id)
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
        type.oid::regtype::text as type,
        has_column_privilege('authenticated', class.oid, attnum, 'update') as is_updatable,
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
class Parameter:
    name: str
    type: str


@dataclass(frozen=True)
class Marketplace:
    """A school with lessons, and all that somebody who is up to no good could know of it."""

    school: School
    people: dict[str, UUID]
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


def open_marketplace(school: School) -> Marketplace:
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
    return Marketplace(
        school,
        {
            "stranger": world.person(),
            "learner": school.learner,
            "guardian": guardian,
            "instructor": world.member(school.id, "instructor", pending.user_id),
            "admin": school.admin,
            "owner": school.owner,
            "platform admin": world.admin(),
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


def literal(marketplace: Marketplace, value: Any, type: str) -> str:
    return f"{sql.Literal(value).as_string(marketplace.school.world.connection)}::{type}"


def attempt(
    marketplace: Marketplace, name: str, statements: list[str]
) -> tuple[set[str], list[DictRow]]:
    """Tries statements as a person of the marketplace: the rights before, and what came of each."""
    world = marketplace.school.world
    with world.acting_as(marketplace.people[name]):
        before = set(world.value("select pg_temp.rights()"))
        outcomes = world.rows("select * from pg_temp.try_all(%s)", statements)
    assert len(outcomes) == len(statements)
    return before, outcomes


def writes(marketplace: Marketplace, attacker: UUID) -> Iterator[str]:
    """An update, an insert and an upsert of every column of every table, for each value."""
    world = marketplace.school.world
    columns = world.rows(COLUMNS)
    for table in sorted({column["table"] for column in columns}):
        own = [column for column in columns if column["table"] == table]
        sample = world.rows(f"select to_jsonb(row) as row from {table} row limit 1")
        row = sample[0]["row"] if sample else {}
        for name, value in (("user_id", attacker), ("org_id", marketplace.school.id)):
            if any(column["column"] == name for column in own):
                row[name] = str(value)
        key = own[0]["key"]
        for column in own:
            name, type = column["column"], column["type"]
            for value in marketplace.pool(type, name, attacker):
                given = literal(marketplace, value, type)
                yield f"update {table} set {name} = {given}"
                other = row | dict.fromkeys(key[:1], str(uuid4()))
                yield insertion(marketplace, table, other, name, given)
                if key:
                    yield (
                        f"{insertion(marketplace, table, row, name, given)}"
                        f" on conflict ({', '.join(key)}) do update set {name} = excluded.{name}"
                    )


def insertion(
    marketplace: Marketplace, table: str, row: dict[str, Any], column: str, value: str
) -> str:
    """An insert of a row with another value in a column."""
    others = [name for name in row if name != column]
    made = f"jsonb_populate_record(null::{table}, {literal(marketplace, Jsonb(row), 'jsonb')}) made"
    return (
        f"insert into {table} ({', '.join([column, *others])})"
        f" select {', '.join([value, *(f'made.{name}' for name in others)])} from {made}"
    )


def calls(marketplace: Marketplace, attacker: UUID) -> Iterator[str]:
    """Calls of every function: all there are, or a fair sample of them."""
    for function, parameters, samples in functions(marketplace, attacker, most=MOST_CALLS):
        for values in samples:
            yield call(function, parameters, values)


def call(function: str, parameters: Sequence[Parameter], values: Sequence[str]) -> str:
    given = zip(parameters, values, strict=True)
    return (
        f"select * from public.{function}"
        f"({', '.join(f'{parameter.name} => {value}' for parameter, value in given)})"
    )


def functions(
    marketplace: Marketplace, attacker: UUID, *, most: int
) -> Iterator[tuple[str, list[Parameter], list[Sequence[str]]]]:
    """Every public function with its parameters, and values to call it with, as SQL."""
    chance = random.Random(1)
    for function in marketplace.school.world.rows(FUNCTIONS):
        parameters = [
            Parameter(name, type)
            for name, type in zip(function["parameters"] or [], function["types"], strict=True)
        ]
        pools = [
            [
                literal(marketplace, value, parameter.type)
                for value in (*marketplace.pool(parameter.type, parameter.name, attacker), None)
            ]
            for parameter in parameters
        ]
        yield function["name"], parameters, list(sample(pools, chance, most))


def sample(pools: list[list[str]], chance: random.Random, most: int) -> Iterable[tuple[str, ...]]:
    if prod(map(len, pools)) <= 2 * most:
        return product(*pools)
    return [tuple(chance.choice(pool) for pool in pools) for _ in range(most)]


def text_columns(marketplace: Marketplace) -> list[tuple[str, str, str]]:
    """The columns of texts that a signed-in person may update: table, column, type."""
    return [
        (column["table"], column["column"], column["type"])
        for column in marketplace.school.world.rows(COLUMNS)
        if column["type"] in ("text", "text[]", "jsonb") and column["is_updatable"]
    ]
