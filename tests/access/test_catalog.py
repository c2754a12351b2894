"""The catalog grants what matrix.toml declares, and has nothing that it does not name."""

from __future__ import annotations

import psycopg
import pytest

from tests.access import catalog
from tests.access.matrix import Matrix

Connection = psycopg.Connection


def test_everything_is_declared(schema: Connection, matrix: Matrix) -> None:
    assert catalog.objects(schema) == catalog.declared_objects(matrix)


def test_every_privilege_is_declared(schema: Connection, matrix: Matrix) -> None:
    assert catalog.granted(schema) == catalog.declared_grants(matrix)


def test_no_other_role_has_a_privilege(schema: Connection) -> None:
    assert catalog.granted_to_others(schema) == set()


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("create table public.forgotten (id uuid)", "public.forgotten"),
        ("create table private.forgotten (id uuid)", "private.forgotten"),
        ("create view public.forgotten as select 1 as id", "public.forgotten.id"),
        ("create materialized view private.forgotten as select 1 as id", "private.forgotten"),
        ("alter table public.payments add column card text", "public.payments.card"),
        ("create function public.forgotten() returns int return 1", "public.forgotten()"),
    ],
)
def test_what_is_not_declared_is_seen(
    schema: Connection, matrix: Matrix, statement: str, seen: str
) -> None:
    schema.execute(statement)
    assert seen in catalog.objects(schema) - catalog.declared_objects(matrix)


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("grant truncate on public.payments to anon", "anon may truncate public.payments"),
        ("grant references on public.payments to jobs", "jobs may references public.payments.id"),
        ("grant trigger on public.payments to public", "jobs may trigger public.payments"),
        ("grant select on private.outbox to jobs", "jobs may select private.outbox.payload"),
        (
            "grant select (raw) on private.webhook_event_bodies_default to webhook_service",
            "webhook_service may select private.webhook_event_bodies_default.raw",
        ),
        (
            "grant update (status) on public.bookings to authenticated",
            "authenticated may update public.bookings.status",
        ),
        (
            "grant insert on public.organization_members to authenticated",
            "authenticated may insert public.organization_members.role",
        ),
        (
            "grant delete on public.refunds to service_role",
            "service_role may delete public.refunds",
        ),
        (
            "grant usage on sequence public.audit_logs_id_seq to authenticated",
            "authenticated may usage public.audit_logs_id_seq",
        ),
        ("grant usage on schema private to anon", "anon may usage schema private"),
        (
            "grant execute on function private.refund_due to public",
            "anon may execute private.refund_due",
        ),
        (
            "grant execute on function private.maintain_platform to webhook_service",
            "webhook_service may execute private.maintain_platform",
        ),
    ],
)
def test_a_privilege_that_is_not_declared_is_seen(
    schema: Connection, matrix: Matrix, statement: str, seen: str
) -> None:
    schema.execute(statement)
    assert seen in catalog.granted(schema) - catalog.declared_grants(matrix)


def test_a_privilege_that_is_missing_is_seen(schema: Connection, matrix: Matrix) -> None:
    schema.execute("revoke update (bio) on public.instructors from authenticated")
    assert catalog.declared_grants(matrix) - catalog.granted(schema) == {
        "authenticated may update public.instructors.bio"
    }


def test_a_privilege_of_another_role_is_seen(schema: Connection) -> None:
    schema.execute("grant select on private.outbox to authenticator")
    assert catalog.granted_to_others(schema) == {"authenticator has SELECT on outbox"}
