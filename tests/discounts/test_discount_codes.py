"""Codes are made by the platform's admins alone, and are what they say.
A code that was ended serves nobody new, and whom it has served keeps the price.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.discounts.steps import booked_with, redemption
from tests.factories import MARKETPLACE, World


def create(world: World, code: str = "Spring", **arguments: Any) -> Any:
    given = {"p_code": code, "p_reason": "A sale"} | arguments
    return world.call(world.admin(), "public.admin_create_discount_code", **given)


def test_an_admin_makes_a_code(world: World) -> None:
    code_id = create(world, p_amount_cents=500, p_currency="GBP", p_max_uses=3)
    code = world.row("select * from public.discount_codes where id = %s", code_id)
    assert code["starts_at"] <= world.now()
    given = {
        "org_id": None,
        "code": "Spring",
        "amount_cents": 500,
        "currency": "gbp",
        "discount_bps": None,
        "may_exceed_fee": False,
        "max_uses": 3,
        "uses_count": 0,
        "max_uses_per_learner": 1,
        "is_first_lesson_only": False,
        "expires_at": None,
        "is_active": True,
    }
    assert given.items() <= code.items()
    _, service_id = world.hourly()
    assert world.check_code(world.person(), "spring", service_id)["discount_cents"] == 500


def test_a_code_is_unique_in_its_organization_without_case(world: World) -> None:
    create(world, p_discount_bps=1000)
    create(world, p_discount_bps=1000, p_org_id=MARKETPLACE)
    for org_id in (None, MARKETPLACE):
        with world.refusing("PT409", "code_exists"):
            create(world, "SPRING", p_discount_bps=1000, p_org_id=org_id)
    assert world.count("public.discount_codes") == 2


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ({}, "it_is_an_amount_or_a_percentage"),
        (
            {"p_discount_bps": 1, "p_amount_cents": 1, "p_currency": "gbp"},
            "it_is_an_amount_or_a_percentage",
        ),
        ({"p_amount_cents": 100}, "an_amount_has_a_currency"),
        ({"p_discount_bps": 100, "p_currency": "gbp"}, "an_amount_has_a_currency"),
        ({"p_amount_cents": 0, "p_currency": "gbp"}, "amount_is_sensible"),
        ({"p_amount_cents": -1, "p_currency": "gbp"}, "amount_is_sensible"),
        ({"p_amount_cents": 2**63 - 1, "p_currency": "gbp"}, "amount_is_sensible"),
        ({"p_discount_bps": 10001}, "percentage_is_a_fraction"),
        ({"p_discount_bps": 0}, "percentage_is_a_fraction"),
        ({"p_discount_bps": -1}, "percentage_is_a_fraction"),
        ({"p_discount_bps": 1, "p_max_uses": 0}, "uses_are_within_the_maximum"),
        ({"p_discount_bps": 1, "p_max_uses_per_learner": 0}, "each_learner_may_use_it"),
        ({"p_discount_bps": 1, "p_max_uses_per_learner": None}, "value_missing"),
        ({"p_discount_bps": 1, "p_may_exceed_fee": None}, "value_missing"),
        ({"p_discount_bps": 1, "p_code": "ab"}, "code_is_plain"),
        ({"p_discount_bps": 1, "p_code": "with space"}, "code_is_plain"),
        ({"p_discount_bps": 1, "p_code": None}, "value_missing"),
        ({"p_amount_cents": 1, "p_currency": "xxx"}, "unknown_currency"),
    ],
)
def test_what_is_no_code(world: World, arguments: dict[str, Any], refused: str) -> None:
    with world.refusing("PT422", refused):
        create(world, **arguments)
    assert world.count("public.discount_codes") == 0


def test_a_code_ends_after_it_starts(world: World) -> None:
    now = world.now()
    with world.refusing("PT422", "end_is_after_start"):
        create(world, p_discount_bps=1, p_starts_at=now + timedelta(days=1), p_expires_at=now)


def test_the_organization_must_exist(world: World) -> None:
    with world.refusing("PT404", "organization_not_found"):
        create(world, p_discount_bps=1, p_org_id=world.person())


@pytest.mark.parametrize("role", ["owner", "admin", "learner"])
def test_who_is_no_platform_admin_makes_none(world: World, role: str) -> None:
    school = world.organization()
    member = world.member(school, role)
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            member,
            "public.admin_create_discount_code",
            p_code="Spring",
            p_reason="A sale",
            p_org_id=school,
            p_discount_bps=1000,
        )


def test_a_reason_is_asked_for(world: World) -> None:
    with world.refusing("PT422", "reason_required"):
        create(world, p_discount_bps=1, p_reason=" ")


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
