"""A referral is of somebody else's first lesson, and never goes round in a circle."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.discounts.steps import (
    booked_with,
    referral_code,
    referrer_of_the_marketplace,
    rewarding,
)
from tests.factories import MARKETPLACE, World


@pytest.fixture
def amy(world: World) -> UUID:
    """A learner of a marketplace that gives 10 % off a first lesson."""
    rewarding(world)
    return referrer_of_the_marketplace(world)


def is_valid(world: World, user_id: UUID, code: str, **arguments: Any) -> bool:
    _, service_id = world.hourly()
    valid: bool = world.check_code(user_id, code, service_id, **arguments)["is_valid"]
    return valid


@pytest.mark.parametrize(("bps", "discount"), [(1000, 450), (5000, 810)])
def test_a_referral_takes_its_part_off_up_to_the_fee(
    world: World, amy: UUID, bps: int, discount: int
) -> None:
    rewarding(world, bps)
    booking = booked_with(world, referral_code(world, amy))
    assert booking.columns["discount_cents"] == discount


def test_nobody_refers_themselves(world: World, amy: UUID) -> None:
    assert not is_valid(world, amy, referral_code(world, amy))


@pytest.mark.parametrize("scope", ["view", "book", "pay"])
def test_nobody_refers_whom_they_answer_for(world: World, amy: UUID, scope: str) -> None:
    """Whatever the referrer may do for the child, and whoever books."""
    child = world.child(MARKETPLACE)
    gil, booker = world.guardian(child, **{scope: True}), world.guardian(child, book=True)
    world.learner(MARKETPLACE, gil, "Gil")
    code, other = referral_code(world, gil), referral_code(world, amy)
    assert not is_valid(world, booker, code, p_learner_id=child)
    assert is_valid(world, booker, other, p_learner_id=child)


@pytest.mark.parametrize("length", [2, 3])
def test_no_circle_closes(world: World, amy: UUID, length: int) -> None:
    first = last = amy
    for _ in range(length - 1):
        booking = booked_with(world, referral_code(world, last))
        last = booking.learner
    code = referral_code(world, last)
    assert not is_valid(world, first, code)
    assert is_valid(world, world.person(), code)


def test_a_referral_is_only_for_the_first_lesson_and_only_one(world: World, amy: UUID) -> None:
    code, other = (
        referral_code(world, amy),
        referral_code(world, referrer_of_the_marketplace(world)),
    )
    learnt = world.lesson().learner
    assert not is_valid(world, learnt, code)
    referred = booked_with(world, code)
    assert not is_valid(world, referred.learner, other)
    world.cancel(referred.learner, referred.id)
    assert is_valid(world, referred.learner, other)


def test_a_code_is_of_its_organization_alone(world: World, amy: UUID) -> None:
    code = referral_code(world, amy)
    school = world.organization()
    instructor = world.instructor(org_id=school)
    service_id = world.service(instructor)
    ben = world.person("Ben")
    world.learner(school, ben)
    assert not world.check_code(ben, code, service_id)["is_valid"]


@pytest.mark.parametrize(
    "change",
    ["is_active = false", "expires_at = private.clock()", "max_uses = 1, uses_count = 1"],
)
def test_a_code_that_is_over_refers_nobody(world: World, amy: UUID, change: str) -> None:
    code = referral_code(world, amy)
    ben = world.person("Ben")
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(f"update public.referral_codes set {change}")
        assert not is_valid(world, ben, code)
    assert is_valid(world, ben, code)
