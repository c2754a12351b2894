"""Many partial refunds of a payment never exceed what was captured and is not on its way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import authorized, refunds
from tests.factories import MARKETPLACE, Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.pay()
    return booking


def refund(world: World, payment_id: UUID, amount: Any, **arguments: Any) -> UUID:
    user_id = arguments.pop("user_id", None) or world.admin()
    given = {"p_payment_id": payment_id, "p_amount_cents": amount, "p_reason": "Rain"} | arguments
    refund_id: UUID = world.call(user_id, "public.admin_refund", **given)
    return refund_id


def test_parts_add_up_to_the_whole_and_no_further(world: World, booking: Booking) -> None:
    payment_id = booking.payment["id"]
    for amount in (1, 2654, 2000):
        refund(world, payment_id, amount)
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        refund(world, payment_id, 656)
    world.carry_refunds()
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        refund(world, payment_id, 656)
    refund(world, payment_id, 655)
    world.carry_refunds()
    assert world.ledger() == {}


def test_what_failed_can_be_refunded_again(world: World, booking: Booking) -> None:
    payment_id = booking.payment["id"]
    refund(world, payment_id, 5310)
    world.carry_refunds("failed")
    refund(world, payment_id, 5310)
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == 5310


@pytest.mark.parametrize(
    ("amount", "sqlstate", "code"),
    [
        (None, "PT422", "bad_amount"),
        (0, "PT422", "bad_amount"),
        (-1, "PT422", "bad_amount"),
        (5311, "PT409", "refund_exceeds_payment"),
        (2**31, "PT409", "refund_exceeds_payment"),
        (2**63 - 1, "PT409", "refund_exceeds_payment"),
        (2**63, "42883", ""),
    ],
)
def test_bad_amounts(world: World, booking: Booking, amount: Any, sqlstate: str, code: str) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing(sqlstate, code):
        refund(world, booking.payment["id"], amount, user_id=admin)


def test_the_same_key_is_the_same_refund(world: World, booking: Booking) -> None:
    payment_id = booking.payment["id"]
    first = refund(world, payment_id, 100, p_client_key="a")
    assert refund(world, payment_id, 100, p_client_key="a") == first
    admin = world.admin()
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        refund(world, payment_id, 101, p_client_key="a", user_id=admin)
    assert refunds(world) == [100]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_is_short(world: World, booking: Booking, key: str) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT422", "client_key_is_short"):
        refund(world, booking.payment["id"], 100, p_client_key=key, user_id=admin)


@pytest.mark.parametrize("who", ["owner", "instructor", "learner"])
def test_who_is_no_platform_admin_refunds_nothing(world: World, booking: Booking, who: str) -> None:
    users = {
        "owner": world.member(MARKETPLACE, "owner"),
        "instructor": booking.instructor.user_id,
        "learner": booking.learner,
    }
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        refund(world, booking.payment["id"], 100, user_id=users[who])


def test_what_is_no_payment_to_refund(world: World, booking: Booking) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    held = authorized(world)
    admin = world.admin()
    for payment_id, sqlstate, code in (
        (uuid4(), "PT404", "payment_not_found"),
        (credit.payment["id"], "PT409", "refund_by_minutes"),
        (held.payment["id"], "PT409", "refund_exceeds_payment"),
    ):
        with world.unchanged(), world.refusing(sqlstate, code):
            refund(world, payment_id, 100, user_id=admin)
    with world.unchanged(), world.refusing("PT422", "reason_required"):
        refund(world, booking.payment["id"], 100, p_reason="", user_id=admin)
