"""Jobs that meet, fall asleep, or are killed while they heal."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.database import Database
from jobs.stripe_failures import Failure, Outcome
from tests.faults.cluster import FragileCluster
from tests.faults.figures import note, take_figures
from tests.faults.kills import is_stopped
from tests.jobs.forked import ForkedJob
from tests.jobs.payday import (
    INSTRUCTORS,
    SEED,
    Finished,
    Payday,
    connect,
    finish,
    wait_until,
)
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


def test_eight_jobs_started_together_make_one_transfer_each(
    payday: Payday, request: pytest.FixtureRequest
) -> None:
    began = time.monotonic()
    arguments = ["payouts", "--workers", "2"]
    started = [ForkedJob(arguments, payday.environment()) for _ in range(8)]
    finished = [Finished(*job.finish()) for job in started]
    note(request, take_figures(payday, "8 jobs", "together", time.monotonic() - began))
    assert [job.status for job in finished] == [0] * 8, finished
    payday.assert_everybody_is_paid_once()
    assert sum(len(job.events("payout_paid")) for job in finished) == INSTRUCTORS
    assert payday.fake.count("POST", "/v1/transfers") == INSTRUCTORS


def test_a_job_waits_for_a_payout_that_another_is_just_claiming(payday: Payday) -> None:
    """Between the lock and the commit it is not seen as being sent yet, and cannot be claimed."""
    other = Database(payday.database_url, login="jobs", size=1, timeout=PATIENCE)
    [due] = other.require_due_payout_runs(None, None)
    other.open_payout_run(due)
    other.close()
    with connect(payday.cluster, payday.database) as claiming, claiming.transaction():
        claiming.execute("select from public.payouts limit 1 for no key update")
        job = payday.start("payouts")
        wait_until(lambda: payday.statuses()["paid"] == INSTRUCTORS - 1)
        with pytest.raises(subprocess.TimeoutExpired):
            job.wait(1)
    assert finish(job).status == 0
    payday.assert_everybody_is_paid_once()


def test_eight_workers_never_hold_the_same_payout(payday: Payday) -> None:
    started_at = payday.world.now()
    url = payday.database_url
    workers = [Database(url, login="jobs", size=1, timeout=PATIENCE) for _ in range(8)]
    [due] = workers[0].require_due_payout_runs(None, None)
    run_id = workers[0].open_payout_run(due)
    claimed: list[Any] = []
    for _ in range(10):
        barrier = threading.Barrier(len(workers))

        def claim_all(worker: Database, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            while claim := worker.claim_payout(run_id, uuid4(), timedelta(minutes=1), started_at):
                claimed.append(claim.payout_id)

        threads = [threading.Thread(target=claim_all, args=[worker]) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claimed) == len(set(claimed)) == INSTRUCTORS
        # Another round: every lease runs out, and every payout may be claimed once more.
        claimed.clear()
        payday.world.travel(by=timedelta(minutes=2))
    for worker in workers:
        worker.close()


def test_a_job_that_sleeps_past_its_lease_sends_nothing_when_it_wakes(payday: Payday) -> None:
    """Stopped between claiming and sending, as by the lid of a laptop or a hypervisor."""
    lease = 0.5
    sleeper = payday.start(
        "payouts",
        "--workers",
        "1",
        LPLATE_FAILPOINT="payout_claimed:stop",
        PAYOUT_LEASE_SECONDS=str(lease),
    )
    wait_until(lambda: is_stopped(sleeper.pid))
    time.sleep(lease)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()
    sent = payday.fake.count("POST", "/v1/transfers")

    sleeper.send_signal(signal.SIGCONT)
    woken = finish(sleeper)

    assert len(woken.events("payout_abandoned")) == 1
    assert payday.fake.count("POST", "/v1/transfers") == sent == INSTRUCTORS
    payday.assert_everybody_is_paid_once()


def test_a_job_that_wakes_with_a_transfer_in_hand_brings_good_news_twice(payday: Payday) -> None:
    """Stopped between Stripe's answer and its record; another job has found the transfer."""
    sleeper = payday.start("payouts", "--workers", "1", LPLATE_FAILPOINT="after_transfer:2:stop")
    wait_until(lambda: is_stopped(sleeper.pid))
    payday.later(timedelta(minutes=3))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()
    sleeper.send_signal(signal.SIGCONT)
    assert finish(sleeper).status == 0
    payday.assert_everybody_is_paid_once()


