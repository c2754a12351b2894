"""A payout is one worker's at a time, and keeps its key until Stripe has said no for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Booking, Instructor, World
from tests.payouts.paydays import DAY, NOON, WEEK, claim, fail, open_run, payable, transfer

MINUTE = timedelta(minutes=1)


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with one payout of 45.00."""
    payable(world)
    world.travel(to=NOON)
    return open_run(world)


def attempts(world: World) -> list[tuple[int, str]]:
    rows = world.rows("select attempt, status from private.payout_attempts order by attempt")
    return [(row["attempt"], row["status"]) for row in rows]


def status(world: World) -> str:
    found: str = world.value("select status from public.payouts")
    return found


def test_a_claim_says_everything_that_stripe_needs(world: World, run_id: UUID) -> None:
    claimed = claim(world, run_id)
    payout = world.row("select * from public.payouts")
    assert claimed == {
        "payout_id": payout["id"],
        "attempt": 1,
        "idempotency_key": f"payout:{payout['id']}:1",
        "amount_cents": 4500,
        "currency": "gbp",
        "destination": world.value("select stripe_account_id from public.stripe_connect_accounts"),
        "transfer_group": str(payout["id"]),
        "metadata": {
            "payout_id": str(payout["id"]),
            "attempt": 1,
            "org_id": str(MARKETPLACE),
        },
        "must_look_up": False,
    }
    assert status(world) == "sending"
    assert attempts(world) == [(1, "sending")]


def test_a_claimed_payout_is_nobody_elses_while_the_lease_lasts(world: World, run_id: UUID) -> None:
    claim(world, run_id)
    world.travel(by=MINUTE - timedelta(seconds=1))
    assert world.claim_payout(run_id, world.now()) is None


def test_a_dead_workers_payout_comes_back_with_the_same_key(world: World, run_id: UUID) -> None:
    first = claim(world, run_id)
    world.travel(by=MINUTE)
    again = claim(world, run_id)
    assert again == first | {"must_look_up": True}
    assert attempts(world) == [(1, "sending")]


@pytest.mark.parametrize("outcome", ["unknown", "not_sent"])
def test_a_try_in_doubt_comes_back_with_the_same_key(
    world: World, run_id: UUID, outcome: str
) -> None:
    first = claim(world, run_id)
    fail(world, first, outcome)
    world.travel(by=MINUTE)
    again = claim(world, run_id)
    assert again == first | {"must_look_up": True}
    assert attempts(world) == [(1, "sending")]


def test_a_new_key_follows_a_refusal_alone(world: World, run_id: UUID) -> None:
    first = claim(world, run_id)
    fail(world, first, "refused")
    world.travel(by=MINUTE)
    second = claim(world, run_id)
    assert second["attempt"] == 2
    assert second["idempotency_key"] == f"payout:{first['payout_id']}:2"
    assert second["metadata"]["attempt"] == 2
    assert second["must_look_up"]
    assert attempts(world) == [(1, "refused"), (2, "sending")]


def test_a_try_keeps_its_key_through_any_number_of_doubts(world: World, run_id: UUID) -> None:
    keys = set()
    for outcome in ("unknown", "not_sent", "unknown"):
        claimed = claim(world, run_id)
        keys.add(claimed["idempotency_key"])
        fail(world, claimed, outcome)
        world.travel(by=timedelta(days=9))
    assert len(keys) == 1


@pytest.mark.parametrize("outcome", ["refused", "unknown", "not_sent"])
def test_what_failed_in_this_invocation_waits_for_the_next(
    world: World, run_id: UUID, outcome: str
) -> None:
    started_at = world.now()
    fail(world, claim(world, run_id), outcome)
    world.travel(by=timedelta(minutes=10))
    assert world.claim_payout(run_id, started_at) is None
    assert world.claim_payout(run_id, world.now()) is not None


def test_a_try_sends_what_was_frozen_whatever_has_changed(world: World, run_id: UUID) -> None:
    first = claim(world, run_id)
    fail(world, first, "unknown")
    world.connection.execute(
        "update public.stripe_connect_accounts set stripe_account_id = 'acct_moved'"
    )
    world.travel(by=MINUTE)
    assert claim(world, run_id)["destination"] == first["destination"]


def test_a_new_try_goes_to_the_account_of_now(world: World, run_id: UUID) -> None:
    fail(world, claim(world, run_id), "refused")
    world.connection.execute(
        "update public.stripe_connect_accounts set stripe_account_id = 'acct_moved'"
    )
    world.travel(by=MINUTE)
    assert claim(world, run_id)["destination"] == "acct_moved"


@pytest.mark.parametrize("held", ["held", "cancelled"])
def test_a_payout_that_was_stopped_is_not_claimed(world: World, run_id: UUID, held: str) -> None:
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("update public.payouts set status = %s", [held])
        assert world.claim_payout(run_id, world.now()) is None


def test_a_paid_payout_is_not_claimed(world: World, run_id: UUID) -> None:
    transfer(world, claim(world, run_id))
    world.travel(by=timedelta(days=9))
    assert world.claim_payout(run_id, world.now()) is None


