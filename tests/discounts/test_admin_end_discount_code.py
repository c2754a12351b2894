"""A code that was ended serves nobody new, and whom it has served keeps the price."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.discounts.steps import booked_with, redemption
from tests.factories import World


def end(world: World, user_id: UUID, code_id: UUID, reason: str = "Over") -> None:
    world.call(
        user_id, "public.admin_end_discount_code", p_discount_code_id=code_id, p_reason=reason
    )


def test_what_was_booked_with_it_keeps_its_price(world: World) -> None:
    code_id = world.discount_code(code="Spring")
    booking = booked_with(world, "Spring")
    end(world, world.admin(), code_id)
    _, service_id = world.hourly()
    assert not world.check_code(world.person(), "Spring", service_id)["is_valid"]
    booking.pay()
    assert (booking.payment["captured_cents"], redemption(world)["status"]) == (4810, "redeemed")


@pytest.mark.parametrize(
    ("who", "sqlstate", "refused"),
    [
        ("learner", "42501", "not_an_admin"),
        ("unknown", "PT404", "code_not_found"),
        ("no reason", "PT422", "reason_required"),
    ],
)
def test_refusals(world: World, who: str, sqlstate: str, refused: str) -> None:
    code_id = world.discount_code(code="Spring")
    user_id = world.person() if who == "learner" else world.admin()
    with world.unchanged(), world.refusing(sqlstate, refused):
        end(
            world,
            user_id,
            uuid4() if who == "unknown" else code_id,
            "" if who == "no reason" else "Over",
        )
