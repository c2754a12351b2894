"""A database with a little of everything, behind an API of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import psycopg
import pytest

from tests.patience import PATIENCE
from tools.cluster import Api, Cluster

_numbers = count(1)

ROOMS = """
    create schema private;
    create table private.ledger (amount_cents bigint);
    alter table private.ledger enable row level security;

    create table public.notes (
        id bigint generated always as identity primary key,
        owner_id uuid not null default auth.uid(),
        body jsonb,
        price numeric not null default 1.50,
        written_at timestamptz not null default '2026-07-01 12:00+00'
    );
    alter table public.notes enable row level security;
    create policy own on public.notes to authenticated using (owner_id = (select auth.uid()));
    revoke all on public.notes from anon, authenticated, service_role;
    grant select, insert on public.notes to authenticated;

    create function public.who_am_i() returns jsonb language sql stable as $$
        select jsonb_build_object(
            'session_user', session_user,
            'current_user', current_user,
            'uid', auth.uid(),
            'user_agent', current_setting('request.headers')::jsonb ->> 'user-agent'
        )
    $$;
    create function public.refuse() returns void language plpgsql as $$
        begin
            raise exception 'That time is taken.'
                using
                    errcode = 'PT409',
                    hint = 'Choose another.',
                    detail = '{"code": "slot_taken"}';
        end;
    $$;
    create function public.note_price(p_price numeric) returns numeric language sql volatile as $$
        select p_price
    $$;
"""


@pytest.fixture(scope="session")
def notes_database(cluster: Cluster) -> str:
    cluster.create_database("notes")
    with psycopg.connect(cluster.url("postgres", "notes")) as connection:
        connection.execute(ROOMS)
    return "notes"


@pytest.fixture(scope="session")
def notes_api(cluster: Cluster, notes_database: str) -> Iterator[Api]:
    with Api(cluster, notes_database) as api:
        yield api


@pytest.fixture
def anonymous(notes_api: Api) -> Iterator[httpx.Client]:
    """A client without a signed-in user."""
    headers = {"apikey": notes_api.anon_key}
    with httpx.Client(base_url=notes_api.url, headers=headers, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def new_database(cluster: Cluster) -> Iterator[str]:
    """A clone of `base`."""
    name = f"new_{next(_numbers)}"
    cluster.create_database(name)
    yield name
    cluster.drop_database(name)
