"""A school adds instructors who have no login; they wait to be verified like everybody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.schools.conftest import School


def add(school: School, caller: UUID, **arguments: Any) -> DictRow:
    given = {"p_org_id": school.id, "p_display_name": "Mo", "p_hourly_rate_cents": 5000}
    instructor_id = school.world.call(caller, "public.add_instructor", **(given | arguments))
    return school.world.row("select * from public.instructors where id = %s", instructor_id)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_adds_an_instructor(school: School, caller: str) -> None:
    added = add(school, school.who(caller), p_display_name=" Mo ", p_bio="<b>Calm</b>")
    assert (added["org_id"], added["user_id"], added["display_name"]) == (school.id, None, "Mo")
    assert (added["hourly_rate_cents"], added["currency"], added["time_zone"]) == (
        5000,
        "gbp",
        "Europe/London",
    )
    assert (added["verification_status"], added["is_active"]) == ("pending", True)
    assert added["bio"] == "<b>Calm</b>"


def test_an_added_instructor_has_a_private_half(school: School) -> None:
    added = add(school, school.owner)
    details = school.world.row(
        "select * from public.instructor_details where instructor_id = %s", added["id"]
    )
    assert (details["org_id"], details["fee_bps"]) == (school.id, None)


def test_the_school_earns_for_an_instructor_without_a_login(school: School) -> None:
    added = add(school, school.owner)
    assert school.world.value("select private.payee_id(%s)", added["id"]) == school.id


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        add(school, person)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.add_instructor(%s, 'Mo', 5000)"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_display_name": None}, "value_missing"),
        ({"p_display_name": "  "}, "display_name_is_short"),
        ({"p_display_name": "x" * 201}, "display_name_is_short"),
        ({"p_display_name": "x" * 1_000_000}, "display_name_is_short"),
        ({"p_hourly_rate_cents": None}, "value_missing"),
        ({"p_hourly_rate_cents": -1}, "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": 100_000_000}, "hourly_rate_can_be_charged"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_bio": "x" * 10_001}, "bio_is_short"),
        ({"p_bio": "x" * 1_000_000}, "bio_is_short"),
        ({"p_time_zone": "Moon/Base"}, "time_zone_is_known"),
    ],
)
def test_a_bad_value_adds_nobody(school: School, arguments: dict[str, Any], code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        add(school, school.owner, **arguments)
