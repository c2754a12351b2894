"""Ian was paid for lessons that were refunded since; he leaves the school to owe it nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import earned
from tests.factories import Booking, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def lesson(school: School, days: int = 2) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(days))
    booked = world.book(school.learner, slot_id)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    return booking


def paid_out(world: World) -> int:
    cents: int = world.value(
        "select coalesce(sum(amount_cents - reversed_cents), 0)::bigint"
        " from public.payouts where status = 'paid'"
    )
    return cents


def payday(world: World) -> None:
    world.travel(by=timedelta(days=8))
    world.run_payouts()


@pytest.fixture
def debt(school: School) -> int:
    """What Ian owes after a lesson was paid out and refunded by the platform."""
    world = school.world
    world.onboard(school.instructor)
    booking = lesson(school)
    payday(world)
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=5310,
        p_reason="It did not take place.",
    )
    world.carry_refunds()
    assert earned(world, school.instructor) == 0
    return paid_out(world)


def leave(school: School) -> None:
    school.world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.instructor.user_id,
        p_role="instructor",
    )


def rejoin(school: School) -> UUID:
    """Invited again, as the same person."""
    world, person = school.world, school.instructor.user_id
    school.accept(person, school.invite(school.owner, world.email(person), "instructor"))
    return person


def test_the_debt_waits_for_who_comes_back(school: School, debt: int) -> None:
    world = school.world
    leave(school)
    rejoin(school)
    assert world.value("select count(*) from public.instructors where org_id = %s", school.id) == 1
    world.call(
        school.owner,
        "public.set_instructor_active",
        p_instructor_id=school.instructor.id,
        p_is_active=True,
    )
    lesson(school)
    payday(world)
    assert paid_out(world) == debt == 4500
    assert earned(world, school.instructor) == 4500


def test_a_new_account_at_stripe_owes_it_as_well(school: School, debt: int) -> None:
    world = school.world
    account_id = world.value("select id from public.stripe_connect_accounts")
    world.call(
        school.instructor.user_id,
        "public.retire_connect_account",
        p_connect_account_id=account_id,
    )
    world.onboard(school.instructor)
    lesson(school)
    payday(world)
    assert paid_out(world) == debt


def test_offboarding_pays_nobody_twice(school: School, debt: int) -> None:
    """Lessons ahead and hours go back to the learner, and none of that reaches Ian."""
    world = school.world
    credit = world.hours(school.learner, school.instructor, 2)
    world.ask(school.owner, "public.offboard_instructor", p_instructor_id=school.instructor.id)
    world.carry_refunds()
    payday(world)
    assert credit.payment["refunded_cents"] == credit.payment["captured_cents"]
    assert paid_out(world) == debt
