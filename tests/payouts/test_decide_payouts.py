"""Who is not paid on a payday, and why."""

from __future__ import annotations

from tests.factories import World
from tests.payouts.paydays import (
    NOON,
    WEEK,
    close_run,
    open_run,
    owe,
    payable,
    payouts,
    results,
)


def test_who_owes_is_not_paid(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -4501)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (-1, "skipped", "negative_balance")}
    assert payouts(world) == []


def test_who_is_owed_nothing_is_not_paid(world: World) -> None:
    instructor = payable(world, 4500)
    owe(world, instructor, -4500)
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (0, "skipped", "nothing_due")}


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
    world.serve(
        "webhook_service",
        "private.open_connect_account",
        p_user_id=instructor.user_id,
        p_instructor_id=instructor.id,
    )
    world.travel(to=NOON)
    assert results(world, open_run(world))[instructor.id][2] == "no_account"


def test_an_account_that_is_not_ready_is_not_paid(world: World) -> None:
    instructor = payable(world)
    world.connection.execute("update public.stripe_connect_accounts set status = 'paused'")
    world.travel(to=NOON)
    run_id = open_run(world)
    assert results(world, run_id) == {instructor.id: (4500, "skipped", "account_not_ready")}


def test_a_retired_account_is_not_paid(world: World) -> None:
    instructor = payable(world)
    world.connection.execute("update public.stripe_connect_accounts set retired_at = now()")
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


def test_a_run_is_of_one_organization(world: World) -> None:
    school = world.organization()
    payable(world, 1000)
    payable(world, 2000, org_id=school)
    world.travel(to=NOON)
    open_run(world, org_id=school)
    assert payouts(world) == [("pending", 2000)]
    open_run(world)
    assert payouts(world) == [("pending", 1000), ("pending", 2000)]
