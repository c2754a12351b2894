"""The Friday payout: everybody is paid once, to the cent, whatever happens on the way."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.database import Database
from tests.jobs.payday import INSTRUCTORS, Payday, finish


def test_everybody_is_paid_once(payday: Payday) -> None:
    finished = payday.pay()
    assert (finished.status, finished.stderr) == (0, "")
    payday.assert_everybody_is_paid_once()
    assert len(finished.events("payout_paid")) == INSTRUCTORS
    [closed] = finished.events("payout_run_closed")
    assert (closed["is_completed"], closed["paid"]) == (True, INSTRUCTORS)


def test_a_second_run_of_the_same_payday_pays_nobody(payday: Payday) -> None:
    payday.pay()
    payday.fake.clear_requests()
    second = payday.pay()
    assert (second.status, len(second.events("nothing_to_pay"))) == (0, 1)
    assert payday.fake.count() == 0
    payday.assert_everybody_is_paid_once()


def test_a_person_at_a_terminal_sees_names_and_progress(payday: Payday) -> None:
    assert "Ann 0" in payday.watch("payouts", "--dry-run")
    shown = payday.watch("payouts")
    assert f"{INSTRUCTORS}/{INSTRUCTORS}" in shown
    assert "payout run closed" in shown
    payday.assert_everybody_is_paid_once()


def test_a_dry_run_shows_everything_and_does_nothing(payday: Payday) -> None:
    finished = payday.pay("--dry-run")
    assert (finished.status, finished.stderr) == (0, "")
    shown = finished.events("payout_previewed")
    assert [(row["amount_cents"], row["outcome"]) for row in shown] == [
        (4500 + 100 * number, "payout") for number in range(INSTRUCTORS)
    ]
    assert "Ann" not in finished.stdout
    assert payday.fake.count() == 0
    assert payday.world.count("public.payout_runs") == 0


@pytest.mark.parametrize(
    ("day", "advice"),
    [
        ("0001-01-05", "last twelve months"),
        ("2999-01-04", "leave the date out"),
        ("the day before", "payout weekday"),
    ],
)
def test_a_day_that_is_no_payday_ends_with_status_2_and_writes_nothing(
    payday: Payday, day: str, advice: str
) -> None:
    if day == "the day before":
        [due] = payday.world.rows("select period_on from private.due_payout_runs(null, null)")
        day = str(due["period_on"] - timedelta(days=1))
    finished = payday.pay("--date", day)
    assert (finished.status, finished.stdout) == (2, "")
    assert advice in finished.stderr
    assert payday.world.count("public.payout_runs") == 0
    assert payday.fake.count() == 0


def test_an_unknown_organization_ends_with_status_2(payday: Payday) -> None:
    finished = payday.pay("--org", str(uuid4()))
    assert (finished.status, finished.stdout) == (2, "")
    assert "organization" in finished.stderr


def test_broken_books_stop_the_run_before_it_begins(payday: Payday) -> None:
    payday.world.rows("alter table public.earnings disable trigger all")
    payday.world.rows("update public.earnings set amount_cents = amount_cents + 1")
    payday.world.rows("update public.earnings set status = 'available'")
    broken = {row["invariant"] for row in payday.world.violations()}
    assert broken
    finished = payday.pay()
    assert finished.status == 1
    assert {event["invariant"] for event in finished.events("invariant_broken")} == broken
    assert payday.fake.count() == 0
    assert payday.world.count("public.payout_runs") == 0


def test_an_instructor_whose_account_is_not_ready_waits_and_the_others_are_paid(
    payday: Payday,
) -> None:
    account = payday.fake.objects("account")[0]["id"]
    restricted = payday.fake.restrict(account)
    payday.world.travel(by=timedelta(seconds=2))
    payday.world.deliver("account.updated", restricted, endpoint="connect", account=account)
    finished = payday.pay()
    assert finished.status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS - 1}
    payday.assert_books_agree_with_stripe()


# Faults of Stripe


def at_length(value: int) -> Any:
    """A variation that `make faults` adds."""
    return pytest.param(value, marks=pytest.mark.faults)


ONCE: dict[str, dict[str, Any]] = {
    "no answer, nothing done": {"kind": "timeout", "when": "before"},
    "no answer, done": {"kind": "timeout", "when": "after"},
    "reset, nothing done": {"kind": "reset", "when": "before"},
    "reset, done": {"kind": "reset", "when": "after"},
    "half an answer": {"kind": "truncated", "when": "after"},
    "500, nothing done": {"kind": "error", "when": "before"},
    "500, done": {"kind": "error", "when": "after"},
    "502": {"kind": "error", "status": 502},
    "503": {"kind": "error", "status": 503},
    "a page with 200": {"kind": "html", "when": "after"},
    "429": {"kind": "rate_limit"},
    "409": {"kind": "conflict"},
    "balance too low": {"kind": "balance_insufficient"},
    "account restricted": {"kind": "destination_restricted"},
}


@pytest.mark.parametrize("nth", [at_length(1), 3, at_length(INSTRUCTORS)])
@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_a_passing_fault_of_stripe_doubles_nothing_and_the_next_run_heals_it(
    payday: Payday, fault: dict[str, Any], nth: int
) -> None:
    payday.fake.fault("POST", "/v1/transfers", nth=nth, seconds=3.0, **fault)
    first = payday.pay("--workers", "1")
    payday.assert_nothing_is_doubled()
    assert payday.statuses()["paid"] >= INSTRUCTORS - 1
    assert first.status == (0 if payday.statuses()["paid"] == INSTRUCTORS else 1)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "no answer": ({"kind": "timeout", "seconds": 0.5}, "unknown"),
    "reset": ({"kind": "reset"}, "unknown"),
    "500": ({"kind": "error"}, "unknown"),
    "500, kept under the key": ({"kind": "error", "when": "kept"}, "unknown"),
    "a page with 200": ({"kind": "html", "when": "after"}, "unknown"),
    "429": ({"kind": "rate_limit"}, "pending"),
    "balance too low": ({"kind": "balance_insufficient"}, "failed"),
}


@pytest.mark.parametrize("hours", [at_length(0), 25, at_length(8 * 24)])
@pytest.mark.parametrize(("fault", "status"), LASTING.values(), ids=LASTING)
def test_a_lasting_fault_ends_with_status_1_and_is_healed_later(
    payday: Payday, fault: dict[str, Any], status: str, hours: int
) -> None:
    payday.fake.fault("POST", "/v1/transfers", times=None, **fault)
    finished = payday.pay("--workers", "5", STRIPE_TIMEOUT_SECONDS="0.3")
    assert finished.status == 1
    assert payday.statuses() == {status: INSTRUCTORS}
    assert payday.world.violations() == []
    assert len(finished.events("payout_not_paid")) == INSTRUCTORS

    payday.fake.clear_faults()
    payday.later(timedelta(hours=hours or 1 / 60))
    if fault == {"kind": "error", "when": "kept"} and hours < 24:
        # Stripe replays the error for a day: in doubt it is, and in doubt it stays.
        assert payday.pay().status == 1
        payday.later(timedelta(hours=25))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def test_a_look_up_that_fails_keeps_the_doubt(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "html", "after", times=None)
    payday.pay()
    payday.fake.clear_faults()
    payday.fake.fault("GET", "/v1/transfers", "rate_limit", times=None)
    payday.fake.clear_requests()
    assert payday.pay("--workers", "5").status == 1
    assert payday.statuses() == {"unknown": INSTRUCTORS}
    assert payday.fake.count("POST", "/v1/transfers") == 0
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def test_a_revoked_key_stops_the_run_at_once(payday: Payday) -> None:
    payday.fake.set_api_keys("sk_test_another")
    finished = payday.pay("--workers", "1")
    assert finished.status == 1
    assert payday.fake.count("POST", "/v1/transfers") == 1
    payday.fake.set_api_keys(payday.fake.api_key)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def test_a_foreign_transfer_in_the_group_is_not_taken_for_ours(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "reset", "before", times=None)
    payday.pay("--workers", "5")
    payday.fake.clear_faults()
    payout = payday.world.rows("select id::text, amount_cents from public.payouts")[0]
    account = payday.fake.objects("account")[0]["id"]
    foreign = payday.fake.stripe().v1.transfers.create(
        {
            "amount": payout["amount_cents"],
            "currency": "gbp",
            "destination": account,
            "transfer_group": payout["id"],
        }
    )
    assert payday.pay().status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS}
    taken = payday.world.rows("select stripe_transfer_id as id from public.payouts")
    assert foreign.id not in {row["id"] for row in taken}


def test_a_transfer_of_the_payout_that_does_not_fit_stops_it(payday: Payday) -> None:
    """It bears the payout's id, so nothing is sent beside it; a person has to look."""
    payday.fake.fault("POST", "/v1/transfers", "reset", "before", times=None)
    payday.pay("--workers", "5")
    payday.fake.clear_faults()
    payout = payday.world.rows("select id::text, amount_cents from public.payouts")[0]
    payday.fake.stripe().v1.transfers.create(
        {
            "amount": payout["amount_cents"] - 1,
            "currency": "gbp",
            "destination": payday.fake.objects("account")[0]["id"],
            "transfer_group": payout["id"],
            "metadata": {"payout_id": payout["id"], "attempt": "1"},
        }
    )
    finished = payday.pay()
    assert finished.status == 1
    [left] = finished.events("payout_not_paid")
    assert (left["payout_id"], left["code"]) == (payout["id"], "transfer_differs")
    assert payday.statuses() == {"paid": INSTRUCTORS - 1, "unknown": 1}
    assert len(payday.fake.objects("transfer")) == INSTRUCTORS


