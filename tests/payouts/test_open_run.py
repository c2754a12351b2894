"""A payday's run decides for everybody at once: who is paid what, and who is not and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import MARKETPLACE, Booking, World
from tests.payouts.paydays import (
    DAY,
    FRIDAY,
    NOON,
    WEEK,
    close_run,
    open_run,
    owe,
    payable,
    payouts,
    results,
)


def test_everybody_who_is_owed_something_gets_one_payout(world: World) -> None:
    first, second = payable(world, 4500), payable(world, 3000)
    owe(world, first, 250)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert payouts(world) == [("pending", 3000), ("pending", 4750)]
    assert results(world, run_id) == {
        first.id: (4750, "payout", None),
        second.id: (3000, "payout", None),
    }
    assert world.count("public.payout_items") == 3


def test_a_payout_is_dated_and_goes_to_the_payees_account(world: World) -> None:
    instructor = payable(world)
    world.travel(to=NOON)
    run_id = open_run(world)
    payout = world.row("select * from public.payouts")
    account = world.row("select * from public.stripe_connect_accounts")
    assert payout["payout_date"] == FRIDAY
    assert payout["connect_account_id"] == account["id"]
    assert (payout["run_id"], payout["payee_id"]) == (run_id, instructor.id)
    assert payout["instructor_id"] == instructor.id


def test_a_payouts_money_is_in_transit(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)
    world.travel(by=WEEK + DAY)
    world.run_payouts()
    world.lesson(instructor)
    world.travel(by=WEEK + DAY)
    (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
    open_run(world, due["period_on"])
    assert world.ledger() == {
        "stripe_balance": 5310 + 810,
        "platform_fees": -1620,
        "payout_in_transit": -4500,
    }


def test_a_second_start_resumes_the_run(world: World) -> None:
    payable(world)
    world.travel(to=NOON)
    run_id = open_run(world)
    payable(world)
    with world.unchanged():
        assert open_run(world) == run_id


def test_a_completed_run_stays_complete(world: World) -> None:
    payable(world)
    world.travel(to=NOON)
    world.run_payouts()
    run_id = world.value("select id from public.payout_runs")
    with world.unchanged():
        assert open_run(world) == run_id
        assert close_run(world, run_id)["is_completed"]


# Until when


def test_a_run_counts_what_is_payable_by_now(world: World) -> None:
    instructor = payable(world, 1000)
    world.travel(to=NOON)
    owe(world, instructor, 200, available_at=NOON)
    owe(world, instructor, 30, available_at=NOON + timedelta(microseconds=1))
    open_run(world)
    assert payouts(world) == [("pending", 1200)]


def test_a_late_run_counts_what_was_payable_by_the_end_of_the_day(world: World) -> None:
    midnight = NOON + timedelta(hours=12)
    instructor = payable(world, 1000)
    owe(world, instructor, 200, available_at=midnight)
    owe(world, instructor, 30, available_at=midnight + timedelta(seconds=1))
    world.travel(to=NOON + 3 * DAY)
    open_run(world)
    assert payouts(world) == [("pending", 1200)]
    assert world.value("select cutoff_at from public.payout_runs") == midnight


def test_the_end_of_the_day_is_the_organizations_own(world: World) -> None:
    honolulu = world.organization(time_zone="Pacific/Honolulu")
    instructor = payable(world, 1000, org_id=honolulu)
    midnight = NOON.replace(hour=10) + DAY
    owe(world, instructor, 200, available_at=midnight)
    owe(world, instructor, 30, available_at=midnight + timedelta(seconds=1))
    world.travel(to=NOON + 3 * DAY)
    open_run(world, org_id=honolulu)
    assert payouts(world) == [("pending", 1200)]


def test_money_that_stripe_has_not_made_available_waits(world: World) -> None:
    """Also where it was released before Stripe had said until when it keeps it."""
    instructor = world.instructor()
    world.onboard(instructor)
    early, late = world.lesson(instructor), world.lesson(instructor)
    world.travel(by=2 * DAY)
    world.maintain()
    assert world.value("select array_agg(distinct status::text) from public.earnings") == [
        "available"
    ]
    for booking, days in ((early, 0), (late, 30)):
        world.connection.execute(
            "update public.payments set funds_available_at = %s where id = %s",
            [world.now() + days * DAY, booking.payment["id"]],
        )
    world.travel(by=WEEK)
    (run,) = world.run_payouts()
    assert (run["total"], run["amount_paid_cents"]) == (1, 4500)
    result = world.row("select amount_cents from public.payout_run_results")
    assert result == {"amount_cents": 4500}
    world.travel(by=30 * DAY)
    (run,) = world.run_payouts()
    assert (run["total"], run["amount_paid_cents"]) == (1, 4500)


# Who is not paid


def test_who_owes_is_not_paid(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -4501)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (-1, "skipped", "negative_balance")}
    assert payouts(world) == []


def test_who_is_owed_nothing_is_not_paid_and_the_balance_closes(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -4500)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (0, "skipped", "nothing_due")}
    assert world.rows("select distinct status::text from public.earnings") == [{"status": "closed"}]
    balance = world.row("select total_cents, available_cents from public.instructor_balances")
    assert balance == {"total_cents": 0, "available_cents": 0}
    close_run(world, run_id)
    world.travel(by=WEEK)
    assert world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None) == []


def test_a_school_whose_instructors_outweigh_each_other_closes_at_zero(world: World) -> None:
    school = world.organization()
    first, second = (world.instructor(org_id=school, name=name) for name in ("Ann", "Bob"))
    owe(world, first, 4500, payee_id=school)
    owe(world, second, -4500, payee_id=school)
    world.travel(to=NOON)
    world.run_payouts()
    rows = world.rows(
        "select instructor_id, total_cents, paid_cents from public.instructor_balances"
    )
    assert {row["instructor_id"]: (row["total_cents"], row["paid_cents"]) for row in rows} == {
        first.id: (4500, 4500),
        second.id: (-4500, -4500),
    }


def test_what_comes_after_a_closed_balance_is_paid(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -4500)
    world.travel(to=NOON)
    world.run_payouts()
    owe(world, instructor, 1000)
    world.travel(by=WEEK)
    (run,) = world.run_payouts()
    assert (run["total"], run["amount_paid_cents"]) == (1, 1000)


def test_what_was_given_back_is_netted(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -2250)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (2250, "payout", None)}
    assert world.count("public.payout_items") == 2


def test_without_an_account_the_money_waits(world: World) -> None:
    instructor = world.instructor()
    owe(world, instructor)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (4500, "skipped", "no_account")}

    world.onboard(instructor)
    world.travel(by=WEEK)
    assert world.run_payouts()[-1]["amount_paid_cents"] == 4500


def test_an_account_that_was_asked_for_is_none_yet(world: World) -> None:
    instructor = world.instructor()
    owe(world, instructor)
    world.open_account(instructor.user_id)
    world.travel(to=NOON)
    assert results(world, open_run(world))[instructor.id][2] == "no_account"


@pytest.mark.parametrize(
    ("status", "is_submitted", "outcome", "reason"),
    [
        ("incomplete", False, "skipped", "account_not_ready"),
        ("incomplete", True, "held", "account_restricted"),
        ("under_review", True, "skipped", "account_not_ready"),
        ("paused", True, "held", "account_restricted"),
        ("disconnected", True, "held", "account_restricted"),
    ],
)
def test_an_account_that_is_not_ready_is_not_paid(
    world: World, status: str, is_submitted: bool, outcome: str, reason: str
) -> None:
    instructor = payable(world)
    world.connection.execute(
        "update public.stripe_connect_accounts set status = %s, details_submitted = %s",
        [status, is_submitted],
    )
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (4500, outcome, reason)}
    assert world.count("public.payouts") == 0


def test_a_retired_account_is_not_paid(world: World) -> None:
    instructor = payable(world)
    world.connection.execute(
        "update public.stripe_connect_accounts set retired_at = private.clock()"
    )
    world.travel(to=NOON)
    assert results(world, open_run(world))[instructor.id][2] == "no_account"


def test_less_than_the_organizations_minimum_is_carried_forward(world: World) -> None:
    world.connection.execute("update public.organizations set minimum_payout_cents = 5000")
    instructor = payable(world, 4999)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (4999, "skipped", "below_minimum")}
    assert close_run(world, run_id)["is_completed"]

    world.travel(by=WEEK)
    owe(world, instructor, 1)
    assert world.run_payouts()[-1]["amount_paid_cents"] == 5000


def test_the_instructors_own_minimum_counts_before_the_organizations(world: World) -> None:
    world.connection.execute("update public.organizations set minimum_payout_cents = 5000")
    own, other = payable(world, 4999), payable(world, 4999)
    world.connection.execute(
        "update public.instructor_details set minimum_payout_cents = 0 where instructor_id = %s",
        [own.id],
    )
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {
        own.id: (4999, "payout", None),
        other.id: (4999, "skipped", "below_minimum"),
    }


def test_who_is_not_paid_weekly_is_not_in_the_weekly_run(world: World) -> None:
    payable(world)
    world.connection.execute("update public.instructor_details set payout_schedule = 'monthly'")
    world.travel(to=NOON)
    assert results(world, open_run(world)) == {}


def test_a_frozen_earning_is_not_paid(world: World) -> None:
    world.travel(to=NOON - 10 * DAY)
    instructor = payable(world, 1000)
    lesson = world.lesson(instructor)
    world.call(
        lesson.learner,
        "public.report_problem",
        p_booking_id=lesson.id,
        p_description="Half an hour.",
    )
    world.travel(to=NOON)
    open_run(world)
    assert payouts(world) == [("pending", 1000)]


def test_a_run_is_of_one_organization(world: World) -> None:
    school = world.organization()
    payable(world, 1000)
    payable(world, 2000, org_id=school)
    world.travel(to=NOON)
    open_run(world, org_id=school)
    assert payouts(world) == [("pending", 2000)]
    open_run(world)
    assert payouts(world) == [("pending", 1000), ("pending", 2000)]


def test_each_currency_is_a_payout_of_its_own(world: World) -> None:
    instructor = payable(world, 1000)
    owe(world, instructor, 2000, currency="eur")
    world.travel(to=NOON)
    open_run(world)
    rows = world.rows("select currency, amount_cents from public.payouts order by 1")
    assert [tuple(row.values()) for row in rows] == [("eur", 2000), ("gbp", 1000)]


def test_a_school_that_is_the_payee_gets_one_payout_with_a_line_each(world: World) -> None:
    school = world.organization()
    ann, zoe = (world.instructor(org_id=school) for _ in range(2))
    world.connection.execute("update public.instructor_details set payee = 'organization'")
    for instructor in (ann, zoe):
        pupil = world.person()
        world.learner(school, pupil)
        slot_id = world.slot(world.service(instructor))
        booked = world.book(pupil, slot_id)
        booking = Booking(world, booked["booking_id"], pupil, instructor, slot_id)
        booking.pay()
        booking.complete()
    world.connection.execute(
        "insert into public.stripe_connect_accounts (org_id, stripe_account_id, status,"
        " transfers_enabled, payouts_enabled) values (%s, 'acct_school', 'ready', true, true)",
        [school],
    )
    world.travel(by=WEEK + DAY)
    assert [run["amount_paid_cents"] for run in world.run_payouts()] == [9000]
    payout = world.row("select payee_id, instructor_id, amount_cents from public.payouts")
    assert payout == {"payee_id": school, "instructor_id": None, "amount_cents": 9000}
    lines = world.rows("select instructor_id, amount_cents from public.payout_items")
    assert {line["instructor_id"]: line["amount_cents"] for line in lines} == {
        ann.id: 4500,
        zoe.id: 4500,
    }


def test_a_run_without_payouts_is_complete_at_once(world: World) -> None:
    world.travel(to=NOON)
    run_id = open_run(world)
    assert close_run(world, run_id) == {
        "is_completed": True,
        "is_settled": True,
        "total": 0,
        "paid": 0,
        "held": 0,
        "failed": 0,
        "unknown": 0,
        "amount_paid_cents": 0,
    }
    assert world.value("select org_id from public.payout_runs") == MARKETPLACE


def test_an_instructor_sees_balance_turn_into_transit_and_into_pay(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)

    def balance() -> list[int]:
        row = world.row("select * from public.instructor_balances")
        names = ("total", "pending", "available", "in_transit", "paid")
        return [row[f"{name}_cents"] for name in names]

    assert balance() == [4500, 4500, 0, 0, 0]
    world.travel(by=2 * DAY)
    world.maintain()
    assert balance() == [4500, 0, 4500, 0, 0]
    world.travel(by=WEEK)
    (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
    open_run(world, due["period_on"])
    assert balance() == [4500, 0, 0, 4500, 0]
    world.run_payouts()
    assert balance() == [4500, 0, 0, 0, 4500]