def test_a_refusal_that_comes_after_the_lease_is_not_listened_to(payday: Payday) -> None:
    """Otherwise the next try would have a new key while the overtaking worker still sends."""
    job = Database(payday.database_url, login="jobs", size=1, timeout=PATIENCE)
    [due] = job.require_due_payout_runs(None, None)
    run_id = job.open_payout_run(due)
    slow, quick = uuid4(), uuid4()
    first = job.claim_payout(run_id, slow, timedelta(seconds=1), job.clock())
    payday.later(timedelta(seconds=2))
    second = job.claim_payout(run_id, quick, timedelta(minutes=1), job.clock())
    assert first is not None
    assert second is not None
    assert first.payout_id == second.payout_id
    assert (first.attempt, first.idempotency_key) == (second.attempt, second.idempotency_key)
    refusal = Failure(Outcome.REFUSED, "balance_insufficient", "too low")
    late = job.record_transfer_failure(first.payout_id, first.attempt, slow, refusal)
    assert late == "sending"
    assert job.record_transfer_failure(first.payout_id, first.attempt, quick, refusal) == "failed"
    job.close()


def test_a_job_outlives_a_crash_of_its_database(payday: Payday, fragile: FragileCluster) -> None:
    """What it was about to record is recorded once the database is back, a moment later."""
    job = payday.start("payouts", "--workers", "1", LPLATE_FAILPOINT="after_transfer:2:stop")
    wait_until(lambda: is_stopped(job.pid))
    fragile.crash()
    fragile.start()
    payday.reconnect()
    job.send_signal(signal.SIGCONT)
    assert finish(job).status == 0
    payday.assert_everybody_is_paid_once()
    assert payday.fake.count("POST", "/v1/transfers") == INSTRUCTORS


@pytest.mark.parametrize(
    "point",
    [
        "looked_up",
        pytest.param("before_transfer", marks=pytest.mark.faults),
        pytest.param("after_transfer", marks=pytest.mark.faults),
    ],
)
def test_a_job_killed_while_it_heals_pays_nobody_twice(payday: Payday, point: str) -> None:
    payday.fake.fault("POST", "/v1/transfers", "html", "after", nth=2, times=2)
    assert payday.pay("--workers", "1").status == 1
    payday.later(timedelta(hours=25))
    nth = "1" if point == "before_transfer" else "2"
    killed = payday.pay("--workers", "1", LPLATE_FAILPOINT=f"{point}:{nth}")
    assert killed.status in (0, 137)
    payday.later(timedelta(hours=25))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.faults
@pytest.mark.parametrize("round", range(20))
def test_jobs_killed_at_random_moments_pay_nobody_twice(
    payday: Payday, round: int, request: pytest.FixtureRequest
) -> None:
    moments = random.Random(SEED + round)
    payday.fake.fault("POST", "/v1/transfers", "delay", "after", times=None, seconds=0.05)
    for _ in range(3):
        job = payday.start("payouts", "--workers", "2")
        time.sleep(moments.uniform(0.4, 1.6))
        job.kill()
        finish(job)
        payday.later(timedelta(minutes=3))
    began = time.monotonic()
    healed = payday.pay()
    note(
        request,
        take_figures(payday, "random SIGKILLs", "3 minutes later", time.monotonic() - began),
    )
    assert healed.status == 0
    payday.assert_everybody_is_paid_once()
