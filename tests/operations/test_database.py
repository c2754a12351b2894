"""What the doctor asks about the database itself."""

from __future__ import annotations

import pytest

from tests.factories import World


def privileges(world: World) -> set[str]:
    return {row["privilege"] for row in world.serve("jobs", "private.list_privileges")}


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        (
            "grant update on public.instructor_details to authenticated",
            "authenticated may update public.instructor_details",
        ),
        (
            "grant update (rating) on public.instructors to authenticated",
            "authenticated may update public.instructors (",
        ),
        (
            "grant execute on function private.maintain_platform to public",
            "public may execute private.maint",
        ),
        ("grant usage on schema private to anon", "anon may usage schema private"),
        ("grant select on private.outbox to anon", "anon may select private.outbox"),
        (
            "alter table public.bookings disable row level security",
            "row-level security is off on public.bookings",
        ),
    ],
)
def test_a_privilege_more_is_listed(world: World, statement: str, seen: str) -> None:
    before = privileges(world)
    world.connection.execute(statement.encode())
    assert any(line.startswith(seen) for line in privileges(world) - before)


def test_the_newest_migration_is_the_version(world: World) -> None:
    newest = world.value("select max(version) from supabase_migrations.schema_migrations")
    [row] = world.serve("jobs", "private.schema_version")
    assert row["schema_version"] == newest


def test_a_database_without_a_history_has_no_version(world: World) -> None:
    world.rows("drop schema supabase_migrations cascade")
    [row] = world.serve("jobs", "private.schema_version")
    assert row["schema_version"] is None


def test_the_mode_is_that_of_the_newest_event_that_was_booked(world: World) -> None:
    def mode() -> bool | None:
        [row] = world.serve("jobs", "private.latest_livemode")
        return row["latest_livemode"]  # type: ignore[no-any-return]

    assert mode() is None
    world.booking().pay()
    assert mode() is False