# Several at once


@pytest.mark.parametrize("jobs", [2, at_length(8)])
def test_jobs_started_together_pay_everybody_once(payday: Payday, jobs: int) -> None:
    started = [payday.start("payouts", "--workers", "2") for _ in range(jobs)]
    finished = [finish(job) for job in started]
    assert [job.status for job in finished] == [0] * jobs, finished
    payday.assert_everybody_is_paid_once()
    assert sum(len(job.events("payout_paid")) for job in finished) == INSTRUCTORS


def test_two_workers_never_hold_the_same_payout(payday: Payday) -> None:
    started_at = payday.world.now()
    url = payday.database_url
    workers = [Database(url, login="jobs", size=1, timeout=10) for _ in range(8)]
    [due] = workers[0].due_payout_runs(None, None)
    run_id = workers[0].open_payout_run(due.org_id, due.period_on)
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


def test_a_stopped_job_that_wakes_after_its_lease_sends_nothing_more(payday: Payday) -> None:
    """Paused between claiming and sending, as a laptop lid or a hypervisor would."""
    payday.fake.fault("GET", "/v1/transfers", "delay", "after", seconds=2.0)
    payday.fake.fault("POST", "/v1/transfers", "reset", "before", times=INSTRUCTORS * 3)
    payday.pay("--workers", "1")
    payday.fake.clear_requests()
    sleeper = payday.start("payouts", "--workers", "1", PAYOUT_LEASE_SECONDS="1.5")
    wait_until(lambda: payday.fake.count("GET", "/v1/transfers") == 1)
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(1.6)
    payday.later(timedelta(minutes=5))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()
    sent = payday.fake.count("POST", "/v1/transfers")
    sleeper.send_signal(signal.SIGCONT)
    woken = finish(sleeper)
    assert len(woken.events("payout_abandoned")) == 1
    assert payday.fake.count("POST", "/v1/transfers") == sent
    payday.assert_everybody_is_paid_once()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_transfer_in_hand_finish_and_leaves_the_rest(
    payday: Payday, number: signal.Signals
) -> None:
    payday.fake.fault("POST", "/v1/transfers", "delay", "before", nth=2, seconds=1.0)
    job = payday.start("payouts", "--workers", "1")
    wait_until(lambda: payday.fake.count("POST", "/v1/transfers") == 2)
    job.send_signal(number)
    stopped = finish(job)
    assert stopped.status == 1
    assert payday.statuses() == {"paid": 2, "pending": INSTRUCTORS - 2}
    [closed] = stopped.events("payout_run_closed")
    assert closed["is_completed"] is False
    payday.assert_books_agree_with_stripe()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def test_a_database_that_goes_away_stops_the_run_and_the_next_one_heals_it(
    payday: Payday,
) -> None:
    payday.fake.fault("POST", "/v1/transfers", "delay", "after", nth=2, seconds=1.0)
    job = payday.start("payouts", "--workers", "1", DATABASE_POOL_TIMEOUT_SECONDS="1")
    wait_until(lambda: payday.fake.count("POST", "/v1/transfers") == 2)
    payday.cut_off_database()
    stopped = finish(job)
    assert stopped.status == 1
    assert "The database does not answer" in stopped.stderr
    payday.restore_database()
    payday.later(timedelta(minutes=5))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


