"""Broken states, each found by the check that is for it, with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs import check_database
from jobs.config import Config
from jobs.findings import CheckFailed
from lplate.stripe_client import API_VERSION
from lplate.stripe_events import EVENTS
from tests.jobs.payday import Payday

pytestmark = pytest.mark.slow

ENDPOINTS = {
    "platform": "https://example.org/stripe/webhooks",
    "connect": "https://example.org/stripe/connect-webhooks",
    "thin": "https://example.org/stripe/thin-webhooks",
}


@dataclass(frozen=True)
class Broken:
    """A state, the check that finds it, and words of the finding and of the next step."""

    check: str
    finding: str
    next_step: str
    by: Callable[[Payday], object] = lambda _: None
    environment: dict[str, str] = field(default_factory=dict)


def sql(statement: str) -> Callable[[Payday], object]:
    return lambda office: office.world.rows(statement)


def endpoint(kind: str, **fields: Any) -> Callable[[Payday], object]:
    def change(office: Payday) -> None:
        ids = {receiver["url"]: receiver["id"] for receiver in office.fake.webhooks()}
        office.fake.change_webhook(ids[ENDPOINTS[kind]], **fields)

    return change


def of_v2(change: Callable[[Payday], object]) -> Callable[[Payday], object]:
    """The same, where a payee has asked for an account of Accounts API v2."""

    def both(office: Payday) -> None:
        office.world.open_account(office.world.instructor().user_id)
        office.world.rows("update public.stripe_connect_accounts set accounts_api = 'v2'")
        change(office)

    return both


def silent_for(command: str, time: str) -> Callable[[Payday], object]:
    return sql(
        f"update private.heartbeats set ran_at = ran_at - interval '{time}'"
        f" where command = '{command}'"
    )


def restrict(office: Payday) -> None:
    office.fake.restrict_key("rk_test_small", {"balance": "read", "transfers": "read"})


def outlive_partitions(office: Payday) -> None:
    office.world.travel(by=timedelta(days=200))
    office.world.rows("update public.organizations set fee_bps = 1700 where is_marketplace")


def read_only(office: Payday) -> None:
    office.administer("alter role jobs in database {} set default_transaction_read_only = on")


# How Postgres answers a write while its disk is full.
FULL_DISK = """
    create function private.disk_is_full() returns trigger language plpgsql as $$
    begin
        raise exception using errcode = 'disk_full', message = 'No space left on device';
    end;
    $$;
    create trigger disk_is_full before insert or update on private.heartbeats
        execute function private.disk_is_full()
"""
FAILING = """
    insert into private.outbox
        (org_id, topic, idempotency_key, payload, attempts, last_error, created_at)
    select private.platform_id(), 'refund_payment', 'x' || n, '{}', 3, 'no permission',
        private.clock() - interval '2 hours'
    from generate_series(1, 3) n
"""
LIVE_EVENT = """
    insert into private.webhook_events
        (org_id, event_id, endpoint, type, livemode, occurred_at, status, processed_at)
    values (private.platform_id(), 'evt_live', 'platform', 'charge.succeeded', true,
        private.clock(), 'processed', private.clock())
