"""Every constraint is by organization, says the same by organization, or is global for a reason."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from tests.spread.rewrite import KEY, WHOLE

# Unique and exclusion constraints of organizations' tables whose key is not of one organization.
GLOBAL = {
    "private.person_calendar: person_id, during, chain_id": "nobody is in two places at once",
    "private.webhook_events: provider, event_id": "an event is stored once, whosever it is",
}

# Constraints without the organization among their columns. One of its own rows' ids in them makes
# them say the same with the organization in front: ids are unique, and composite foreign keys keep
# them within one organization.
WITHOUT_KEY = """
    select
        index.indrelid::regclass::text as table_name,
        array(
            select pg_get_indexdef(index.indexrelid, number, true)
            from generate_series(1, index.indnkeyatts) number
        ) as columns,
        exists (
            select
            from pg_constraint reference
            where reference.conrelid = index.indrelid
                and reference.contype = 'f'
                and key.attnum = any (reference.conkey)
                and reference.conkey && index.indkey::smallint[]
                and cardinality(reference.conkey) = 2
        )
        or (index.indnkeyatts = 1 and index.indkey[0] = own.attnum) as names_own_row
    from pg_index index
    join pg_class class on class.oid = index.indrelid and not class.relispartition
    join pg_attribute key on key.attrelid = class.oid and key.attname = %s
    left join pg_attribute own on own.attrelid = class.oid and own.attname = 'id'
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and (index.indisunique or index.indisexclusion)
        and key.attnum <> all (index.indkey::smallint[])
    order by 1, 2
"""

FOREIGN_KEYS_WITHOUT_KEY = """
    select reference.conrelid::regclass || ': ' || pg_get_constraintdef(reference.oid) as definition
    from pg_constraint reference
    join pg_attribute target on target.attrelid = reference.confrelid and target.attname = %s
    where reference.contype = 'f'
        and reference.conparentid = 0
        and reference.confrelid <> all (%s::regclass[])
        and target.attnum <> all (reference.confkey)
    order by 1
"""


def test_every_constraint_is_by_organization_or_global_for_a_reason(
    db: psycopg.Connection,
) -> None:
    found = db.cursor(row_factory=dict_row).execute(WITHOUT_KEY, [KEY]).fetchall()
    assert found

    other = {
        f"{public(row['table_name'])}: {', '.join(row['columns'])}"
        for row in found
        if not row["names_own_row"] and public(row["table_name"]) not in WHOLE
    }
    listed = {name for name in GLOBAL if name.split(":")[0] not in WHOLE}

    assert other == listed


def test_every_foreign_key_to_a_spread_table_carries_the_organization(
    db: psycopg.Connection,
) -> None:
    assert db.execute(FOREIGN_KEYS_WITHOUT_KEY, [KEY, list(WHOLE)]).fetchall() == []


def test_a_constraint_that_is_global_without_a_reason_is_found(db: psycopg.Connection) -> None:
    db.execute("create unique index on public.services (title)")

    found = db.cursor(row_factory=dict_row).execute(WITHOUT_KEY, [KEY]).fetchall()

    assert {"table_name": "services", "columns": ["title"], "names_own_row": False} in found


def public(name: str) -> str:
    """A table's name with its schema."""
    return name if "." in name else f"public.{name}"
