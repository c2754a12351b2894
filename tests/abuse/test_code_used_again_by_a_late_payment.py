"""Ben lets a discounted booking expire, uses its code for another, and then pays for the first.

A code comes back only when nothing can be paid with it any more.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import Booking, Instructor, World, intent_object

OFF = 2000


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def ben(world: World, ann: Instructor) -> UUID:
    ben = world.person("Ben")
    world.discount_code(code="ONCE", amount_cents=OFF, may_exceed_fee=True, max_uses=1)
    assert world.check_code(ben, "ONCE", world.service(ann))["is_valid"]
    return ben


def book(world: World, ben: UUID, ann: Instructor, days: int) -> Booking:
    slot_id = world.slot(world.service(ann), world.in_days(days))
    booked = world.book(ben, slot_id, p_discount_code="ONCE")
    return Booking(world, booked["booking_id"], ben, ann, slot_id)


def let_expire(world: World) -> None:
    world.travel(by=timedelta(minutes=16))
    world.maintain()


def test_a_payment_that_may_still_come_keeps_the_code(
    world: World, ann: Instructor, ben: UUID
) -> None:
    first = book(world, ben, ann, 3)
    first.open_payment()
    intent = first.intent("requires_payment_method")
    world.deliver("payment_intent.created", intent)
    let_expire(world)
    assert first.status == "expired"
    slot_id = world.slot(world.service(ann), world.in_days(4))
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.book(ben, slot_id, p_discount_code="ONCE")
    world.deliver("payment_intent.succeeded", first.intent("succeeded"))
    first.settle_funds()
    assert first.status == "confirmed"
    first.complete()
    assert gain(world, [ann], [ben]) <= OFF - 810
    assert platform_result(world) >= 810 - OFF


def test_a_payment_that_never_comes_gives_it_back(world: World, ann: Instructor, ben: UUID) -> None:
    first = book(world, ben, ann, 3)
    let_expire(world)
    second = book(world, ben, ann, 4)
    with world.refusing("PT409", "hold_expired"):
        first.open_payment()
    second.pay()
    second.complete()
    assert world.value("select sum(uses_count) from public.discount_codes") == 1
    assert gain(world, [ann], [ben]) <= OFF - 810


def test_money_for_an_ended_booking_goes_back(world: World, ann: Instructor, ben: UUID) -> None:
    first = book(world, ben, ann, 3)
    first.open_payment()
    payment = first.payment
    world.cancel(ben, first.id)
    world.deliver("payment_intent.canceled", intent_object(payment, "canceled"))
    second = book(world, ben, ann, 4)
    second.pay()
    second.complete()
    assert first.status == "cancelled"
    assert gain(world, [ann], [ben]) <= OFF - 810
