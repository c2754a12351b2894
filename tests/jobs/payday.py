"""A payday: instructors who have earned, a Stripe that can pay them, and the job that does."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT
from tests.jobs.forked import run_forked
from tests.patience import PATIENCE
from tests.secrecy import assert_unlogged
from tools.cluster import Cluster

INSTRUCTORS = 5
# After the lessons of everybody, one each two days, every schedule has had a payday by now.
PRESENT = INSTANT + timedelta(days=2 * INSTRUCTORS + 32)
SEED = int(os.environ.get("LPLATE_SEED", "7"))


def earn(world: World, fake: FakeStripe) -> None:
    """Everybody has given a lesson that is paid for, and can be paid themselves."""
    for number in range(INSTRUCTORS):
        instructor = world.instructor(name=f"Ann {number}", hourly_rate_cents=4500 + 100 * number)
        (opened,) = world.serve(
            "webhook_service",
            "private.open_connect_account",
            p_user_id=instructor.user_id,
            p_instructor_id=instructor.id,
            p_org_id=None,
            p_country="GB",
            p_platform_country="GB",
        )
        account = open_account(fake, opened["metadata"])
        world.deliver("account.updated", account, endpoint="connect", account=account["id"])
        booking = world.booking(instructor)
        booking.pay()
        booking.complete()
    # Stripe's fees are known already.
    world.connection.execute("update private.outbox set processed_at = private.clock()")
    world.travel(to=PRESENT)


@contextmanager
def a_payday(cluster: Cluster, template: str, name: str, fake: FakeStripe) -> Iterator[Payday]:
    """A clone of a database in which everybody has earned, and a Stripe that holds the same money.

    The same seed gives the accounts there the same ids.
    """
    cluster.create_database(name, template)
    fake.reset(seed=SEED, starts_at=PRESENT.timestamp())
    payday = Payday(World(connect(cluster, name)), fake, cluster, name)
    try:
        payday.world.travel(to=PRESENT)
        for account in payday.world.rows(
            "select stripe_account_id, id::text as connect_account_id, org_id::text"
            " from public.stripe_connect_accounts order by created_at"
        ):
            id = account.pop("stripe_account_id")
            assert open_account(fake, account)["id"] == id
        fake.add_funds(payday.world.ledger()["stripe_balance"])
        fake.clear_requests()
        yield payday
    finally:
        payday.world.connection.close()
        payday.cluster.drop_database(name)


def connect(cluster: Cluster, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(cluster.admin_url(database), autocommit=True)


def open_account(fake: FakeStripe, metadata: dict[str, str]) -> dict[str, Any]:
    """An account at the stand-in that can receive transfers."""
    made = fake.stripe().v1.accounts.create(
        {
            "country": "GB",
            "capabilities": {"transfers": {"requested": True}},
            "metadata": metadata,
        }
    )
    return fake.complete_onboarding(made.id)


@dataclass
class Payday:
    """One database and one Stripe."""

    world: World
    fake: FakeStripe
    cluster: Cluster
    database: str

    @property
    def database_url(self) -> str:
        return self.cluster.url("jobs", self.database)

    def environment(self, **changes: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "STRIPE_SECRET_KEY": self.fake.api_key,
            "STRIPE_API_BASE": self.fake.url,
            "STRIPE_TIMEOUT_SECONDS": "10",
            "STRIPE_REQUESTS_PER_SECOND": "1000",
            "STRIPE_BACKOFF_SECONDS": "0.05",
            "JOBS_DATABASE_URL": self.database_url,
            "COLUMNS": "200",
        } | changes

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A job beside the test, which may strike it."""
        return subprocess.Popen(
            [sys.executable, "-m", "jobs", *arguments],
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> Finished:
        return Finished(*run_forked(arguments, self.environment(**environment)))

    def watch(self, *arguments: str) -> str:
        """What a person sees who runs a job at a terminal; it must end well."""
        terminal, job_side = pty.openpty()
        with os.fdopen(terminal, "rb") as screen:
            process = subprocess.Popen(
                [sys.executable, "-m", "jobs", *arguments],
                env=self.environment(TERM="xterm"),
                stdout=job_side,
            )
            os.close(job_side)
            shown = b""
            with contextlib.suppress(OSError):  # how a terminal says that its other end is gone
                while part := screen.read1():
                    shown += part
            assert process.wait(PATIENCE) == 0
        return shown.decode()

    def pay(self, *arguments: str, **environment: str) -> Finished:
        return self.run("payouts", *arguments, **environment)

    def examine(self) -> Finished:
        """The doctor, of a deployment whose schedules run and whose endpoints are registered."""
        self.world.rows("update private.heartbeats set ran_at = private.clock()")
        if not self.fake.webhooks():
            self.fake.add_webhook("https://example.org/stripe/webhooks")
            self.fake.add_webhook("https://example.org/stripe/connect-webhooks", connect=True)
        return self.run("doctor")

    def release_held(self) -> None:
        """An admin lets everything go that was held."""
        admin = self.world.admin()
        for held in self.world.rows("select id from public.payouts where status = 'held'"):
            self.world.call(
                admin, "public.admin_release_payout", p_payout_id=held["id"], p_reason="looked into"
            )

    def later(self, time: timedelta) -> None:
        """Moves both clocks."""
        self.world.travel(by=time)
        self.fake.advance(seconds=time.total_seconds())

    def administer(self, statement: str) -> None:
        """Runs a statement about this database from outside of it."""
        with psycopg.connect(self.cluster.admin_url(), autocommit=True) as other:
            other.execute(sql.SQL(statement).format(sql.Identifier(self.database)))

    def reconnect(self) -> None:
        """After the database was away."""
        self.world.connection.close()
        self.world = World(connect(self.cluster, self.database))

    def cut_off_database(self) -> None:
        """From now on the job cannot reach its database; this test's connection stays."""
        with psycopg.connect(self.cluster.admin_url(), autocommit=True) as other:
            name = sql.Identifier(self.database)
            other.execute(sql.SQL("alter database {} allow_connections false").format(name))
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'jobs' and datname = %s",
                [self.database],
            )

    def restore_database(self) -> None:
        with psycopg.connect(self.cluster.admin_url(), autocommit=True) as other:
            name = sql.Identifier(self.database)
            other.execute(sql.SQL("alter database {} allow_connections true").format(name))

    def statuses(self) -> Counter[str]:
        rows = self.world.rows("select status::text from public.payouts")
        return Counter(row["status"] for row in rows)

    def assert_everybody_is_paid_once(self) -> None:
        """Each got what they earned, to the cent, by one transfer; the books and Stripe agree."""
        assert self.statuses() == {"paid": INSTRUCTORS}
        self.assert_books_agree_with_stripe()
        earned = self.world.rows(
            "select account.stripe_account_id, sum(earning.amount_cents)::bigint"
            " from public.earnings earning"
            " join public.stripe_connect_accounts account"
            " on account.instructor_id = earning.instructor_id group by 1"
        )
        sent = self.fake.objects("transfer")
        assert sorted((it["destination"], it["amount"]) for it in sent) == sorted(
            tuple(row.values()) for row in earned
        )

    def assert_nothing_is_doubled(self) -> None:
        """Stripe made at most one transfer of each payout, and every paid one is among them."""
        sent = [transfer["metadata"]["payout_id"] for transfer in self.fake.objects("transfer")]
        assert len(sent) == len(set(sent))
        paid = self.world.rows("select id::text from public.payouts where status = 'paid'")
        assert {row["id"] for row in paid} <= set(sent)
        assert self.world.violations() == []

    def assert_books_agree_with_stripe(self) -> None:
        """Transfers and paid payouts are the same, one to one, and so are the two balances."""
        booked = self.world.rows(
            "select payout.stripe_transfer_id, payout.id::text, payout.amount_cents,"
            " payout.currency, account.stripe_account_id"
            " from public.payouts payout"
            " join public.stripe_connect_accounts account"
            " on account.id = payout.connect_account_id"
            " where payout.status in ('paid', 'reversed')"
        )
        sent = self.fake.objects("transfer")
        assert sorted(tuple(row.values()) for row in booked) == sorted(
            (
                transfer["id"],
                transfer["metadata"]["payout_id"],
                transfer["amount"],
                transfer["currency"],
                transfer["destination"],
            )
            for transfer in sent
        )
        assert self.fake.funds() == self.world.ledger().get("stripe_balance", 0)
        assert self.world.violations() == []


@dataclass(frozen=True)
class Finished:
    """What a job left behind."""

    status: int
    stdout: str
    stderr: str

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stdout.splitlines()]
        return [line for line in lines if line["event"] == name]


def finish(process: subprocess.Popen[str], timeout: float = PATIENCE) -> Finished:
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert_unlogged(stdout + stderr)
    return Finished(process.returncode, stdout, stderr)


def wait_until(is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