def test_waiting_payouts_come_before_those_that_failed(world: World) -> None:
    for _ in range(3):
        payable(world)
    world.travel(to=NOON)
    run_id = open_run(world)
    failed = claim(world, run_id)
    fail(world, failed, "refused")
    world.travel(by=MINUTE)
    order = [claim(world, run_id) for _ in range(3)]
    assert order[2]["payout_id"] == failed["payout_id"]
    assert order[0]["payout_id"] < order[1]["payout_id"]


def test_a_run_is_claimed_from_its_own_payouts(world: World, run_id: UUID) -> None:
    school = world.organization()
    payable(world, org_id=school)
    other = open_run(world, org_id=school)
    claim(world, other)
    assert world.claim_payout(other, world.now()) is None
    assert world.claim_payout(uuid4(), world.now()) is None
    assert world.claim_payout(run_id, world.now()) is not None


def scans(world: World) -> int:
    """How often this transaction has read all attempts from end to end."""
    read: int = world.value(
        "select seq_scan from pg_stat_xact_all_tables"
        " where relid = 'private.payout_attempts'::regclass"
    )
    return read


def test_plans_made_for_an_empty_table_do_not_read_a_full_one(world: World) -> None:
    """From the sixth call on a plan is kept, also in a run of a hundred thousand."""
    for _ in range(12):
        payable(world)
    world.travel(to=NOON)
    run_id = open_run(world)
    world.connection.execute("analyze private.payout_attempts")
    before = scans(world)
    for _ in range(12):
        transfer(world, claim(world, run_id))
    assert scans(world) == before


def progress(world: World, run_id: UUID, **arguments: Any) -> DictRow:
    given = {"p_run_id": run_id, "p_started_at": world.now()} | arguments
    (row,) = world.serve("jobs", "private.payout_run_progress", **given)
    return row


def test_progress_tells_what_is_left_and_who_has_it(world: World) -> None:
    for _ in range(5):
        payable(world)
    world.travel(to=NOON)
    run_id, started_at = open_run(world), world.now()
    fail(world, claim(world, run_id), "refused")
    fail(world, claim(world, run_id), "unknown")
    transfer(world, claim(world, run_id))
    claim(world, run_id)
    told = progress(world, run_id, p_started_at=started_at)
    assert told == {"total": 5, "paid": 1, "claimable": 1, "leased": 1, "failed": 2, "held": 0}
    world.travel(by=MINUTE)
    later = progress(world, run_id)
    assert later == {"total": 5, "paid": 1, "claimable": 4, "leased": 0, "failed": 2, "held": 0}


def disputed_after_a_failure(world: World, *lessons: Booking) -> UUID:
    """The first lesson's payment is disputed on the Saturday after its transfer failed."""
    world.travel(to=NOON)
    run_id = open_run(world)
    fail(world, claim(world, run_id), "refused")
    world.travel(by=DAY)
    world.dispute(lessons[0].payment)
    return run_id


@pytest.fixture
def paid_instructor(world: World) -> Instructor:
    instructor = world.instructor()
    world.onboard(instructor)
    return instructor


def test_a_payout_whose_payment_is_disputed_since_it_failed_is_held(
    world: World, paid_instructor: Instructor
) -> None:
    lesson = world.lesson(paid_instructor, start_at=world.in_days(2))
    run_id = disputed_after_a_failure(world, lesson)
    assert world.claim_payout(run_id, world.now()) is None
    payout = world.row("select status, failure_code from public.payouts")
    assert (payout["status"], payout["failure_code"]) == ("held", "payment_disputed")
    assert world.ledger()["payout_in_transit"] == -4500


@pytest.mark.parametrize(("end", "due"), [("won", 4500), ("lost", 0)])
def test_a_payout_held_for_a_dispute_is_decided_again_when_that_ends(
    world: World, paid_instructor: Instructor, end: str, due: int
) -> None:
    world.connection.execute("update public.organizations set dispute_liability = 'instructor'")
    lesson = world.lesson(paid_instructor, start_at=world.in_days(2))
    run_id = disputed_after_a_failure(world, lesson)
    assert world.claim_payout(run_id, world.now()) is None
    world.dispute(lesson.payment, end)
    assert status(world) == "cancelled"
    world.travel(by=WEEK)
    world.run_payouts()
    paid = "select coalesce(sum(amount_cents), 0) from public.payouts where status = 'paid'"
    assert world.value(paid) == due


def test_the_rest_of_a_payout_does_not_wait_for_a_dispute(
    world: World, paid_instructor: Instructor
) -> None:
    lessons = [world.lesson(paid_instructor, start_at=world.in_days(day)) for day in (2, 3)]
    run_id = disputed_after_a_failure(world, *lessons)
    assert world.claim_payout(run_id, world.now()) is None
    assert status(world) == "cancelled"
    assert world.value("select code from public.alerts where code like 'payout%%'") == (
        "payout_cancelled"
    )
    world.travel(by=WEEK)
    world.run_payouts()
    paid = "select sum(amount_cents) from public.payouts where status = 'paid'"
    assert world.value(paid) == 4500


def test_a_transfer_in_doubt_is_looked_up_although_its_payment_is_disputed(
    world: World, paid_instructor: Instructor
) -> None:
    lesson = world.lesson(paid_instructor, start_at=world.in_days(2))
    world.travel(to=NOON)
    run_id = open_run(world)
    fail(world, claim(world, run_id), "unknown")
    world.dispute(lesson.payment)
    world.travel(by=timedelta(hours=1))
    assert claim(world, run_id)["must_look_up"]
