"""Who joins the marketplace with a first booking, and who must be added by a school."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, World
from tests.races import Racers
from tools.cluster import Cluster


def ensure_learner(world: World, person: UUID | None, org_id: UUID | None) -> DictRow:
    return world.row("select * from private.ensure_learner(%s, %s)", person, org_id)


def test_the_marketplace_takes_a_person_in_once(world: World) -> None:
    person = world.person("Ben", "ben@example.org")
    world.connection.execute("update public.profiles set phone = '1'")
    learner = ensure_learner(world, person, MARKETPLACE)
    assert learner["full_name"] == "Ben"
    assert world.row("select learner_id, email, phone from public.learner_contacts") == {
        "learner_id": learner["id"],
        "email": "ben@example.org",
        "phone": "1",
    }
    assert ensure_learner(world, person, MARKETPLACE) == learner
    assert world.count("public.learners") == 1


def test_a_learner_has_a_private_half_and_the_role(world: World) -> None:
    person = world.person()
    learner = ensure_learner(world, person, MARKETPLACE)
    details = world.row("select * from public.learner_details")
    assert (details["learner_id"], details["org_id"]) == (learner["id"], MARKETPLACE)
    roles = world.rows("select * from public.organization_members where user_id = %s", person)
    assert [(row["org_id"], row["role"]) for row in roles] == [(MARKETPLACE, "learner")]


@pytest.mark.parametrize("name", ["", None])
def test_a_person_without_a_name_is_a_learner_too(world: World, name: str | None) -> None:
    person = world.person()
    world.connection.execute(
        "update public.profiles set full_name = %s, display_name = %s", [name, name]
    )
    assert ensure_learner(world, person, MARKETPLACE)["full_name"] == "Learner"


def test_a_display_name_stands_in_for_the_full_name(world: World) -> None:
    person = world.person()
    world.connection.execute("update public.profiles set full_name = '', display_name = 'Benny'")
    assert ensure_learner(world, person, MARKETPLACE)["full_name"] == "Benny"


def test_a_schools_learner_is_known_there(world: World) -> None:
    school, person = world.organization(), world.person()
    learner_id = world.learner(school, person)
    assert ensure_learner(world, person, school)["id"] == learner_id


def test_a_school_is_not_joined_by_booking(world: World) -> None:
    school, person = world.organization(), world.person()
    ensure_learner(world, person, MARKETPLACE)
    with world.refusing("42501", "not_a_learner_here"):
        ensure_learner(world, person, school)
    assert world.rows("select * from public.learners where org_id = %s", school) == []


def test_nobody_and_nowhere_are_refused(world: World) -> None:
    with world.refusing("42501", "not_a_learner_here"):
        ensure_learner(world, uuid4(), MARKETPLACE)
    with world.refusing("42501", "not_a_learner_here"):
        ensure_learner(world, None, MARKETPLACE)
    with world.refusing("42501", "not_a_learner_here"):
        ensure_learner(world, world.person(), None)
    assert world.count("public.learners") == 0


def test_of_eight_first_bookings_at_once_one_makes_the_learner(
    cluster: Cluster, committed_world: World
) -> None:
    person = committed_world.person()

    def act(connection: psycopg.Connection[Any], _: int) -> UUID:
        learner_id: UUID = ensure_learner(World(connection), person, MARKETPLACE)["id"]
        return learner_id

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 8) as racers:
        outcomes = set(racers.race(act))
    assert outcomes == {committed_world.value("select id from public.learners")}
