"""No row of one organization can point at another's: every link between them is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.factories import World

# Every foreign key from a table with an organization to another one.
LINKS = """
    select link.conname as name, pg_temp.full_name(link.conrelid) as child,
        pg_temp.full_name(link.confrelid) as parent, referenced.conname as key,
        array(
            select attname::text from unnest(link.conkey) with ordinality as key (attnum, nth)
            join pg_attribute on attrelid = link.conrelid and pg_attribute.attnum = key.attnum
            order by nth
        ) as columns,
        array(
            select attname::text from unnest(link.confkey) with ordinality as key (attnum, nth)
            join pg_attribute on attrelid = link.confrelid and pg_attribute.attnum = key.attnum
            order by nth
        ) as referenced
    from pg_constraint link
    left join pg_constraint referenced
        on referenced.conindid = link.conindid and referenced.contype in ('p', 'u')
    where link.contype = 'f'
        and link.conparentid = 0
        and link.confrelid <> 'public.organizations'::regclass
        and link.connamespace in ('public'::regnamespace, 'private'::regnamespace)
        and pg_temp.has_org_id(link.conrelid)
        and pg_temp.has_org_id(link.confrelid)
    order by 2, 1
"""

# Columns of tenants' tables that name a row, and whether a foreign key says of which table.
NAMES = """
    select pg_temp.full_name(column_name.attrelid) || '.' || column_name.attname as name,
        exists (
            select from pg_constraint link
            where link.contype = 'f'
                and link.conrelid = column_name.attrelid
                and column_name.attnum = any (link.conkey)
        ) as is_link,
        column_name.attnotnull as is_required
    from pg_attribute column_name
    join pg_class class on class.oid = column_name.attrelid
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and class.relkind in ('r', 'p')
        and not class.relispartition
        and pg_temp.has_org_id(class.oid)
        and column_name.atttypid = 'uuid'::regtype
        and column_name.attname ~ '_id$'
        and column_name.attnum > 0
        and not column_name.attisdropped
"""

CONSTRAINTS = """
    select conname from pg_constraint
    where conrelid = %s::regclass and contype <> 'n' and conname <> all (%s)
    order by contype <> 'f'
"""

UNIQUE_INDEXES = """
    select indexrelid::regclass::text as name from pg_index
    where indrelid = %s::regclass and indisunique
        and not exists (select from pg_constraint where conindid = indexrelid)
"""

REQUIRED_COLUMNS = """
    select attname as name from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and attnotnull and attidentity = ''
        and not attisdropped
        and not exists (
            select from pg_index
            where indrelid = attrelid and indisprimary and attnum = any (indkey)
        )
