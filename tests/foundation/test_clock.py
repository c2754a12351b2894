"""Every rule asks one clock for the present."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World

OTHER_CLOCKS = (
    r"\m(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\("
    r"|\m(current_timestamp|current_date|current_time|localtimestamp|localtime)\M"
    r"|'(now|today|tomorrow|yesterday)'"
)


def test_the_present_is_the_same_throughout_a_transaction(world: World) -> None:
    before = world.now()
    world.connection.execute("select pg_sleep(0.01)")
    assert world.now() == before


def test_time_passes_for_everybody(world: World) -> None:
    before = world.now()
    world.travel(by=timedelta(days=8))
    with world.serving_as("jobs"):
        assert world.now() == before + timedelta(days=8)


def test_no_rule_asks_another_clock(world: World) -> None:
    functions = world.rows(
        """
        select function.oid::regprocedure::text as name
        from pg_proc function
        where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
            and function.oid <> 'private.clock()'::regprocedure
            and pg_get_functiondef(function.oid) ~* %s
        """,
        OTHER_CLOCKS,
    )
    defaults = world.rows(
        """
        select attribute.attrelid::regclass::text as name
        from pg_attrdef attribute_default
        join pg_attribute attribute
            on attribute.attrelid = attribute_default.adrelid
            and attribute.attnum = attribute_default.adnum
        join pg_class class on class.oid = attribute.attrelid
        where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and pg_get_expr(attribute_default.adbin, attribute_default.adrelid) ~* %s
        """,
        OTHER_CLOCKS,
    )
    assert functions + defaults == []


def test_a_rule_that_asks_another_clock_would_be_found(world: World) -> None:
    world.connection.execute(
        "create function private.planted() returns date language sql as 'select current_date'"
    )
    assert world.value(
        "select pg_get_functiondef('private.planted()'::regprocedure) ~* %s", OTHER_CLOCKS
    )
