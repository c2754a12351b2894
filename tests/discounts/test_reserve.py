"""Booking says nothing about a code that its caller has not checked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World


@pytest.mark.parametrize("code", ["Spring", "Winter", ""])
def test_a_code_that_was_not_checked_is_refused_whether_it_exists_or_not(
    world: World, code: str
) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    slot_id = world.slot(service_id)
    ben = world.person("Ben")
    with world.unchanged(), world.refusing("PT422", "code_not_checked"):
        world.book(ben, slot_id, p_discount_code=code)


def test_somebody_elses_check_is_none(world: World) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    world.check_code(world.person("Cleo"), "Spring", service_id)
    slot_id, ben = world.slot(service_id), world.person("Ben")
    with world.unchanged(), world.refusing("PT422", "code_not_checked"):
        world.book(ben, slot_id, p_discount_code="Spring")


def test_a_check_lasts_for_a_day(world: World) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    slot_id, ben = world.slot(service_id, world.in_days(4)), world.person("Ben")
    world.check_code(ben, "Spring", service_id)
    checked_at = world.now()
    world.travel(to=checked_at + timedelta(days=1))
    with world.unchanged(), world.refusing("PT422", "code_not_checked"):
        world.book(ben, slot_id, p_discount_code="Spring")
    world.travel(to=checked_at + timedelta(days=1, seconds=-1))
    assert world.book(ben, slot_id, p_discount_code="Spring")["amount_cents"] == 4810


def test_a_code_that_has_ended_since_it_was_checked_is_refused(world: World) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    slot_id, ben = world.slot(service_id), world.person("Ben")
    world.check_code(ben, "Spring", service_id)
    world.connection.execute("update public.discount_codes set is_active = false")
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.book(ben, slot_id, p_discount_code="Spring")


def test_a_code_and_rewards_are_not_taken_together(world: World) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    slot_id, ben = world.slot(service_id), world.person("Ben")
    world.check_code(ben, "Spring", service_id)
    with world.unchanged(), world.refusing("PT422", "one_discount_at_a_time"):
        world.book(ben, slot_id, p_discount_code="Spring", p_use_rewards=True)


def test_prepaid_hours_have_their_price_already(world: World) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.hours(ben, instructor, 2)
    world.discount_code(code="Spring")
    slot_id = world.slot(service_id)
    world.check_code(ben, "Spring", service_id)
    for discount in ({"p_discount_code": "Spring"}, {"p_use_rewards": True}):
        with world.unchanged(), world.refusing("PT422", "discount_with_credit"):
            world.book(ben, slot_id, p_use_credits=True, **discount)


def test_what_is_left_must_be_enough_for_a_card(world: World) -> None:
    """The smallest payment in pounds is 0.30."""
    _, service_id = world.hourly()
    world.discount_code(code="Almost", amount_cents=5281, currency="gbp", may_exceed_fee=True)
    world.discount_code(code="Just", amount_cents=5280, currency="gbp", may_exceed_fee=True)
    slot_id, ben = world.slot(service_id), world.person("Ben")
    for code in ("Almost", "Just"):
        assert world.check_code(ben, code, service_id)["is_valid"]
    with world.unchanged(), world.refusing("PT422", "amount_too_small"):
        world.book(ben, slot_id, p_discount_code="Almost")
    assert world.book(ben, slot_id, p_discount_code="Just")["amount_cents"] == 30
