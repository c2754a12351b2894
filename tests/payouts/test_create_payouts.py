"""Everybody who is to be paid gets one payout, whose items are their earnings."""

from __future__ import annotations

from tests.factories import Booking, World
from tests.payouts.paydays import (
    DAY,
    FRIDAY,
    NOON,
    WEEK,
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


def test_what_was_given_back_is_netted(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -2250)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (2250, "payout", None)}
    assert world.count("public.payout_items") == 2


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
