"""Databases of earlier releases, migrated to what sql/ is today, and the rest of their week.

An upgrade is carried out as the operations guide has it: the dump is restored into an empty
project, and the Supabase CLI applies the migrations that came after it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import DictRow

from demo.stripe_side import PaymentIntent, confirm
from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.jobs.payday import Finished, Payday, connect
from tests.jobs.test_restore_drill import restore
from tests.patience import PATIENCE
from tests.webhook_service.deployment import Deployment, Server, bearer
from tests.webhook_service.settings import CONNECT_SECRET, PLATFORM_SECRET
from tools.clock import travel
from tools.cluster import ROOT, Cluster, run_file
from tools.compare import TABLES
from tools.release import RELEASES

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Release:
    """What `make release` has kept, unpacked."""

    version: str
    folder: Path

    @classmethod
    def unpack(cls, version: str, folder: Path) -> Release:
        for archive in ("week", "programs"):
            with tarfile.open(RELEASES / version / f"{archive}.tar.xz") as tar:
                tar.extractall(folder / archive, filter="data")
        return cls(version, folder)

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    def file(self, point: str, kind: str) -> Path:
        return self.folder / "week" / f"{point}.{kind}"

    def moment(self, point: str) -> datetime:
        moments = json.loads((self.folder / "week" / "moments.json").read_text())
        return datetime.fromisoformat(moments[point])


@dataclass(frozen=True)
class Upgraded:
    """The database `before` as it was restored, and `after` the later migrations."""

    cluster: Cluster
    release: Release
    point: str

    @contextmanager
    def week(self, programs: Path, folder: Path) -> Iterator[Week]:
        """Both clocks back at the point, and the events on their way to the programs' service."""
        name = f"week_{folder.name}"
        self.cluster.create_database(name, "after")
        with psycopg.connect(self.cluster.url("postgres", name), autocommit=True) as connection:
            run_file(connection, ROOT / "tools" / "clock.sql")
            travel(connection, to=self.release.moment(self.point))
        state = shutil.copy(self.release.file(self.point, "stripe"), folder / "stripe.state")
        with FakeStripe(process=True, state=Path(state)) as fake:
            connection = connect(self.cluster, name)
            try:
                yield Week(World(connection), fake, self.cluster, name, programs)
            finally:
                connection.close()
                self.cluster.drop_database(name)


@contextmanager
def upgrade(release: Release, point: str) -> Iterator[Upgraded]:
    """In a cluster of its own, since migrations make roles, which belong to the cluster."""
    with Cluster() as cluster:
        cluster.create_database("before")
        restore(cluster, release.file(point, "dump"), "before")
        cluster.create_database("after", "before")
        cluster.migrate("after")
        yield Upgraded(cluster, release, point)


def counts(cluster: Cluster, database: str) -> Counter[str]:
    """How many rows each table has; the audit log and the people who sign in included."""
    with psycopg.connect(cluster.admin_url(database)) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        tables += ["public.audit_logs", "auth.users"]
        found: Counter[str] = Counter()
        for table in tables:
            query = f"select count(*) from {table}".encode()
            (found[table],) = connection.execute(query).fetchone() or (0,)
        return found


