"""updated_at is the moment of the last change, whatever the writer says."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World


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
