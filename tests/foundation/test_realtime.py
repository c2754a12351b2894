"""What Realtime sends to browsers: that something changed, and nothing that is private."""

from __future__ import annotations

from tests.factories import World


def test_realtime_carries_statuses_and_times_alone(world: World) -> None:
    published = world.rows(
        "select tablename::text as table, attnames::text[] as columns"
        " from pg_publication_tables where pubname = 'supabase_realtime' order by 1"
    )
    assert [(row["table"], row["columns"]) for row in published] == [
        ("bookings", ["id", "org_id", "start_at", "end_at", "status", "updated_at"]),
        ("payments", ["id", "org_id", "order_id", "status", "updated_at"]),
    ]
