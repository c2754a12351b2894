"""Refunds that a learner requests and an admin decides, or that an admin makes."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import (
    authorized,
    follow,
    move,
    pay_difference,
    payments,
    price_on,
    refunds,
)
from tests.factories import MARKETPLACE, Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.pay()
    return booking


def ask(booking: Booking, amount: Any, user_id: UUID | None = None, **arguments: Any) -> UUID:
    given = {"p_booking_id": booking.id, "p_amount_cents": amount, "p_reason": "Late"} | arguments
    refund_id: UUID = booking.world.call(
        user_id or booking.learner, "public.request_refund", **given
    )
    return refund_id


def test_asking_moves_no_money(world: World, booking: Booking) -> None:
    refund_id = ask(booking, 5310)
    row = world.row("select id, status, requested_by, reason from public.refunds")
    assert row == {
        "id": refund_id,
        "status": "requested",
        "requested_by": booking.learner,
        "reason": "Late",
    }
    assert world.commands("refund_payment") == []
    assert booking.payment["refunded_cents"] == 0


@pytest.mark.parametrize("amount", [None, 0, -1, -(2**63)])
def test_nothing_is_no_refund(world: World, booking: Booking, amount: Any) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_amount"):
        ask(booking, amount)


@pytest.mark.parametrize("amount", [5311, 2**31, 2**63 - 1])
def test_no_more_than_was_paid(world: World, booking: Booking, amount: int) -> None:
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        ask(booking, amount)


def test_2_to_the_63_is_out_of_range(world: World, booking: Booking) -> None:
    with world.unchanged(), world.refusing("42883"):
        ask(booking, 2**63)


@pytest.mark.parametrize(("reason", "code"), [(None, "value_missing"), ("", "reason_is_short")])
def test_a_reason_is_given(world: World, booking: Booking, reason: str | None, code: str) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        ask(booking, 100, p_reason=reason)


def test_the_same_key_is_the_same_request(world: World, booking: Booking) -> None:
    first = ask(booking, 100, p_client_key="a")
    assert ask(booking, 100, p_client_key="a") == first
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        ask(booking, 200, p_client_key="a")
    assert refunds(world) == [100]


@pytest.mark.parametrize("who", ["stranger", "instructor", "another learner"])
def test_a_foreign_booking_is_unknown(world: World, booking: Booking, who: str) -> None:
    users = {
        "stranger": world.person(),
        "instructor": booking.instructor.user_id,
        "another learner": world.booking().learner,
    }
    with world.unchanged(), world.refusing("PT404", "payment_not_found"):
        ask(booking, 100, users[who])


def test_what_was_not_paid_is_not_refunded(world: World) -> None:
    held = world.booking()
    held.open_payment()
    with world.unchanged(), world.refusing("PT404", "payment_not_found"):
        ask(held, 100)


@pytest.mark.parametrize(("scope", "may"), [("pay", True), ("book", False), ("view", False)])
def test_a_guardian_asks_who_may_pay(world: World, scope: str, may: bool) -> None:
    instructor, service_id = world.hourly()
    child = world.child(instructor.org_id)
    gil = world.guardian(child, book=True, pay=True)
    slot_id = world.slot(service_id)
    booked = world.book(gil, slot_id, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], gil, instructor, slot_id)
    booking.pay()
    other = world.guardian(child, **{scope: True})
    if may:
        ask(booking, 100, other)
        assert refunds(world) == [100]
    else:
        with world.unchanged(), world.refusing("PT404", "payment_not_found"):
            ask(booking, 100, other)


def test_a_disputed_payment_waits(world: World, booking: Booking) -> None:
    world.dispute(booking.payment)
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        ask(booking, 100)


def test_a_request_is_spread_over_two_payments(world: World) -> None:
    """A lesson that was moved to a dearer time was paid by 53.10 and 17.70."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    second = pay_difference(there)
    whole = ask(there, 7080)
    asked = world.rows(
        "select id, payment_id, request_id, amount_cents from public.refunds order by amount_cents"
    )
    assert [row["amount_cents"] for row in asked] == [1770, 5310]
    assert (asked[0]["payment_id"], asked[0]["id"]) == (second["id"], whole)
    assert asked[1]["request_id"] == whole
    first = ask(there, 100, p_client_key="a")
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=payments(there)[0]["id"],
        p_amount_cents=5310,
        p_reason="Because",
    )
    assert ask(there, 100, p_client_key="a") == first
    rest = ask(there, 1770)
    paid = "select payment_id from public.refunds where id = %s"
    assert world.value(paid, rest) == second["id"]
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        ask(there, 1771)


@pytest.fixture
def asked(world: World, booking: Booking) -> UUID:
    """A request for 30.00."""
    refund_id: UUID = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=3000,
        p_reason="Late",
    )
    return refund_id


def decide(world: World, refund_id: UUID, granted: bool | None, who: UUID | None = None) -> str:
    status: str = world.call(
        who or world.admin(),
        "public.decide_refund",
        p_refund_id=refund_id,
        p_is_granted=granted,
        p_note="Because",
    )
    return status


def test_what_is_granted_is_carried_to_stripe_once(
    world: World, booking: Booking, asked: UUID
) -> None:
    assert decide(world, asked, True) == "pending"
    (command,) = world.commands("refund_payment")
    assert (command["refund_id"], command["amount_cents"]) == (str(asked), 3000)
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, asked, True)
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == 3000


def test_what_is_declined_stays(world: World, booking: Booking, asked: UUID) -> None:
    assert decide(world, asked, False) == "declined"
    assert world.commands("refund_payment") == []
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, asked, True)


def test_the_schools_own_admin_decides_and_nobody_elses(
    world: World, booking: Booking, asked: UUID
) -> None:
    others = [
        booking.learner,
        booking.instructor.user_id,
        world.member(world.organization(), "owner"),
        world.person(),
    ]
    for user_id in others:
        with world.unchanged(), world.refusing("PT404", "refund_not_found"):
            decide(world, asked, True, user_id)
    assert decide(world, asked, True, world.member(MARKETPLACE, "admin")) == "pending"


def test_requests_may_exceed_together_but_grants_may_not(
    world: World, booking: Booking, asked: UUID
) -> None:
    other = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=3000,
        p_reason="Again",
    )
    decide(world, asked, True)
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        decide(world, other, True)
    assert decide(world, other, False) == "declined"
    assert refunds(world) == [3000, 3000]


def test_no_answer_is_none(world: World, asked: UUID) -> None:
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        decide(world, asked, None)
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, uuid4(), True)


def test_a_dispute_that_came_meanwhile_stops_it(
    world: World, booking: Booking, asked: UUID
) -> None:
    world.dispute(booking.payment)
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        decide(world, asked, True)


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
