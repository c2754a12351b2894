"""A login cannot make a definer run its code by naming a temporary type like one of Postgres'."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tools.cluster import Cluster, Role

# What each service may call, and what its body casts or declares with a name of Postgres' own.
CALLS: dict[Role, str] = {
    "jobs": "select private.maintain_organization('00000000-0000-4000-8000-000000000000')",
    "webhook_service": (
        "select private.receive_stripe_event('platform', 'evt_1', 'customer.created', null, false,"
        " 'v1', '2026-01-01', '{}', '{\"id\": \"evt_1\"}', false, 'v1')"
    ),
}
TYPES = ("text", "jsonb", "uuid", "bytea", "timestamptz", "int4", "int8", "bool", "tstzrange")


@pytest.fixture(params=CALLS)
def login(request: pytest.FixtureRequest) -> Role:
    role: Role = request.param
    return role


@pytest.fixture
def attacker(cluster: Cluster, fresh_database: str, login: Role) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.url(login, fresh_database), autocommit=True) as connection:
        yield connection


def test_a_service_creates_nothing_temporary(attacker: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attacker.execute("create temporary table mine (x integer)")


def test_a_temporary_type_stands_in_for_none_that_a_definer_names(
    cluster: Cluster, fresh_database: str, attacker: psycopg.Connection, login: Role
) -> None:
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as admin:
        grant = sql.SQL("grant temporary on database {} to {}")
        admin.execute(grant.format(sql.Identifier(fresh_database), sql.Identifier(login)))
    attacker.execute("create temporary table opened (x integer)")
    attacker.execute(
        "create function pg_temp.run_as_whom() returns boolean language plpgsql"
        " as $$ begin raise exception 'ran as %', current_user; end $$"
    )
    for name in TYPES:
        domain = sql.SQL(
            "create domain pg_temp.{0} as pg_catalog.{0} check (pg_temp.run_as_whom())"
        )
        attacker.execute(domain.format(sql.Identifier(name)))

    attacker.execute(CALLS[login])