class Week(Payday):
    """What is left of the demo's week, played in any database by any release's programs."""

    def __init__(
        self, world: World, fake: FakeStripe, cluster: Cluster, database: str, programs: Path
    ) -> None:
        super().__init__(world, fake, cluster, database)
        self.programs = programs
        self._move(world.now())

    @cached_property
    def payday(self) -> datetime:
        """Friday at nine."""
        local = self.world.now().astimezone(LONDON)
        friday = local.date() + timedelta(days=(4 - local.weekday()) % 7)
        return datetime.combine(friday, time(9), LONDON).astimezone(UTC)

    def play(self) -> None:
        """A lesson is booked and paid, all are given, and on Friday everybody is paid."""
        deployment = Deployment(self.world, self.fake, self.cluster, self.database)
        with Server(deployment, folder=self.programs) as service:
            self._listen(service)
            self.deliver()
            booked = self._book_and_pay(service)
            self.deliver()
            assert self._booking(booked)["status"] == "confirmed"
            while step := self._next_step():
                self._take(step)
            self._move(self.payday)
            for command in ("maintain", "outbox", "payouts"):
                finished = self.run(command)
                assert finished.status == 0, finished
                self.deliver()

    def run(self, *arguments: str, **environment: str) -> Finished:
        """Runs the programs' own jobs."""
        finished = subprocess.run(
            [sys.executable, "-m", "jobs", *arguments],
            cwd=self.programs,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Finished(finished.returncode, finished.stdout, finished.stderr)

    def deliver(self) -> None:
        """Stripe delivers what has happened; each event is taken."""
        assert {attempt["status"] for attempt in self.fake.deliver_all()} <= {200}

    def assert_everybody_is_paid_once(self) -> None:
        """All who can be paid have what was due on Friday; the books agree with Stripe."""
        left = self.world.rows(
            "select earning.id from public.earnings earning"
            " join public.stripe_connect_accounts account"
            " on coalesce(account.instructor_id, account.org_id) = earning.payee_id"
            " where earning.status = 'available' and earning.payout_id is null"
            " and account.transfers_enabled and account.retired_at is null"
        )
        assert left == []
        assert set(self.statuses()) == {"paid"}
        paid = self.world.rows(
            "select payout.id::text, payout.stripe_transfer_id,"
            " account.stripe_account_id, sum(earning.amount_cents)::bigint"
            " from public.payouts payout"
            " join public.stripe_connect_accounts account"
            " on account.id = payout.connect_account_id"
            " join public.earnings earning on earning.payout_id = payout.id"
            " group by 1, 2, 3"
        )
        sent = [
            (it["metadata"]["payout_id"], it["id"], it["destination"], it["amount"])
            for it in self.fake.objects("transfer")
        ]
        assert sorted(sent) == sorted(tuple(row.values()) for row in paid)
        held = self.fake.funds() + self.fake.funds(part="pending")
        assert held == self.world.ledger()["stripe_balance"]
        assert self.world.violations() == []

    def _listen(self, service: Server) -> None:
        """What waits for the service that the week began with is delivered to this one."""
        waiting = {delivery["event"] for delivery in self.fake.pending()}
        self.fake.drop_pending()
        for endpoint in self.fake.webhooks():
            path, secret = (
                ("/stripe/connect-webhooks", CONNECT_SECRET)
                if endpoint["connect"]
                else ("/stripe/webhooks", PLATFORM_SECRET)
            )
            self.fake.change_webhook(endpoint["id"], url=f"{service.url}{path}", secrets=[secret])
        for event in sorted(waiting):
            self.fake.redeliver(event)

    def _book_and_pay(self, service: Server) -> Any:
        """Somebody who has had a lesson books another, at the next time that is listed."""
        known = self.world.row(
            "select booking.service_id, booking.instructor_id, learner.user_id"
            " from public.bookings booking"
            " join public.learners learner"
            " on (learner.org_id, learner.id) = (booking.org_id, booking.learner_id)"
            " join public.payments payment"
            " on (payment.org_id, payment.order_id) = (booking.org_id, booking.order_id)"
            " where booking.status in ('confirmed', 'in_progress', 'completed')"
            " and payment.status = 'succeeded' and learner.user_id is not null"
            " order by booking.created_at limit 1"
        )
        now = self.world.now()
        times = self.world.ask(
            known["user_id"],
            "public.list_open_slots",
            p_instructor_id=known["instructor_id"],
            p_service_id=known["service_id"],
            p_from=now,
            p_to=now + timedelta(days=14),
        )
        [booked] = self.world.ask(
            known["user_id"],
            "public.request_booking",
            p_instructor_id=known["instructor_id"],
            p_service_id=known["service_id"],
            p_start_at=times[0]["start_at"],
        )
        answer = service.http.post(
            "/payment-intents",
            json={"booking_id": str(booked["booking_id"])},
            headers=bearer(known["user_id"]),
        )
        assert answer.status_code == 200, answer.text
        intent = PaymentIntent.of(answer.json())
        browser = self.fake.stripe(api_key=self.fake.publishable_key)
        confirm(browser, intent, "pm_card_visa", intent.client_secret)
        return booked["booking_id"]

    def _booking(self, booking_id: Any) -> DictRow:
        return self.world.row("select * from public.bookings where id = %s", booking_id)

    def _next_step(self) -> DictRow | None:
        """The next start or end of a lesson that is over before Friday's run."""
        steps = self.world.rows(
            "select booking.id, booking.status, instructor.user_id,"
            " case booking.status when 'confirmed' then booking.start_at else booking.end_at end"
            " as moment"
            " from public.bookings booking"
            " join public.instructors instructor"
            " on (instructor.org_id, instructor.id) = (booking.org_id, booking.instructor_id)"
            " where booking.status in ('confirmed', 'in_progress') and booking.end_at <= %s"
            " order by moment limit 1",
            self.payday,
        )
        return steps[0] if steps else None

    def _take(self, step: DictRow) -> None:
        self._move(step["moment"])
        act = "start_lesson" if step["status"] == "confirmed" else "complete_lesson"
        self.world.call(step["user_id"], f"public.{act}", p_booking_id=step["id"])

    def _move(self, moment: datetime) -> None:
        """Moves both clocks, never back."""
        self.world.travel(to=max(moment, self.world.now()))
        self.fake.advance(seconds=self.world.now().timestamp() - self.fake.now())
