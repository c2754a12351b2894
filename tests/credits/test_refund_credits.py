"""Unused hours go back at the price that was really paid, to the cent."""

from __future__ import annotations

import pytest

from tests.factories import World


def test_ten_hours_of_which_three_are_used_close_to_zero(world: World) -> None:
    """10 x 45.00 with 10 % off: 486.00; three used, 135.00 earned; seven back, 340.20."""
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    code = world.discount_code(discount_bps=1000)
    name = world.value("select code from public.discount_codes where id = %s", code)
    assert world.check_code(learner, name, service_id)["is_valid"]
    credit = world.hours(learner, instructor, 10, p_discount_code=name)
    assert credit.columns["total_cents"] == 48600
    assert world.ledger() == {
        "stripe_balance": 48600,
        "deferred_promotions": 4500,
        "learner_prepaid": -45000,
        "deferred_fees": -8100,
    }
    for day in (2, 3, 4):
        credit.book(service_id, world.in_days(day)).complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 13500
    (refund,) = world.ask(learner, "public.refund_credits", p_credit_id=credit.id)
    assert (refund["minutes"], refund["amount_cents"]) == (420, 34020)
    world.carry_refunds()
    row = world.row(
        "select share_cents, fee_cents, discount_cents from public.credit_entries"
        " where kind = 'refund'"
    )
    assert row == {"share_cents": 31500, "fee_cents": 5670, "discount_cents": 3150}
    assert world.ledger() == {
        "stripe_balance": 14580,
        "promotions": 1350,
        "instructor_pending": -13500,
        "platform_fees": -2430,
    }


def test_minutes_come_back_when_the_refund_fails(world: World) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    world.ask(learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=60)
    assert credit.columns["minutes_left"] == 60
    world.carry_refunds("failed")
    assert credit.columns["minutes_left"] == 120
    world.ask(learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=60)
    world.carry_refunds("succeeded")
    assert credit.columns["minutes_refunded"] == 60


@pytest.mark.parametrize(
    ("minutes", "status", "code"),
    [
        (0, "PT422", "bad_minutes"),
        (-60, "PT422", "bad_minutes"),
        (61, "PT409", "insufficient_credit"),
        (2147483647, "PT409", "insufficient_credit"),
    ],
)
def test_what_is_not_there_cannot_be_refunded(
    world: World, minutes: int, status: str, code: str
) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    credit.book(service_id)
    with world.unchanged(), world.refusing(status, code):
        world.ask(learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=minutes)


def test_somebody_elses_hours_are_unknown(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    with world.unchanged(), world.refusing("PT404", "credit_not_found"):
        world.ask(world.person("Eve"), "public.refund_credits", p_credit_id=credit.id)


def test_the_same_key_is_the_same_refund(world: World) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    asked = {"p_credit_id": credit.id, "p_client_key": "a"}
    first = world.ask(learner, "public.refund_credits", p_minutes=30, **asked)
    assert world.ask(learner, "public.refund_credits", p_minutes=30, **asked) == first
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        world.ask(learner, "public.refund_credits", p_minutes=45, **asked)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"p_reason": ""}, "reason_is_short"),
        ({"p_reason": "x" * 501}, "reason_is_short"),
        ({"p_client_key": ""}, "client_key_is_short"),
        ({"p_client_key": "x" * 201}, "client_key_is_short"),
    ],
)
def test_a_text_of_the_wrong_length_is_refused(
    world: World, sent: dict[str, str], code: str
) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    with world.unchanged(), world.refusing("PT422", code):
        world.ask(learner, "public.refund_credits", p_credit_id=credit.id, **sent)
