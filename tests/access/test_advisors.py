"""Supabase's advisors have nothing to say about the migrated database, and would if there were."""

from __future__ import annotations

import json

import psycopg
import pytest

from tools.cluster import Cluster, supabase

# What any new database with closed tables hears: nothing used an index yet, and closed is meant. Of
# the foreign keys (org_id, x) that an index beginning with x serves, the advisor says that they
# have none; lints/foreign_keys_are_indexed.sql judges that.
EXPECTED = {"unused_index", "rls_enabled_no_policy", "unindexed_foreign_keys"}

PLANTED = {
    "auth_rls_initplan": "create policy planted on public.payments for insert to authenticated"
    " with check (payer_id = auth.uid())",
    "auth_users_exposed": "create view public.planted_users as select id, email from auth.users;"
    " grant select on public.planted_users to anon",
    "duplicate_index": "create index on public.payments (payer_id)",
    "extension_in_public": "create extension citext with schema public",
    "function_search_path_mutable": "create function public.planted() returns int language sql"
    " as 'select 1'",
    "materialized_view_in_api": "create materialized view public.planted_copy as"
    " select id from public.payments; grant select on public.planted_copy to anon",
    "multiple_permissive_policies": "create policy planted on public.refunds for select"
    " to authenticated using (false)",
    "no_primary_key": "create table public.planted_heap (id uuid)",
    "policy_exists_rls_disabled": "alter table public.lessons disable row level security",
    "rls_disabled_in_public": "create table public.planted_open (id uuid primary key);"
    " grant select on public.planted_open to anon",
    "rls_policy_always_true": "create policy planted on public.earnings for update"
    " to authenticated using (true)",
    "rls_references_user_metadata": "create policy planted on public.payouts for insert"
    " to authenticated with check ((select auth.jwt() -> 'user_metadata' ->> 'admin') = 'yes')",
    "security_definer_view": "create view public.planted_view as select id from public.payments;"
    " grant select on public.planted_view to anon",
    "sensitive_columns_exposed": "create table public.planted_cards"
    " (id uuid primary key, credit_card text); grant select on public.planted_cards to anon",
    "unindexed_foreign_keys": "alter table public.services"
    " add column planted_id uuid references public.services (id)",
    "unsupported_reg_types": "create table public.planted_types"
    " (id uuid primary key, kind regproc)",
}


def advice(cluster: Cluster, database: str, *flags: str) -> set[str]:
    """The names of what the advisors have to say."""
    url = f"{cluster.url('postgres', database)}?sslmode=disable"
    printed = supabase("db", "advisors", f"--remote={url}", "--output-format", "json", *flags)
    return {result["name"] for result in json.loads(printed)["results"]}


@pytest.fixture(scope="session")
def planted(cluster: Cluster, migrated: str) -> set[str]:
    """What the advisors say of a database with a defect of each kind."""
    cluster.create_database("planted", migrated)
    with psycopg.connect(cluster.admin_url("planted"), autocommit=True) as connection:
        for defect in PLANTED.values():
            connection.execute(defect.encode())
    return advice(cluster, "planted", "--level", "info")


@pytest.mark.slow
def test_the_advisors_warn_of_nothing(cluster: Cluster, migrated: str) -> None:
    assert advice(cluster, migrated, "--fail-on", "warn", "--level", "info") <= EXPECTED


@pytest.mark.parametrize("name", PLANTED)
def test_the_advisors_find(planted: set[str], name: str) -> None:
    assert name in planted
