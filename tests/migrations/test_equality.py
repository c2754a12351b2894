"""The database that supabase/migrations makes and the one that sql/ makes are the same."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.migrations.conftest import FROM_FILES
from tools.cluster import Cluster, postgres_tool
from tools.compare import roles, rows

# The objects of a dump, and a defect that each would show.
IN_DUMPS = {
    "lessons; Type: TABLE": "alter table public.lessons alter column notes set storage external",
    "refunds; Type: TABLE": "alter table public.refunds alter column reason set statistics 7",
    "learner_details; Type: TABLE": (
        "alter table public.learner_details rename notes to old_notes;"
        " alter table public.learner_details add column notes text;"
        " alter table public.learner_details drop column old_notes"
    ),
    "TABLE payments; Type: COMMENT": "comment on table public.payments is 'Other.'",
    "TABLE earnings; Type: ACL": "grant select on public.earnings to anon",
    "COLUMN lessons.notes; Type: ACL": "grant update (notes) on public.lessons to anon",
    "payouts touch_updated_at; Type: TRIGGER": (
        "alter table public.payouts disable trigger touch_updated_at"
    ),
    "clock(); Type: FUNCTION": (
        "create or replace function private.clock() returns timestamptz stable return now()"
    ),
    "services select_listed; Type: POLICY": (
        "alter policy select_listed on public.services using (true)"
    ),
    "DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: postgres": (
        "alter default privileges for role postgres in schema public grant select on tables to anon"
    ),
    "supabase_realtime bookings; Type: PUBLICATION TABLE": (
        "alter publication supabase_realtime drop table public.bookings"
    ),
}

# The tables that have rows, and a defect in each.
IN_ROWS = {
    "private.currencies": "delete from private.currencies where code = 'sgd'",
    "private.payee_countries": "delete from private.payee_countries where code = 'SG'",
    "private.status_transitions": (
        "update private.status_transitions set actors = '{user}' where entity = 'refund'"
    ),
    "private.message_kinds": "update private.message_kinds set is_urgent = not is_urgent",
    "public.message_templates": "update public.message_templates set body = 'Other'",
    "public.organizations": "update public.organizations set fee_bps = 0",
    "public.cancellation_policies": (
        "insert into public.cancellation_policies (org_id, version)"
        " select org_id, 2 from public.cancellation_policies"
    ),
    "public.cancellation_tiers": (
        "insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)"
        " select id, org_id, 60, 5000 from public.cancellation_policies where version = 1"
    ),
}


@pytest.fixture(scope="module")
def spoiled(files_cluster: Cluster) -> str:
    """A copy of the database that sql/ makes, with every defect."""
    files_cluster.create_database("spoiled", FROM_FILES)
    with psycopg.connect(files_cluster.admin_url("spoiled"), autocommit=True) as connection:
        for defect in (*IN_DUMPS.values(), *IN_ROWS.values()):
            connection.execute(defect.encode())
    return "spoiled"


def test_the_differ_finds_nothing(cluster: Cluster, migrated: str, files_cluster: Cluster) -> None:
    assert cluster.compare(migrated, files_cluster, FROM_FILES).strip() == ""


@pytest.mark.slow
def test_their_dumps_are_equal(cluster: Cluster, migrated: str, files_cluster: Cluster) -> None:
    assert dump(cluster, migrated) == dump(files_cluster, FROM_FILES)


def test_their_rows_are_equal(cluster: Cluster, migrated: str, files_cluster: Cluster) -> None:
    migrated_rows = rows(cluster, migrated)
    assert migrated_rows == rows(files_cluster, FROM_FILES)
    assert {table for table, found in migrated_rows.items() if found} == set(IN_ROWS)


def test_their_roles_are_equal(cluster: Cluster, migrated: str, files_cluster: Cluster) -> None:
    with (
        psycopg.connect(cluster.admin_url(migrated)) as one,
        psycopg.connect(files_cluster.admin_url(FROM_FILES)) as other,
    ):
        assert roles(one) == roles(other)


@pytest.mark.slow
def test_the_differ_would_find_a_difference(files_cluster: Cluster, spoiled: str) -> None:
    assert "lessons" in files_cluster.compare(FROM_FILES, files_cluster, spoiled)


@pytest.mark.slow
def test_a_dump_would_show_a_difference(files_cluster: Cluster, spoiled: str) -> None:
    good, bad = dump(files_cluster, FROM_FILES), dump(files_cluster, spoiled)
    different = [title for title in good.keys() | bad.keys() if good.get(title) != bad.get(title)]
    for title in IN_DUMPS:
        assert any(f"Name: {title}" in each for each in different), title


def test_rows_would_show_a_difference(files_cluster: Cluster, spoiled: str) -> None:
    good, bad = rows(files_cluster, FROM_FILES), rows(files_cluster, spoiled)
    assert {table for table in good if good[table] != bad[table]} == set(IN_ROWS)


@pytest.mark.parametrize(
    "defect", ["alter role jobs connection limit 3", "grant service_role to webhook_service"]
)
def test_roles_would_show_a_difference(files_cluster: Cluster, defect: str) -> None:
    with psycopg.connect(files_cluster.admin_url(FROM_FILES)) as connection:
        before = roles(connection)
        connection.execute(defect.encode())
        assert roles(connection) != before
        connection.rollback()


def dump(cluster: Cluster, database: str) -> dict[str, str]:
    """What pg_dump says of each object, without the history of migrations.

    Columns keep their order; grants, whose order says only when they were made, are sorted.
    """
    text = postgres_tool(
        "pg_dump",
        "--schema-only",
        "--restrict-key=x",
        "--exclude-schema=supabase_migrations",
        cluster.admin_url(database),
    )
    _, *objects = re.split(r"^--\n-- (?=Name: )", text, flags=re.MULTILINE)
    said = {}
    for each in objects:
        title, _, body = each.partition("\n--\n")
        lines = body.strip().splitlines()
        said[title] = "\n".join(sorted(lines) if "Type: ACL" in title else lines)
    return said
