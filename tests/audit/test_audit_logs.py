"""The log is append-only for every writer, in every partition."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World

PARTITIONS = """
    select inhrelid::regclass::text as name
    from pg_inherits
    where inhparent = 'public.audit_logs'::regclass
"""


@pytest.mark.parametrize("months_later", [0, 1, 12])
@pytest.mark.parametrize(
    "statement",
    [
        "update {} set reason = 'x'",
        "update {} set created_at = created_at - interval '1 year'",
        "delete from {}",
        "truncate {}",
        "truncate {} cascade",
    ],
)
def test_what_is_recorded_stays_recorded(world: World, statement: str, months_later: int) -> None:
    world.travel(by=timedelta(days=31 * months_later))
    world.maintain()
    world.organization()
    before = world.count("public.audit_logs")
    partitions = [row["name"] for row in world.rows(PARTITIONS)]
    # Partitions that hold no row have none to update or delete.
    kept = [name for name in partitions if "truncate" in statement or world.count(name)]
    for table in ["public.audit_logs", *kept]:
        with world.refusing("PT409", "append_only"), world.in_studio():
            world.connection.execute(statement.format(table))
    assert world.count("public.audit_logs") == before


@pytest.mark.parametrize(
    ("action", "old", "new"),
    [
        ("insert", "{}", "{}"),
        ("insert", None, None),
        ("update", None, "{}"),
        ("update", "{}", None),
        ("delete", None, "{}"),
        ("delete", "{}", "{}"),
    ],
)
def test_values_fit_the_action(world: World, action: str, old: str | None, new: str | None) -> None:
    with world.refusing("23514", "values_fit_the_action"):
        world.connection.execute(
            "insert into public.audit_logs"
            " (entity_type, entity_id, action, old_values, new_values, actor_kind)"
            " values ('bookings', '1', %s, %s, %s, 'studio')",
            [action, old, new],
        )


def test_partitions_are_closed_to_the_api(world: World) -> None:
    world.maintain()
    open_partitions = world.rows(
        """
        select class.oid::regclass
        from pg_inherits
        join pg_class class on class.oid = inhrelid
        cross join (values ('anon'), ('authenticated'), ('service_role')) role (name)
        where inhparent = 'public.audit_logs'::regclass
            and (
                not class.relrowsecurity
                or has_table_privilege(role.name, class.oid, %s)
            )
        """,
        "select, insert, update, delete, truncate",
    )
    assert open_partitions == []
