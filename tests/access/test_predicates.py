"""A rule says yes or no, whatever columns of its row are null, and whatever it is not told.

One that answers null refuses nobody: `if not null` is not taken.
"""

from __future__ import annotations

import psycopg
import pytest

from tests.factories import World

PREDICATES = """
    select function.oid::regprocedure::text as signature,
        format('%I.%I', function.pronamespace::regnamespace, function.proname) as name,
        array(select type::bigint from unnest(function.proargtypes) type) as types
    from pg_proc function
    where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and function.prorettype = 'boolean'::regtype
        and function.prokind = 'f'
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
    "private.is_wanted(uuid,text,message_channel)": "asks its kind, likewise",
    "private.latest_livemode()": "nothing has come from Stripe yet",
}
# What is asked without a value. Constraints let null pass, which is how a column is optional;
# functions ask these of texts whose length they have asked before, or let null mean no filter.
OF_NOTHING = {
    "private.facets_are_valid(jsonb)",
    "private.is_email(text)",
    "private.is_line(text)",
    "private.is_link(text)",
    "private.is_plausible_date(date)",
    "private.is_plausible_time(timestamp with time zone)",
    "private.is_time_zone(text)",
    "private.is_vat_number(text)",
    "private.is_visible(text)",
    # Of columns that have a value.
    "private.is_booking_message_true(text,timestamp with time zone,bookings)",
    "private.is_dispute_closed(dispute_status)",
    "private.is_dispute_lost(dispute_status)",
    "private.is_of_billing(text)",
    "private.is_refusal_of_destination(text)",
    "private.occupies_slot(booking_status)",
}


def arguments(db: psycopg.Connection, types: list[int]) -> list[list[str]]:
    """Values of these types, in rounds."""
    return [
        values or []
        for (values,) in db.execute(
            "select array_agg(pg_temp.sample(type, round) order by position)"
            " filter (where type is not null) from generate_series(1, %s) round"
            " left join unnest(%s::oid[]) with ordinality as types (type, position) on true"
            " group by round",
            [ROUNDS, types],
        ).fetchall()
    ]


def is_undecided(db: psycopg.Connection, name: str, values: list[str]) -> bool:
    """Whether it answers null; a refusal decides."""
    try:
        with db.transaction(force_rollback=True):
            call = f"select {name}({', '.join(values)})"
            return db.execute(call.encode()).fetchone() == (None,)
    except psycopg.Error:
        return False


def undecided(db: psycopg.Connection) -> tuple[set[str], set[str]]:
    """The rules that answer null to values, and those that do so where one value is missing.

    A row is never missing as a whole: who asks about one has it.
    """
    db.execute(SAMPLE)
    of_values, of_nothing = set(), set()
    for signature, name, types in db.execute(PREDICATES).fetchall():
        calls = arguments(db, types)
        if any(is_undecided(db, name, values) for values in calls):
            of_values.add(signature)
        for place, value in enumerate(calls[0]):
            missing = [*calls[0][:place], "null", *calls[0][place + 1 :]]
            if not value.startswith("row(") and is_undecided(db, name, missing):
                of_nothing.add(signature)
    db.execute("drop function pg_temp.sample(oid, integer)")
    return of_values, of_nothing


def test_a_rule_decides(db: psycopg.Connection) -> None:
    of_values, of_nothing = undecided(db)
    assert of_values == set(REASONS)
    assert of_nothing - set(REASONS) == OF_NOTHING


@pytest.mark.slow
def test_one_that_does_not_is_found(world: World) -> None:
    world.rows(
        "create function private.is_later(p_booking public.bookings) returns boolean"
        " language sql as 'select p_booking.status = ''confirmed''"
        " and p_booking.collect_at > private.clock()'"
    )
    world.rows(
        "create function private.is_over(p_at timestamptz) returns boolean"
        " language sql as 'select p_at < private.clock()'"
    )
    of_values, of_nothing = undecided(world.connection)
    assert of_values - set(REASONS) == {"private.is_later(bookings)"}
    assert "private.is_over(timestamp with time zone)" in of_nothing