"""

# What names a person, who may be in several organizations, a worker, or one of several tables, by
# design.
NO_LINKS = {
    "private.ledger_accounts.owner_id",
    "private.ledger_transactions.source_id",
    "private.imported_rows.row_id",
    "private.payout_attempts.worker_id",
    "public.alerts.related_id",
    "public.audit_logs.org_id",
    "public.audit_logs.user_id",
    "public.bookings.learner_person_id",
    "public.code_redemptions.learner_person_id",
    "private.person_calendar.chain_id",
    "private.person_calendar.entry_id",
    "private.person_calendar.person_id",
    "private.stripe_objects.row_id",
    "private.suspense_items.pays_payment_id",
    "private.unbooked_transfers.payee_id",
    "private.unbooked_transfers.payout_id",
    "public.earnings.payee_id",
    "public.fee_invoices.payee_id",
    "public.messages.related_id",
    "public.payouts.payee_id",
    "public.payout_run_results.payee_id",
    "public.terms_acceptances.user_id",
}

# Tables whose ids are numbers that Postgres counts.
NUMBERED = {"private.ledger_accounts", "private.ledger_entries", "private.ledger_transactions"}

# Rows that may be of no organization: of the whole platform.
OPTIONAL = {"public.audit_logs.org_id", "public.discount_codes.org_id"}
LOOSE = {
    ("public.code_redemptions", "code_redemptions_discount_code_id_fkey"),
    ("private.code_checks", "code_checks_discount_code_id_fkey"),
}


@dataclass(frozen=True)
class Link:
    name: str
    child: str
    parent: str
    key: str
    """The constraint that it refers to."""
    columns: list[str]
    referenced: list[str]


@pytest.fixture(autouse=True)
def helpers(world: World) -> None:
    world.connection.execute(
        """
        create function pg_temp.full_name(p_table oid) returns text language sql
            return (
                select format('%I.%I', relnamespace::regnamespace, relname)
                from pg_class where oid = p_table
            );
        create function pg_temp.has_org_id(p_table oid) returns boolean language sql
            return exists (
                select from pg_attribute
                where attrelid = p_table and attname = 'org_id' and not attisdropped
            );
        """
    )


@pytest.fixture
def links(world: World) -> list[Link]:
    return [Link(**row) for row in world.rows(LINKS)]


def test_every_link_carries_the_organization(links: list[Link]) -> None:
    assert len(links) > 40
    loose = {
        (link.child, link.name)
        for link in links
        if ("org_id", "org_id") not in zip(link.columns, link.referenced, strict=True)
    }
    assert loose == LOOSE


def test_every_name_of_a_tenants_row_is_a_link(world: World) -> None:
    assert {row["name"] for row in world.rows(NAMES) if not row["is_link"]} == NO_LINKS


def test_every_tenants_row_has_an_organization(world: World) -> None:
    optional = {
        row["name"]
        for row in world.rows(NAMES)
        if row["name"].endswith(".org_id") and not row["is_required"]
    }
    assert optional == OPTIONAL


def bare(world: World, table: str, *kept: str) -> None:
    """Takes away what could refuse a row before the kept constraints do."""
    run = world.connection.execute
    name = sql.SQL(table)
    run(sql.SQL("alter table {} disable trigger user").format(name))
    for index in world.rows(UNIQUE_INDEXES, table):
        run(sql.SQL("drop index {}").format(sql.SQL(index["name"])))
    while constraints := world.rows(CONSTRAINTS, table, list(kept)):
        constraint = sql.Identifier(constraints[0]["conname"])
        run(sql.SQL("alter table {} drop constraint {} cascade").format(name, constraint))
    if table in NUMBERED:
        run(sql.SQL("alter table {} alter column id drop identity").format(name))
    for column in world.rows(REQUIRED_COLUMNS, table):
        run(
            sql.SQL("alter table {} alter column {} drop not null").format(
                name, sql.Identifier(column["name"])
            )
        )


def insert(world: World, table: str, columns: list[str], values: dict[str, Any]) -> None:
    world.connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.SQL(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        ),
        [values[column] for column in columns],
    )


def refused_by(world: World, role: str, link: Link, row: dict[str, Any]) -> str | None:
    """The constraint that refuses a row; None where the row is taken."""
    try:
        with world.connection.transaction(), world.acting_as(None, role):
            insert(world, link.child, link.columns, row)
            world.connection.execute("set constraints all immediate")
    except psycopg.errors.ForeignKeyViolation as error:
        return error.diag.constraint_name
    return None


@pytest.mark.slow
@pytest.mark.parametrize("role", ["service_role", "supabase_admin"])
def test_no_row_points_into_another_organization(
    world: World, links: list[Link], role: str
) -> None:
    here, there = world.organization(), world.organization()
    links = [link for link in links if (link.child, link.name) not in LOOSE]
    tried = {}
    for link in links:
        with world.connection.transaction(force_rollback=True):
            bare(world, link.child, link.name, *([link.key] if link.child == link.parent else []))
            if link.child != link.parent:
                bare(world, link.parent, link.key)
            world.connection.execute(
                f"grant insert on {link.child} to service_role;"
                " grant usage on schema private to service_role;"
                " grant execute on function private.clock to service_role"
            )
            target = {column: made_up(link, column, there) for column in link.referenced}
            insert(world, link.parent, link.referenced, target)
            row = {
                column: target[named]
                for column, named in zip(link.columns, link.referenced, strict=True)
            }
            tried[link.child, link.name] = (
                refused_by(world, role, link, row),
                refused_by(world, role, link, row | {"org_id": here}),
            )
    assert tried == {(link.child, link.name): (None, link.name) for link in links}


def made_up(link: Link, column: str, org_id: UUID) -> Any:
    if column == "org_id":
        return org_id
    if column == "id" and link.parent in NUMBERED:
        return 1
    return "gbp" if column == "currency" else uuid4()
