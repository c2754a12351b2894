"""A school switches who is paid back and forth around payday, to be paid twice for one lesson."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import earned
from tests.factories import Booking, World, account_object
from tests.schools.conftest import School, school

__all__ = ["school"]


def lesson(school: School, days: int) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(days))
    booked = world.book(school.learner, slot_id)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    return booking


def pay_to(school: School, payee: str) -> None:
    school.world.call(
        school.admin,
        "public.set_payout_settings",
        p_instructor_id=school.instructor.id,
        p_payee=payee,
    )


@pytest.fixture(autouse=True)
def accounts(school: School) -> None:
    """The instructor and the school both have accounts at Stripe."""
    world = school.world
    world.onboard(school.instructor)
    (opened,) = world.serve(
        "webhook_service",
        "private.open_connect_account",
        p_user_id=school.owner,
        p_instructor_id=None,
        p_org_id=school.id,
        p_country="GB",
        p_platform_country="GB",
    )
    account = account_object(opened["metadata"], ready=True)
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])


def paid_out(world: World) -> int:
    cents: int = world.value(
        "select coalesce(sum(amount_cents), 0)::bigint from public.payouts where status = 'paid'"
    )
    return cents


def test_every_earning_is_paid_once_to_whom_it_was_earned_for(school: School) -> None:
    world = school.world
    for payee in ("organization", "instructor", "organization"):
        lesson(school, 2)
        pay_to(school, payee)
        world.travel(by=timedelta(days=8))
        for again in ("instructor", "organization"):
            pay_to(school, again)
            world.run_payouts()
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    assert paid_out(world) == earned(world, school.instructor) == 3 * 4500
    owners = world.rows("select distinct payee_id from public.earnings")
    assert {row["payee_id"] for row in owners} == {school.instructor.id, school.id}


def test_switching_while_a_payout_is_on_its_way_moves_nothing(school: School) -> None:
    world = school.world
    lesson(school, 2)
    world.travel(by=timedelta(days=8))
    run_id, started_at = open_run(school), world.now()
    claimed = world.claim_payout(run_id, started_at)
    assert claimed is not None
    pay_to(school, "organization")
    assert world.claim_payout(run_id, started_at) is None
    payout = world.row("select * from public.payouts")
    assert payout["instructor_id"] == school.instructor.id
    assert payout["amount_cents"] == 4500


def test_nor_is_the_account_replaced_then(school: School) -> None:
    world = school.world
    lesson(school, 2)
    world.travel(by=timedelta(days=8))
    world.claim_payout(open_run(school), world.now())
    account_id = world.value("select connect_account_id from public.payouts")
    with world.unchanged(), world.refusing("PT409", "payout_in_flight"):
        world.call(
            school.instructor.user_id,
            "public.retire_connect_account",
            p_connect_account_id=account_id,
        )


def test_who_is_paid_and_who_owns_the_school_are_told(school: School) -> None:
    world = school.world
    pay_to(school, "organization")
    for person in (school.owner, school.instructor.user_id):
        with world.acting_as(person):
            codes = [row["code"] for row in world.rows("select code from public.alerts")]
        assert "payee_changed" in codes


def open_run(school: School) -> UUID:
    world = school.world
    due = next(
        run
        for run in world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=school.id)
        if run["schedule"] == "weekly"
    )
    (run,) = world.serve(
        "jobs",
        "private.open_payout_run",
        p_org_id=due["org_id"],
        p_schedule=due["schedule"],
        p_period_on=due["period_on"],
    )
    run_id: UUID = run["open_payout_run"]
    return run_id
