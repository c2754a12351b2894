"""Unused hours move to another instructor: refunded as they were paid, and ordered anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import Instructor, World
from tests.factories.bookings import Credit


@pytest.fixture
def colleague(world: World) -> Instructor:
    """Another instructor of the marketplace, at 60.00 an hour."""
    return world.instructor(hourly_rate_cents=6000)


@pytest.fixture
def credit(world: World) -> Credit:
    """Ten hours at 45.00, with 18 % on top: 531.00."""
    instructor, _ = world.hourly()
    return world.hours(world.person("Ben"), instructor, 10)


def transfer(world: World, credit: Credit, to: Instructor, **arguments: Any) -> dict[str, Any]:
    by: UUID = arguments.pop("by", credit.learner)
    (moved,) = world.ask(
        by, "public.transfer_credit", p_credit_id=credit.id, p_instructor_id=to.id, **arguments
    )
    return moved


def test_hours_are_refunded_as_paid_and_ordered_at_the_new_price(
    world: World, credit: Credit, colleague: Instructor
) -> None:
    moved = transfer(world, credit, colleague)
    assert (moved["refunded_minutes"], moved["refund_cents"]) == (600, 53100)
    assert (moved["minutes"], moved["amount_cents"]) == (600, 70800)
    assert credit.columns["minutes_left"] == 0
    bought = world.row("select * from public.learner_credits where id = %s", moved["credit_id"])
    assert (bought["status"], bought["instructor_id"]) == ("pending", colleague.id)
    assert bought["hold_expires_at"] == moved["hold_expires_at"]
    world.carry_refunds()
    assert world.ledger() == {}


def test_the_new_hours_are_paid_like_others(
    world: World, credit: Credit, colleague: Instructor
) -> None:
    moved = transfer(world, credit, colleague)
    new = Credit(world, moved["credit_id"], credit.learner, colleague)
    assert new.pay() == "processed"
    world.carry_refunds()
    assert (new.columns["status"], new.columns["minutes_left"]) == ("active", 600)
    assert world.ledger() == {
        "stripe_balance": 70800,
        "learner_prepaid": -60000,
        "deferred_fees": -10800,
    }


def test_reserved_minutes_stay_and_parts_of_a_quarter_are_refunded(
    world: World, credit: Credit, colleague: Instructor
) -> None:
    credit.book(world.service(credit.instructor, price_cents=None), world.in_days(3))
    world.ask(credit.learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=10)
    moved = transfer(world, credit, colleague)
    assert (moved["refunded_minutes"], moved["minutes"]) == (530, 525)
    assert credit.columns["minutes_reserved"] == 60


def test_a_part_is_moved(world: World, credit: Credit, colleague: Instructor) -> None:
    moved = transfer(world, credit, colleague, p_minutes=90)
    assert (moved["refunded_minutes"], moved["minutes"]) == (90, 90)
    assert credit.columns["minutes_left"] == 510


def test_the_same_key_is_the_same_transfer(
    world: World, credit: Credit, colleague: Instructor
) -> None:
    first = transfer(world, credit, colleague, p_minutes=60, p_client_key="move")
    with world.unchanged():
        assert transfer(world, credit, colleague, p_minutes=60, p_client_key="move") == first


def test_what_cannot_be_bought_is_not_refunded(
    world: World, credit: Credit, colleague: Instructor
) -> None:
    learner = credit.learner
    own = world.instructor(user_id=learner)
    org_id = world.organization()
    elsewhere = world.instructor(org_id=org_id)
    lazy = world.instructor()
    world.connection.execute(
        "update public.instructors set is_active = false where id = %s", [lazy.id]
    )
    for to, sqlstate, code in [
        (own, "PT422", "own_lesson"),
        (elsewhere, "PT404", "instructor_not_found"),
        (credit.instructor, "PT404", "instructor_not_found"),
        (lazy, "PT404", "instructor_not_found"),
    ]:
        with world.unchanged(), world.refusing(sqlstate, code):
            transfer(world, credit, to)
    for minutes, sqlstate, code in [
        (10, "PT422", "bad_hours"),
        (0, "PT422", "bad_minutes"),
        (601, "PT409", "insufficient_credit"),
    ]:
        with world.unchanged(), world.refusing(sqlstate, code):
            transfer(world, credit, colleague, p_minutes=minutes)


def test_nobody_else_moves_hours(world: World, credit: Credit, colleague: Instructor) -> None:
    for other in (world.person(), credit.instructor.user_id, colleague.user_id):
        with world.unchanged(), world.refusing("PT404", "credit_not_found"):
            transfer(world, credit, colleague, by=other)


def test_disputed_hours_stay(world: World, credit: Credit, colleague: Instructor) -> None:
    world.dispute(credit.payment)
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        transfer(world, credit, colleague)
