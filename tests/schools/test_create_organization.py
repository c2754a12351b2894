"""Everybody signed in can found a school, and owns it; what the platform earns is not theirs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World

ACE = {"p_name": "Ace Drivers", "p_time_zone": "Europe/London", "p_currency": "gbp"}
HUGE = "x" * 1_000_000


def found(world: World, person: UUID, **arguments: Any) -> DictRow:
    org_id = world.call(person, "public.create_organization", **(ACE | arguments))
    return world.row("select * from public.organizations where id = %s", org_id)


def test_the_founder_owns_the_school(world: World) -> None:
    person = world.person()
    school = found(world, person, p_tax_id="GB123")
    assert (school["name"], school["slug"], school["tax_id"]) == (
        "Ace Drivers",
        "ace-drivers",
        "GB123",
    )
    assert (school["time_zone"], school["currency"]) == ("Europe/London", "gbp")
    assert world.rows("select user_id, role::text from public.organization_members") == [
        {"user_id": person, "role": "owner"}
    ]


def test_a_school_begins_on_the_platforms_terms(world: World) -> None:
    school = found(world, world.person())
    assert (school["fee_mode"], school["fee_bps"], school["fee_refundable"]) == (
        "on_top",
        1800,
        True,
    )
    assert (school["payout_weekday"], school["checkout_hold_minutes"]) == (5, 15)
    assert (school["max_open_holds"], school["is_marketplace"]) == (3, False)


def test_the_currency_may_be_in_capitals(world: World) -> None:
    assert found(world, world.person(), p_currency="AUD")["currency"] == "aud"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; drop table x; --", "Ä & Ö 🚗"])
def test_a_name_is_kept_as_it_was_typed(world: World, name: str) -> None:
    school = found(world, world.person(), p_name=f"  {name} ")
    assert school["name"] == name


@pytest.mark.parametrize("name", ["Автошкола", "教習所", "!!!", "x" * 100])
def test_every_name_has_a_slug(world: World, name: str) -> None:
    slug = found(world, world.person(), p_name=name)["slug"]
    assert 1 <= len(slug) <= 80
    assert found(world, world.person(), p_name="Other", p_slug=f"{slug[:70]}-2")


def test_a_taken_slug_is_refused_and_another_is_not(world: World) -> None:
    found(world, world.person())
    person = world.person()
    with world.unchanged(), world.refusing("PT409", "slug_taken"):
        found(world, person, p_name="ACE drivers!")
    assert found(world, person, p_slug="ace-2")["name"] == "Ace Drivers"


def test_a_person_founds_several(world: World) -> None:
    person = world.person()
    schools = {found(world, person, p_name=name)["id"] for name in ("Ace", "Oak")}
    with world.acting_as(person):
        roles = world.rows("select * from public.my_roles")
    assert {(row["org_id"], row["role"]) for row in roles} == {(id, "owner") for id in schools}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_name": None}, "value_missing"),
        ({"p_name": ""}, "name_is_short"),
        ({"p_name": "   "}, "name_is_short"),
        ({"p_name": "x" * 201}, "name_is_short"),
        ({"p_name": HUGE}, "name_is_short"),
        ({"p_slug": ""}, "slug_is_url_safe"),
        ({"p_slug": "Ace Drivers"}, "slug_is_url_safe"),
        ({"p_slug": "-ace"}, "slug_is_url_safe"),
        ({"p_slug": "../ace"}, "slug_is_url_safe"),
        ({"p_slug": "a" * 81}, "slug_is_url_safe"),
        ({"p_slug": HUGE}, "slug_is_url_safe"),
        ({"p_tax_id": "x" * 41}, "tax_id_is_short"),
        ({"p_time_zone": None}, "value_missing"),
        ({"p_time_zone": ""}, "time_zone_is_known"),
        ({"p_time_zone": "Europe/Londn"}, "time_zone_is_known"),
        ({"p_time_zone": "Europe/London+3"}, "time_zone_is_known"),
        ({"p_time_zone": HUGE}, "time_zone_is_known"),
        ({"p_currency": None}, "unknown_currency"),
        ({"p_currency": ""}, "unknown_currency"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_currency": HUGE}, "unknown_currency"),
    ],
)
def test_a_bad_value_founds_nothing(world: World, arguments: dict[str, Any], code: str) -> None:
    person = world.person()
    with world.unchanged(), world.refusing("PT422", code):
        found(world, person, **arguments)


def test_a_visitor_founds_nothing(world: World) -> None:
    call = "select public.create_organization('Ace', 'Europe/London', 'gbp')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call)
        guest = world.acting_as(world.value("select gen_random_uuid()"), is_anonymous=True)
        with world.refusing("42501", "sign_in_required"), guest:
            world.value(call)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call)
