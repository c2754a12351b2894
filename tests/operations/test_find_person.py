"""Support finds a person by e-mail address, in every school, and that is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.rows import DictRow

from tests.factories import World
from tests.schools.conftest import School


def find(world: World, caller: Any, email: str | None, reason: str = "A call") -> list[DictRow]:
    return world.ask(caller, "public.admin_find_person", p_email=email, p_reason=reason)


def test_a_person_is_found_in_every_school(school: School) -> None:
    world, admin = school.world, school.world.admin()
    other = world.organization()
    learner_id = world.learner(other, school.admin)
    rows = find(world, admin, f"  {world.email(school.admin).upper()} ")
    assert {row["user_id"] for row in rows} == {school.admin}
    assert [(row["standing"], row["org_id"]) for row in rows if row["org_id"] is None] == [
        ("login", None)
    ]
    standings = {(row["standing"], row["org_id"]) for row in rows}
    assert {("member_admin", school.id), ("learner", other)} <= standings
    assert learner_id in {row["id"] for row in rows}


def test_looking_somebody_up_is_recorded(school: School) -> None:
    world, admin = school.world, school.world.admin()
    find(world, admin, world.email(school.learner), "A call about a lesson")
    (entry,) = world.rows(
        "select * from public.audit_logs where reason = 'A call about a lesson' and user_id = %s",
        admin,
    )
    assert (entry["entity_type"], entry["entity_id"]) == ("profiles", str(school.learner))


def test_an_unknown_address_finds_nobody(school: School) -> None:
    world, admin = school.world, school.world.admin()
    for email in ("nobody@example.org", "", None):
        with world.unchanged(), world.refusing("PT404", "person_not_found"):
            find(world, admin, email)


@pytest.mark.parametrize("caller", ["owner", "admin", "instructor", "learner", "stranger"])
def test_nobody_else_finds_anybody(school: School, caller: str) -> None:
    world = school.world
    email, person = world.email(school.learner), school.who(caller)
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        find(world, person, email)
