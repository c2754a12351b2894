"""An admin of a school who learns there may give money back, and has a lesson to pay.

What admins give back to themselves, or to their children, the instructor would have to bear. So
they are learners first: another admin decides, or the platform.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.abuse.profit import earned, gain, spent
from tests.abuse.test_own_hours_that_expire import link_to
from tests.factories import Booking
from tests.schools.conftest import School, school

__all__ = ["school"]

TOTAL, SHARE = 5310, 4500
WHO = pytest.mark.parametrize("who", ["themselves", "their child"])


def learn(school: School, who: str) -> Booking:
    """A lesson that the admin has paid for, three days ahead."""
    world, whose = school.world, dict[str, Any]()
    if who == "themselves":
        world.learner(school.id, school.admin, "Ada")
    else:
        child = world.child(school.id, world.person("Kit"))
        link_to(world, child, school.admin)
        whose = {"p_learner_user_id": None, "p_learner_id": child}
    slot_id = world.slot(world.service(school.instructor), world.in_days(3, 10))
    booked = world.book(school.admin, slot_id, **whose)
    booking = Booking(world, booked["booking_id"], school.admin, school.instructor, slot_id)
    assert booking.pay() == "processed"
    return booking


def ask(booking: Booking) -> UUID:
    refund_id: UUID = booking.world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=TOTAL,
        p_reason="It was short.",
    )
    return refund_id


@WHO
def test_nobody_grants_what_they_get(school: School, who: str) -> None:
    world, booking = school.world, learn(school, who)
    booking.complete()
    refund_id = ask(booking)
    with world.unchanged(), world.refusing("42501", "not_yours_to_decide"):
        world.call(school.admin, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)
    world.carry_refunds()
    assert (spent(world, school.admin), earned(world, school.instructor)) == (TOTAL, SHARE)


@WHO
def test_another_admin_does(school: School, who: str) -> None:
    world, booking = school.world, learn(school, who)
    booking.complete()
    refund_id = ask(booking)
    world.call(school.owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)
    world.carry_refunds()
    assert gain(world, [school.instructor], [school.admin]) == 0


@WHO
@pytest.mark.parametrize(("notice", "is_late"), [(30, False), (12, True)])
def test_nobody_reassigns_what_it_is_too_late_to_cancel(
    school: School, who: str, notice: int, is_late: bool
) -> None:
    """To reassign a lesson gives all of it back, whatever the hour."""
    world, booking = school.world, learn(school, who)
    ian = world.instructor(name="Ian", org_id=school.id)
    world.window(ian)
    arguments = {
        "p_booking_id": booking.id,
        "p_instructor_id": ian.id,
        "p_service_id": world.service(ian),
    }
    world.travel(to=booking.columns["start_at"] - timedelta(hours=notice))
    if is_late:
        with world.unchanged(), world.refusing("PT409", "too_late_to_reschedule"):
            world.ask(school.admin, "public.reassign_booking", **arguments)
        assert spent(world, school.admin) == TOTAL
        world.ask(school.owner, "public.reassign_booking", **arguments)
    else:
        world.ask(school.admin, "public.reassign_booking", **arguments)
    assert spent(world, school.admin) == 0
