"""The primary is lost with its machine, and its synchronous standby takes its place."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.faults.replicas import DatabaseServer, Pair
from tests.instant import install_clock, start
from tests.jobs.payday import SEED, a_payday, connect, earn, finish, wait_until
from tests.patience import PATIENCE
from tests.webhook_service.deployment import Deployment, Server
from tests.webhook_service.settings import an_event

pytestmark = pytest.mark.slow

PAYMENTS = 12
CLIENTS = 4
# Two of them always, and the others by `make proof`.
ROUNDS = [pytest.param(round, marks=() if round < 2 else pytest.mark.faults) for round in range(20)]


@pytest.fixture(scope="module")
def pair(shared_fake: FakeStripe) -> Iterator[Pair]:
    """With databases to clone: `empty`, at the tests' instant, and `payday`, on one."""
    primary = DatabaseServer()
    primary.create_database("migrated")
    primary.migrate("migrated")
    install_clock(primary, "migrated")
    primary.create_database("empty", "migrated")
    primary.create_database("payday", "migrated")
    shared_fake.reset(seed=SEED)
    with psycopg.connect(primary.admin_url("payday"), autocommit=True) as connection:
        earn(World(connection), shared_fake)
    with Pair(primary) as pair:
        yield pair


@pytest.fixture(autouse=True)
def followed(pair: Pair) -> Iterator[None]:
    """Every test begins with both servers."""
    yield
    if pair.primary is pair.standby:
        pair.follow()


@dataclass
class Sender:
    """Stripe: sends each event until it is taken, and never again."""

    service: Server
    taken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, event: dict[str, Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while (status := self.service.deliver(event)) != 200:
            assert status == 503
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with self.lock:
            self.taken.append(event["id"])


@pytest.mark.parametrize("round", ROUNDS)
def test_what_was_acknowledged_is_there_once(
    pair: Pair, shared_fake: FakeStripe, round: int
) -> None:
    name = f"webhooks_{round}"
    pair.primary.create_database(name, "empty")
    start(pair.primary.admin_url(name))
    with connect(pair.primary, name) as connection:
        world = World(connection)
        bookings = [world.booking() for _ in range(PAYMENTS)]
        events = [
            an_event(id=f"evt_{number}", data={"object": booking.intent()})
            for number, booking in enumerate(bookings)
        ]
        deployment = Deployment(world, shared_fake, pair.primary, name)
        url = pair.url("webhook_service", name)
        with (
            Server(deployment, WEBHOOK_SERVICE_DATABASE_URL=url) as server,
            ThreadPoolExecutor(CLIENTS) as clients,
        ):
            sender = Sender(server)
            sending = [clients.submit(sender.send, event) for event in events]
            struck_after = random.Random(SEED + round).randrange(PAYMENTS - CLIENTS)
            wait_until(lambda: len(sender.taken) >= struck_after)
            pair.fail_over()
            for sent in sending:
                sent.result(PATIENCE)
    with connect(pair.primary, name) as connection:
        world = World(connection)
        stored = world.rows("select event_id, status::text from private.webhook_events")
        assert {row["event_id"] for row in stored} == {event["id"] for event in events}
        assert {row["status"] for row in stored} == {"processed"}
        confirmed = world.rows("select id from public.bookings where status = 'confirmed'")
        assert {row["id"] for row in confirmed} == {booking.id for booking in bookings}
        assert world.count("private.ledger_transactions") == PAYMENTS
        assert world.violations() == []


@pytest.mark.parametrize("round", ROUNDS)
def test_a_payday_goes_on_and_pays_everybody_once(
    pair: Pair, shared_fake: FakeStripe, round: int
) -> None:
    name = f"payday_{round}"
    with a_payday(pair.primary, "payday", name, shared_fake) as payday:
        url = pair.url("jobs", name)
        payday.fake.fault("POST", "/v1/transfers", "delay", "after", times=None, seconds=0.1)
        job = payday.start("payouts", "--workers", "2", JOBS_DATABASE_URL=url)
        made = random.Random(SEED + round).randrange(1, 5)
        wait_until(lambda: len(payday.fake.objects("transfer")) >= made or job.poll() is not None)
        pair.fail_over()
        assert finish(job).status in (0, 1)
        payday.cluster = pair.primary
        payday.reconnect()
        payday.assert_nothing_is_doubled()

        assert payday.pay(JOBS_DATABASE_URL=url).status == 0
        payday.assert_everybody_is_paid_once()


def test_lists_and_invariants_are_read_from_the_standby(pair: Pair) -> None:
    pair.primary.create_database("read", "empty")
    start(pair.primary.admin_url("read"))
    with connect(pair.primary, "read") as connection:
        booking = World(connection).booking()
        booking.pay()
        position = connection.execute("select pg_current_wal_lsn()").fetchone()
        learner, id = booking.learner, booking.id
    with connect(pair.standby, "postgres") as connection:
        replayed = "select 1 where pg_last_wal_replay_lsn() >= %s"
        wait_until(lambda: connection.execute(replayed, position).fetchone())
    with connect(pair.standby, "read") as connection:
        standby = World(connection)
        seen = standby.ask(learner, "public.my_bookings")
        assert [row["id"] for row in seen] == [id]
        assert standby.violations() == []
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            standby.call(learner, "public.cancel_booking", p_booking_id=id)