# Kills

POINTS = [
    ("run_opened", 1),
    *itertools.product(
        ["payout_claimed", "before_transfer", "after_transfer", "transfer_recorded"],
        [1, 3, INSTRUCTORS],
    ),
    ("before_close", 1),
    ("after_close", 1),
]
RESUMED = {
    "at once": timedelta(minutes=3),
    "25 hours later": timedelta(hours=25),
    "8 days later": timedelta(days=8),
}


def kill_and_resume(payday: Payday, point: str, nth: int, after: timedelta) -> None:
    killed = payday.pay("--workers", "1", LPLATE_FAILPOINT=f"{point}:{nth}")
    assert killed.status == 137, killed
    assert payday.world.violations() == []
    payday.later(after)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.parametrize("point", ["payout_claimed", "before_transfer", "after_transfer"])
def test_a_killed_job_is_resumed_and_pays_nobody_twice(payday: Payday, point: str) -> None:
    kill_and_resume(payday, point, 3, timedelta(hours=25))


@pytest.mark.faults
@pytest.mark.parametrize("after", RESUMED.values(), ids=RESUMED)
@pytest.mark.parametrize(("point", "nth"), POINTS)
def test_a_job_killed_at_any_point_pays_nobody_twice(
    payday: Payday, point: str, nth: int, after: timedelta
) -> None:
    kill_and_resume(payday, point, nth, after)


@pytest.mark.parametrize("point", ["looked_up", "before_transfer", "after_transfer"])
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
@pytest.mark.parametrize("seed", range(20))
def test_jobs_killed_at_random_moments_pay_nobody_twice(payday: Payday, seed: int) -> None:
    payday.fake.fault("POST", "/v1/transfers", "delay", "after", times=None, seconds=0.05)
    for _ in range(3):
        job = payday.start("payouts", "--workers", "2")
        time.sleep(0.6 + 0.05 * seed)
        job.kill()
        finish(job)
        payday.later(timedelta(minutes=3))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def wait_until(is_so: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
