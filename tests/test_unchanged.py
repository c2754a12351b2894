"""What world.unchanged() notices."""

from __future__ import annotations

import pytest

from tests.factories import World

# With session_replication_role = replica, so that no trigger refuses or adds anything.
WRITES = {
    "a row more": (
        "insert into public.organizations"
        " select (jsonb_populate_record(one, jsonb_build_object("
        "'id', gen_random_uuid(), 'slug', 'another', 'is_marketplace', false, 'is_platform', false"
        "))).*"
        " from public.organizations one limit 1"
    ),
    "another value": "update public.organizations set name = 'Another'",
    "a row less": "delete from public.organizations",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_is_written_is_a_change(world: World, write: str) -> None:
    world.connection.execute("set local session_replication_role = replica")
    with pytest.raises(AssertionError), world.unchanged():
        world.connection.execute(write)


def test_what_is_read_locked_or_undone_is_none(world: World) -> None:
    with world.unchanged():
        world.rows("select * from public.organizations for update")
        with world.connection.transaction(force_rollback=True):
            world.connection.execute("update public.organizations set name = 'Another'")


def test_what_is_left_out_may_change(world: World) -> None:
    with world.unchanged(leaving_out=["public.organizations", "public.audit_logs"]):
        world.connection.execute("update public.organizations set name = 'Another'")