"""
MIGRATIONS = "supabase_migrations.schema_migrations"

BROKEN = {
    "the key was rolled": Broken(
        "stripe",
        "does not know the key",
        "STRIPE_SECRET_KEY",
        lambda office: office.fake.set_api_keys("sk_test_other"),
    ),
    "the key lacks a permission": Broken(
        "webhooks",
        "lacks a permission",
        "restricted key",
        restrict,
        {"STRIPE_SECRET_KEY": "rk_test_small"},
    ),
    "Stripe cannot be reached": Broken(
        "stripe",
        "cannot be reached",
        "network",
        environment={"STRIPE_API_BASE": "http://127.0.0.1:1"},
    ),
    "the database's password is wrong": Broken(
        "database",
        "password authentication failed",
        "JOBS_DATABASE_URL",
        environment={"PASSWORD": "wrong"},
    ),
    "no endpoint leads to the service": Broken(
        "webhooks",
        "no endpoint has a URL that ends with /stripe/webhooks",
        "At Stripe",
        endpoint("platform", url="https://example.org/hooks"),
    ),
    "an endpoint is disabled": Broken(
        "webhooks",
        "connect-webhooks is disabled",
        "Dashboard",
        endpoint("connect", status="disabled"),
    ),
    "an endpoint is sent another version": Broken(
        "webhooks",
        f"is sent 2019-01-01 instead of {API_VERSION}",
        "Dashboard",
        endpoint("platform", api_version="2019-01-01"),
    ),
    "an endpoint is sent the account's version": Broken(
        "webhooks",
        "the account's default version",
        "Dashboard",
        endpoint("connect", api_version=None),
    ),
    "an endpoint is not sent every event": Broken(
        "webhooks",
        "is not sent topup.reversed",
        "replay-events",
        endpoint("platform", enabled_events=list(EVENTS["platform"][:-1])),
    ),
    "nobody is told of accounts of v2": Broken(
        "thin_webhooks",
        "no endpoint has a URL that ends with /stripe/thin-webhooks",
        "At Stripe",
        of_v2(endpoint("thin", url="https://example.org/hooks")),
    ),
    "the endpoint for accounts of v2 is disabled": Broken(
        "thin_webhooks",
        "thin-webhooks is disabled",
        "Dashboard",
        of_v2(endpoint("thin", status="disabled")),
    ),
    "the endpoint for accounts of v2 is not sent every event": Broken(
        "thin_webhooks",
        "is not sent v2.core.account[requirements].updated",
        "replay-events",
        of_v2(endpoint("thin", enabled_events=list(EVENTS["thin"][:-1]))),
    ),
    "the database takes no writes": Broken("writing", "it is read-only", "See to", read_only),
    "the disk is full": Broken("writing", "its disk is full", "See to", sql(FULL_DISK)),
    "the database records no migration": Broken(
        "schema", "no migration", "Apply", sql(f"delete from {MIGRATIONS}")
    ),
    "the database is older": Broken(
        "schema",
        "this release needs",
        "Apply",
        sql(f"delete from {MIGRATIONS} where version = (select max(version) from {MIGRATIONS})"),
    ),
    "the database is newer": Broken(
        "schema",
        "this release knows",
        "Deploy",
        sql(f"insert into {MIGRATIONS} (version) values ('29990101000000')"),
    ),
    "a function is missing": Broken(
        "paydays",
        "not the one of this release",
        "migrations",
        sql("drop function private.overdue_paydays"),
    ),
    "a restore opened a table": Broken(
        "privileges",
        "1 that nobody declared, such as: authenticated may update public.instructor_details",
        "Close the API",
        sql("grant update on public.instructor_details to authenticated"),
    ),
    "a restore opened a function to everybody": Broken(
        "privileges",
        "public may execute private.maintain_platform()",
        "Close the API",
        sql("grant execute on function private.maintain_platform to public"),
    ),
    "a grant is missing": Broken(
        "privileges",
        "1 missing, such as: jobs may execute private.maintain_platform()",
        "grant and revoke",
        sql("revoke execute on function private.maintain_platform from jobs"),
    ),
    "row-level security is off": Broken(
        "privileges",
        "row-level security is off on public.bookings",
        "Close the API",
        sql("alter table public.bookings disable row level security"),
    ),
    "maintain is dead": Broken(
        "schedules",
        "maintain has not run to its end since",
        "python -m jobs maintain",
        silent_for("maintain", "31 minutes"),
    ),
    "the outbox is dead": Broken(
        "schedules",
        "outbox has not run to its end since",
        "scheduler",
        silent_for("outbox", "16 minutes"),
    ),
    "commands fail for hours": Broken(
        "command_failing", "3 of refund_payment: no permission", "Remove the cause", sql(FAILING)
    ),
    "rows fall into the default partition": Broken(
        "default_partition_used", "months", "jobs maintain", outlive_partitions
    ),
    "a test key is used on live books": Broken(
        "mode",
        "the newest event that was booked is of live mode",
        "STRIPE_SECRET_KEY",
        sql(LIVE_EVENT),
    ),
}


@pytest.fixture
def watched(office: Payday) -> Payday:
    """A deployment in order, whose schedules have just run."""
    office.fake.add_webhook(ENDPOINTS["platform"])
    office.fake.add_webhook(ENDPOINTS["connect"], connect=True)
    office.fake.add_webhook(ENDPOINTS["thin"], thin=True)
    office.world.rows("select private.record_heartbeat('outbox')")
    return office


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_state_is_found_with_its_next_step(watched: Payday, broken: Broken) -> None:
    broken.by(watched)
    environment = dict(broken.environment)
    if password := environment.pop("PASSWORD", None):
        url = watched.database_url.replace(":postgres@", f":{password}@")
        environment["JOBS_DATABASE_URL"] = url
    finished = watched.run("doctor", **environment)
    assert finished.status == 1
    found = [line for line in finished.events("check") if line["check"] == broken.check]
    assert [line["ok"] for line in found] == [False], finished.stdout
    assert broken.finding in found[0]["finding"]
    assert broken.next_step in found[0]["next_step"]
    assert found[0]["level"] == "error"


@pytest.mark.parametrize("accounts_api", ["v1", "v2"])
def test_a_deployment_in_order_has_no_finding(watched: Payday, accounts_api: str) -> None:
    if accounts_api == "v2":
        of_v2(lambda _: None)(watched)
    finished = watched.run("doctor")
    assert [line for line in finished.events("check") if not line["ok"]] == []
    assert finished.status == 0


class Skewed:
    """A database whose machine's clock is wrong."""

    def __init__(self, skew: timedelta) -> None:
        self.skew = skew

    def server_time(self) -> datetime:
        return datetime.now(UTC) + self.skew  # noqa: TID251  (machines' clocks are compared)


@pytest.mark.parametrize("skew", [timedelta(days=-40), timedelta(minutes=1)])
def test_a_wrong_clock_is_found(skew: timedelta) -> None:
    database: Any = Skewed(skew)
    with pytest.raises(CheckFailed, match="apart") as found:
        check_database.check_clock(database)
    assert "NTP" in found.value.next_step
    right: Any = Skewed(timedelta(0))
    assert check_database.check_clock(right)


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("db.example.org:5432/postgres", False),
        ("db.example.org:5432/postgres?sslmode=require", False),
        ("db.example.org:5432/postgres?sslmode=verify-full", True),
        ("127.0.0.1:5432/postgres", True),
        ("/postgres?host=/var/run/postgresql", True),
    ],
)
def test_a_connection_that_proves_nothing_is_found(address: str, is_safe: bool) -> None:
    config = Config(
        stripe_secret_key="sk_test_0123456789",  # type: ignore[arg-type]
        jobs_database_url=f"postgresql://jobs:x@{address}",  # type: ignore[arg-type]
    )
    if is_safe:
        assert check_database.check_connection(config)
    else:
        with pytest.raises(CheckFailed, match="sslmode") as found:
            check_database.check_connection(config)
        assert "verify-full" in found.value.next_step
