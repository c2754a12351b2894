"""Olga's school is paid for a lesson, and then refunds the learner, who is her friend.

The money was transferred, so the refund would be the platform's.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import earned, gain, platform_result
from tests.factories import Booking, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def lesson(school: School, days: int) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(days))
    booked = world.book(school.learner, slot_id)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)
    assert booking.pay() == "processed"
    booking.complete()
    return booking


def be_paid(world: World) -> None:
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    unpaid = world.rows("select from public.earnings where status <> 'paid'")
    assert unpaid == []


def ask(booking: Booking, cents: int | None = None) -> UUID:
    refund_id: UUID = booking.world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=cents or booking.columns["total_cents"],
        p_reason="We are friends.",
    )
    return refund_id


def grant(school: School, who: UUID, refund_id: UUID) -> None:
    school.world.call(who, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)


@pytest.fixture(autouse=True)
def account(school: School) -> None:
    school.world.onboard(school.instructor)


@pytest.mark.parametrize("caller", ["owner", "admin"])
@pytest.mark.parametrize("cents", [None, 1, 2000])
def test_a_school_does_not_refund_what_was_paid_out(
    school: School, caller: str, cents: int | None
) -> None:
    world, given = school.world, lesson(school, 2)
    be_paid(world)
    refund_id = ask(given, cents)
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
        grant(school, school.who(caller), refund_id)
    assert gain(world, [school.instructor], [school.learner]) < 0


def test_it_does_as_far_as_it_earns_more(school: School) -> None:
    """One lesson that is not paid out covers one refund, not two; nor its own refund then."""
    world = school.world
    paid_out = [lesson(school, 2), lesson(school, 3)]
    be_paid(world)
    ahead = lesson(school, 2)
    refunds = [ask(given) for given in (*paid_out, ahead)]
    grant(school, school.owner, refunds[0])
    for refund_id in refunds[1:]:
        with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
            grant(school, school.owner, refund_id)
    world.carry_refunds()
    for refund_id in refunds[1:]:
        with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
            grant(school, school.owner, refund_id)
    assert gain(world, [school.instructor], [school.learner]) <= 0
    assert platform_result(world) >= 0


def test_it_refunds_what_is_not_paid_out(school: School) -> None:
    world, given = school.world, lesson(school, 2)
    grant(school, school.owner, ask(given))
    world.carry_refunds()
    assert earned(world, school.instructor) == 0
    assert gain(world, [school.instructor], [school.learner]) == 0


def test_the_platform_decides_about_the_rest(school: School) -> None:
    """It sees whom it trusts to earn the money back."""
    world, given = school.world, lesson(school, 2)
    be_paid(world)
    grant(school, world.admin(), ask(given))
    world.carry_refunds()
    assert gain(world, [school.instructor], [school.learner]) == 0
