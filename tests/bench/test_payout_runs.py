"""Payday for a thousand and for a hundred thousand: the same work, and no more memory, for each.

What the server does is measured by the processor time of its own process, which other programs on
the machine hardly change; ratios are printed as they are measured.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.bench.payees import AMOUNT_CENTS, crowd
from tests.factories import World, transfer_object
from tests.fake_stripe import FakeStripe
from tests.jobs.payday import Finished, Payday, finish
from tests.stack import Cluster

pytestmark = [pytest.mark.bench, pytest.mark.timeout(14_400)]

FEW = 1_000
MANY = int(os.environ.get("BENCH_PAYEES", "100000"))
LIMIT = 1.2
LAPS = 400

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def say(words: str) -> None:
        with capsys.disabled():
            print(f"\n  {words}", end="", flush=True)

    return say


# The server's part


class Run:
    """A payout run in a database of its own, worked on by one connection of the job's login."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self.admin = psycopg.connect(cluster.admin_url(database), autocommit=True)
        self.admin.execute(
            "create sequence public.insertions;"
            " create function public.count_insertion() returns trigger language plpgsql as"
            " $$ begin perform nextval('public.insertions'); return null; end $$;"
            " alter function public.count_insertion security definer;"
            " create trigger count_insertion after insert on public.payouts"
            " for each statement execute function public.count_insertion()"
        )
        self.job = psycopg.connect(cluster.url("jobs", database), autocommit=True)
        self.world = World(self.job)
        self.id: UUID | None = None

    def close(self) -> None:
        self.admin.close()
        self.job.close()

    def create(self) -> float:
        """Creates the run; the seconds that the server worked on it."""
        due = self.world.row("select * from private.due_payout_runs(null, null)")
        with self.measured() as seconds:
            self.id = self.world.value(
                "select private.open_payout_run(%s, %s, %s)",
                due["org_id"],
                due["schedule"],
                due["period_on"],
            )
        return seconds()

    def insertions(self) -> int:
        """How many statements have inserted payouts."""
        row = self.admin.execute("select last_value from public.insertions").fetchone()
        assert row
        return int(row[0])

    def pay(self, laps: int) -> float:
        """Claims and records as many payouts; the server's seconds for one of them."""
        started_at = self.world.value("select private.clock()")
        with self.measured() as seconds:
            for _ in range(laps):
                claimed = self.world.row(
                    "select * from private.claim_payout(%s, %s, %s, %s)",
                    self.id,
                    uuid4(),
                    timedelta(minutes=5),
                    started_at,
                )
                self.world.value(
                    "select private.record_transfer(%s, %s, %s)",
                    claimed["payout_id"],
                    claimed["attempt"],
                    Jsonb(transfer_object(claimed)),
                )
        return seconds() / laps

    def skip_to_the_last(self, left: int) -> None:
        """Pays all but the last, with the rows' own updates and none of the books.

        Nothing is vacuumed, so that everything that a long run leaves behind is in the way.
        """
        self.admin.execute("alter table public.payouts set (autovacuum_enabled = false)")
        self.admin.execute("set session_replication_role = replica")
        pending = "select count(*) from public.payouts where status = 'pending'"
        while (waiting := (self.admin.execute(pending).fetchone() or (0,))[0]) > left:
            batch = self.admin.execute(
                "update public.payouts set status = 'sending', leased_until = private.clock(),"
                " last_tried_at = private.clock() where id = any (array("
                " select id from public.payouts where status = 'pending' order by id limit %s))"
                " returning id",
                [min(2000, waiting - left)],
            ).fetchall()
            self.admin.execute(
                "update public.payouts set status = 'paid', leased_until = null,"
                " stripe_transfer_id = 'tr_' || id, paid_at = private.clock() where id = any (%s)",
                [[id for (id,) in batch]],
            )

    @contextlib.contextmanager
    def measured(self) -> Iterator[Callable[[], float]]:
        began = processor_seconds(self.job.info.backend_pid)
        yield lambda: processor_seconds(self.job.info.backend_pid) - began


