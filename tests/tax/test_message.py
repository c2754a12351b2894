"""What HMRC is told of a year: each seller once, in whole units."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.tax.steps import lesson_at_school, register, save


def told(world: World, year: int | None = None) -> dict[str, Any]:
    (row,) = world.serve("jobs", "private.platform_message", p_year=year or world.now().year)
    message: dict[str, Any] = row["platform_message"]
    return message


def test_the_operator_is_where_the_platform_is_at_home(world: World) -> None:
    assert told(world)["operator"] is None
    register(world)
    register(world, "IE")
    assert told(world)["operator"] == {
        "country": "GB",
        "name": "LPlate Ltd",
        "address": "2 Low Street, Leeds",
        "vat_number": "GB123456789",
        "business_name": world.value(
            "select name from public.organizations where id = private.platform_id()"
        ),
    }
    assert told(world)["sellers"] == []


def test_a_person_at_two_organizations_is_one_seller(world: World) -> None:
    here = world.lesson()
    school = world.organization()
    there = world.instructor(org_id=school, user_id=here.instructor.user_id)
    booking = lesson_at_school(world, there, world.in_days(9))
    booking.pay()
    booking.complete()
    save(world, here.instructor.user_id)
    (seller,) = told(world)["sellers"]
    assert (seller["legal_name"], seller["tax_ids"]) == ("Ann Mary Lee", {"GB": "AB123456C"})
    # 45.00 each: rounded once, as a whole.
    assert sum(seller["consideration"]) == 90
    assert sum(seller["activities"]) == 2
    assert seller["account_ids"] == []


def test_people_without_a_tax_number_are_two_even_of_one_name(world: World) -> None:
    for _ in range(2):
        lesson = world.lesson()
        save(world, lesson.instructor.user_id, p_tax_ids=Jsonb({}))
    assert len(told(world)["sellers"]) == 2


def test_who_has_said_nothing_is_left_to_the_findings(world: World) -> None:
    world.lesson()
    assert told(world)["sellers"] == []
    (row,) = world.serve("jobs", "private.platform_report", p_year=world.now().year)
    assert row["missing"] == "seller_details"


@pytest.mark.parametrize(
    ("cents", "currency", "units"),
    [
        (4449, "gbp", 44),
        (4450, "gbp", 45),
        (4550, "gbp", 46),
        (-4450, "gbp", -45),
        (-4449, "gbp", -44),
        (450, "jpy", 450),
        (0, "gbp", 0),
    ],
)
def test_amounts_are_whole_units(world: World, cents: int, currency: str, units: int) -> None:
    assert world.value("select private.whole_units(%s, %s)", cents, currency) == units


@pytest.mark.parametrize("year", [None, 1999, 2101])
def test_a_year_that_is_none_is_refused(world: World, year: int | None) -> None:
    with world.refusing("PT422", "bad_year"):
        world.serve("jobs", "private.platform_message", p_year=year)
