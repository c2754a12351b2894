"""The present is the clock's, and updated_at is the moment of the last change."""

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


def test_a_change_is_stamped(world: World) -> None:
    person = world.person()
    later = world.travel(by=timedelta(hours=1))
    with world.acting_as(person):
        world.connection.execute("update public.profiles set phone = '1' where id = %s", [person])
    profile = world.row("select * from public.profiles where id = %s", person)
    assert (profile["updated_at"], profile["created_at"]) == (later, later - timedelta(hours=1))


def test_the_writer_cannot_back_date_a_change(world: World) -> None:
    person = world.person()
    world.connection.execute(
        "update public.profiles set phone = '1', updated_at = '2000-01-01' where id = %s", [person]
    )
    assert (
        world.value("select updated_at from public.profiles where id = %s", person) == world.now()
    )


def test_every_updated_at_is_kept_by_the_trigger(world: World) -> None:
    unkept = world.rows(
        """
        select class.oid::regclass::text
        from pg_attribute attribute
        join pg_class class on class.oid = attribute.attrelid
        where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and class.relkind in ('r', 'p')
            and attribute.attname = 'updated_at'
            and not exists (
                select
                from pg_trigger
                where tgrelid = class.oid
                    and tgfoid = 'private.touch_updated_at'::regproc
                    and pg_get_triggerdef(pg_trigger.oid) ~ 'BEFORE UPDATE ON .* FOR EACH ROW'
            )
        """
    )
    assert unkept == []
