"""Olga's school earns rewards for a friend, who spends them; then the lessons are refunded.

The rewards are gone, so clawing them back would only leave a debt of somebody who never returns.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import Booking
from tests.schools.conftest import School, school

__all__ = ["school"]


@pytest.fixture
def friend(school: School) -> UUID:
    """A learner of the school, whose recommendations are rewarded."""
    school.world.connection.execute(
        "update public.organizations set referral_discount_bps = 100, referral_reward_cents = 9999"
        " where id = %s",
        [school.id],
    )
    return school.learner


def given(school: School, learner: UUID, days: int, **paid_by: object) -> Booking:
    world = school.world
    service_id = world.service(school.instructor)
    code = paid_by.get("p_discount_code")
    if code is not None:
        assert world.check_code(learner, str(code), service_id)["is_valid"]
    slot_id = world.slot(service_id, world.in_days(days))
    booked = world.book(learner, slot_id, **paid_by)
    booking = Booking(world, booked["booking_id"], learner, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    return booking


def refund(school: School, booking: Booking) -> None:
    refund_id = school.world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=booking.payment["amount_cents"],
        p_reason="We are friends.",
    )
    school.world.call(
        school.owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True
    )


def test_a_school_does_not_refund_a_lesson_whose_reward_is_spent(
    school: School, friend: UUID
) -> None:
    world = school.world
    (referral,) = world.ask(friend, "public.create_referral_code", p_org_id=school.id)
    socks = [school.join("learner", f"Sock {number}") for number in range(3)]
    referred = [
        given(school, sock, days, p_discount_code=referral["code"])
        for days, sock in enumerate(socks, 2)
    ]
    given(school, friend, 2, p_use_rewards=True)
    for booking in referred:
        with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
            refund(school, booking)
    assert gain(world, [school.instructor], [friend, *socks]) <= 0
    assert platform_result(world) >= 0


def test_it_does_before(school: School, friend: UUID) -> None:
    world = school.world
    (referral,) = world.ask(friend, "public.create_referral_code", p_org_id=school.id)
    sock = school.join("learner", "Sock")
    refund(school, given(school, sock, 2, p_discount_code=referral["code"]))
    world.carry_refunds()
    (balance,) = world.ask(friend, "public.reward_balance")
    assert balance["available_cents"] == 0
    assert gain(world, [school.instructor], [friend, sock]) == 0
    assert platform_result(world) == 0


def test_refunds_granted_at_once_share_what_is_left(school: School, friend: UUID) -> None:
    """One of two rewards is spent in part: one lesson can be refunded, not both."""
    world = school.world
    (referral,) = world.ask(friend, "public.create_referral_code", p_org_id=school.id)
    socks = [school.join("learner", f"Sock {number}") for number in range(2)]
    first, second = (
        given(school, sock, days, p_discount_code=referral["code"])
        for days, sock in enumerate(socks, 2)
    )
    service_id = world.service(school.instructor, price_cents=500)
    world.book(friend, world.slot(service_id, world.in_days(2)), p_use_rewards=True)
    refund(school, first)
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
        refund(school, second)
    world.carry_refunds()
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_balance"):
        refund(school, second)