def processor_seconds(pid: int) -> float:
    """What a process has used: of the processor where /proc tells, else of the clock."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return time.perf_counter()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def open_run(cluster: Cluster, template: str) -> Iterator[Callable[[int], Run]]:
    """Opens a database in which so many are due, none of them in a run."""
    opened: list[tuple[str, Run]] = []
    made: set[int] = set()

    def open(count: int) -> Run:
        if count not in made:
            crowd(cluster, template, f"crowd_{count}", count)
            made.add(count)
        name = f"run_{count}_{len(opened)}"
        cluster.create_database(name, f"crowd_{count}")
        opened.append((name, Run(cluster, name)))
        return opened[-1][1]

    yield open
    for name, run in opened:
        run.close()
        cluster.drop_database(name)
    for count in made:
        cluster.drop_database(f"crowd_{count}")


def test_a_hundred_times_the_payees_cost_as_much_each(
    open_run: Callable[[int], Run], say: Say
) -> None:
    small = [open_run(FEW) for _ in range(5)]
    large = open_run(MANY)

    few = statistics.median(run.create() for run in small) / FEW
    many = large.create() / MANY
    creation = many / few
    say(f"creating a run, each of {MANY} against each of {FEW}: {creation:.2f}")
    say(f"({many * 1e6:.0f} µs against {few * 1e6:.0f} µs)")
    assert large.insertions() == 1
    counted = large.world.value(
        "select total from private.payout_run_progress(%s, now())", large.id
    )
    assert counted == MANY

    few = statistics.median(run.pay(LAPS) for run in small)
    first = large.pay(LAPS)
    large.skip_to_the_last(LAPS)
    last = large.pay(LAPS)
    for which, seconds in (("first", first), ("last", last)):
        say(f"claim and record, the {which} of {MANY} against those of {FEW}: {seconds / few:.2f}")
        say(f"({seconds * 1e3:.2f} ms against {few * 1e3:.2f} ms)")

    assert creation <= LIMIT
    assert max(first, last) / few <= LIMIT


# The job's part


@pytest.fixture(scope="module")
def stripe() -> Iterator[FakeStripe]:
    """A stand-in in a process of its own, as far away as Stripe is."""
    with FakeStripe(process=True) as fake:
        yield fake


@contextlib.contextmanager
def payday_of(count: int, cluster: Cluster, template: str, stripe: FakeStripe) -> Iterator[Payday]:
    """A payday for as many, whose accounts and money are there at Stripe."""
    name = f"payday_{count}"
    stripe.reset()
    accounts = stripe.open_accounts(count)
    stripe.add_funds(count * AMOUNT_CENTS)
    crowd(cluster, template, name, count, accounts)
    with psycopg.connect(cluster.admin_url(name), autocommit=True) as connection:
        yield Payday(World(connection), stripe, cluster, name)
    cluster.drop_database(name)


def run_and_weigh(payday: Payday) -> tuple[Finished, int]:
    """Runs the job; how it ended, and the most memory that it held (KiB)."""
    peaks = [0]
    job = payday.start("payouts", STRIPE_REQUESTS_PER_SECOND="1000")
    with ThreadPoolExecutor(1) as thread:
        finished = thread.submit(finish, job, 3600)
        while not finished.done():
            peaks.append(resident_kilobytes(job.pid))
            time.sleep(0.1)
    return finished.result(), max(peaks)


def resident_kilobytes(pid: int) -> int:
    """The most memory that a process has held so far; 0 once it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def test_the_memory_of_the_job_is_flat(
    cluster: Cluster, template: str, stripe: FakeStripe, say: Say
) -> None:
    peaks = []
    for count in (FEW, 5 * FEW):
        with payday_of(count, cluster, template, stripe) as payday:
            finished, peak = run_and_weigh(payday)
            assert finished.status == 0
            assert payday.statuses() == {"paid": count}
            peaks.append(peak)
    say(f"the job's memory, paying {5 * FEW} against {FEW}: {peaks[1] / peaks[0]:.3f}")
    say(f"({peaks[1] / 1024:.1f} MiB against {peaks[0] / 1024:.1f} MiB)")
    assert peaks[1] / peaks[0] <= 1.05


def test_a_run_of_a_thousand_takes_as_long_as_the_limit_asks(
    cluster: Cluster, template: str, stripe: FakeStripe, say: Say
) -> None:
    per_second = 25
    with payday_of(FEW, cluster, template, stripe) as payday:
        stripe.fault("POST", "/v1/transfers", "delay", "before", times=None, seconds=0.1)
        finished = payday.pay(STRIPE_REQUESTS_PER_SECOND=str(per_second))
        assert finished.status == 0
        assert payday.statuses() == {"paid": FEW}
        payday.assert_books_agree_with_stripe()
        sent = sorted(request["at"] for request in stripe.requests("POST", "/v1/transfers"))
    [opened] = finished.events("payout_run_opened")
    [closed] = finished.events("payout_run_closed")
    took = (moment(closed) - moment(opened)).total_seconds()
    asked = FEW / per_second
    busiest = max(sum(1 for at in sent if start <= at < start + 1) for start in sent)
    say(f"a run of {FEW} at {per_second} a second: {took / asked:.2f} of the limit's own time")
    say(f"({took:.1f} s against {asked:.1f} s; at most {busiest} in any second)")
    assert len(sent) == FEW
    assert took / asked <= 1.1
    assert busiest <= per_second * 1.2 + 1


def moment(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["timestamp"])
