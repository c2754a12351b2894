"""A school adds learners who have no login, with what only it and they may know."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.schools.conftest import School


def add(school: School, caller: UUID, **arguments: Any) -> DictRow:
    given = {"p_org_id": school.id, "p_full_name": "Kit"}
    learner_id = school.world.call(caller, "public.add_learner", **(given | arguments))
    return school.world.row(
        "select * from public.learners learner"
        " join public.learner_details details on details.learner_id = learner.id"
        " where learner.id = %s",
        learner_id,
    )


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_adds_a_learner(school: School, caller: str) -> None:
    given = {
        "full_name": "Kit <i>Smith</i>",
        "email": "kit@example.org",
        "phone": "+44 1632 960000",
        "date_of_birth": date(2015, 6, 1),
        "notes": "<script>",
    }
    arguments = {f"p_{name}": value for name, value in given.items()}
    added = add(school, school.who(caller), **arguments)
    assert given.items() <= added.items()
    assert (added["org_id"], added["user_id"]) == (school.id, None)


def test_a_name_is_enough(school: School) -> None:
    added = add(school, school.owner, p_full_name=" Kit ")
    assert (added["full_name"], added["email"], added["date_of_birth"]) == ("Kit", None, None)


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        add(school, person)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.add_learner(%s, 'Kit')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_full_name": None}, "value_missing"),
        ({"p_full_name": " "}, "full_name_is_short"),
        ({"p_full_name": "x" * 201}, "full_name_is_short"),
        ({"p_full_name": "x" * 1_000_000}, "full_name_is_short"),
        ({"p_email": "x" * 321}, "contact_is_short"),
        ({"p_phone": "x" * 41}, "contact_is_short"),
        ({"p_date_of_birth": "1899-12-31"}, "birth_is_plausible"),
        ({"p_date_of_birth": "infinity"}, "birth_is_plausible"),
        ({"p_notes": "x" * 10_001}, "notes_are_short"),
        ({"p_notes": "x" * 1_000_000}, "notes_are_short"),
    ],
)
def test_a_bad_value_adds_nobody(school: School, arguments: dict[str, Any], code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        add(school, school.owner, **arguments)


def test_nobody_is_born_tomorrow(school: School) -> None:
    today = school.world.value("select (private.clock() at time zone 'UTC')::date")
    with school.world.unchanged(), school.world.refusing("PT422", "birth_is_plausible"):
        add(school, school.owner, p_date_of_birth=today + timedelta(days=1))
    assert add(school, school.owner, p_date_of_birth=today)["date_of_birth"] == today
