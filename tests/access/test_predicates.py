"""A rule about a row says yes or no, whatever columns of the row are null.

One that answers null refuses nobody: `if not null` is not taken.
"""

from __future__ import annotations

import psycopg

from tests.factories import World

PREDICATES = """
    select function.oid::regprocedure::text as signature,
        format('private.%I', function.proname) as name,
        array(select type::bigint from unnest(function.proargtypes) type) as types
    from pg_proc function
    where function.pronamespace = 'private'::regnamespace
        and function.prorettype = 'boolean'::regtype
        and function.prokind = 'f'
        and exists (
            select from pg_type type
            where type.oid = any (function.proargtypes) and type.typtype = 'c'
        )
    order by 1
"""
# A value of a type: of a table's row one with a value in each column that has to have one; of an
# enum another one in each round.
ROUNDS = 12
SAMPLE = """
    create function pg_temp.sample(p_type oid, p_round integer) returns text language sql as $$
        select case
            when type.typtype = 'c' then (
                select format('row(%s)::%s', string_agg(
                    case when attnotnull
                        then pg_temp.sample(atttypid, p_round)
                        else format('null::%s', format_type(atttypid, null))
                    end, ', ' order by attnum
                ), format_type(type.oid, null))
                from pg_attribute
                where attrelid = type.typrelid and attnum > 0 and not attisdropped
            )
            when type.typtype = 'e' then (
                select format('%L::%s', enumlabel, type.oid::regtype)
                from pg_enum
                where enumtypid = type.oid and enumsortorder <= p_round
                order by enumsortorder desc
                limit 1
            )
            when type.typcategory = 'A' then format('''{}''::%s', type.oid::regtype)
            when type.typcategory = 'B' then (p_round % 2 = 1)::text
            when type.typcategory = 'N' then '1'
            when type.typcategory = 'D' then format('private.clock()::%s', type.oid::regtype)
            when type.typcategory = 'S' then '''x'''
            when type.typname = 'uuid' then 'gen_random_uuid()'
            when type.typname = 'jsonb' then '''{}''::jsonb'
            else format('null::%s', type.oid::regtype)
        end
        from pg_type type
        where type.oid = p_type
    $$
"""
REASONS = {
    "private.accept_item(payment_items)": "asks its item, which is there by foreign key",
    "private.is_hourly(services,timestamp with time zone)": "asks its organization, likewise",
}


def undecided(db: psycopg.Connection) -> set[str]:
    db.execute(SAMPLE)
    found = set()
    for signature, name, types in db.execute(PREDICATES).fetchall():
        calls = db.execute(
            "select array_agg(pg_temp.sample(type, round) order by position)"
            " from generate_series(1, %s) round,"
            " unnest(%s::oid[]) with ordinality as types (type, position) group by round",
            [ROUNDS, types],
        ).fetchall()
        for (values,) in calls:
            call = f"select {name}({', '.join(values)})"
            if db.execute(call.encode()).fetchone() == (None,):
                found.add(signature)
    db.execute("drop function pg_temp.sample")
    return found


def test_a_rule_about_a_row_decides(db: psycopg.Connection) -> None:
    assert undecided(db) == set(REASONS)


def test_one_that_does_not_is_found(world: World) -> None:
    world.rows(
        "create function private.is_later(p_booking public.bookings) returns boolean"
        " language sql as 'select p_booking.status = ''confirmed''"
        " and p_booking.collect_at > private.clock()'"
    )
    assert undecided(world.connection) - set(REASONS) == {"private.is_later(bookings)"}
