"""Anybody signed in can offer lessons on the marketplace, once, and waits to be verified."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster


def become_instructor(world: World, person: UUID, **arguments: Any) -> DictRow:
    given = {"p_display_name": "Ann", "p_hourly_rate_cents": 4500} | arguments
    instructor_id = world.call(person, "public.become_instructor", **given)
    return world.row("select * from public.instructors where id = %s", instructor_id)


def test_a_person_becomes_an_unverified_instructor_of_the_marketplace(world: World) -> None:
    person = world.person()
    instructor = become_instructor(world, person, p_bio="Patient.")
    assert (instructor["org_id"], instructor["user_id"]) == (MARKETPLACE, person)
    assert instructor["verification_status"] == "pending"
    assert (instructor["hourly_rate_cents"], instructor["bio"]) == (4500, "Patient.")


def test_currency_and_time_zone_are_the_marketplaces_unless_named(world: World) -> None:
    default = become_instructor(world, world.person())
    assert (default["currency"], default["time_zone"]) == ("gbp", "Europe/London")
    named = become_instructor(
        world, world.person(), p_currency="DKK", p_time_zone="Europe/Copenhagen"
    )
    assert (named["currency"], named["time_zone"]) == ("dkk", "Europe/Copenhagen")


def test_an_instructor_has_a_private_half_and_the_role(world: World) -> None:
    person = world.person()
    instructor = become_instructor(world, person)
    details = world.row(
        "select * from public.instructor_details where instructor_id = %s", instructor["id"]
    )
    assert (details["org_id"], details["payee"], details["fee_bps"]) == (
        MARKETPLACE,
        "instructor",
        None,
    )
    roles = world.rows("select * from public.organization_members where user_id = %s", person)
    assert [(row["org_id"], row["role"]) for row in roles] == [(MARKETPLACE, "instructor")]


def test_nobody_becomes_an_instructor_twice(world: World) -> None:
    person = world.person()
    before = become_instructor(world, person)
    with world.refusing("PT409", "already_an_instructor"):
        become_instructor(world, person, p_hourly_rate_cents=9900)
    assert world.rows("select * from public.instructors where user_id = %s", person) == [before]


def test_a_visitor_is_asked_to_sign_in(world: World) -> None:
    with world.refusing("42501", "sign_in_required"), world.acting_as(None):
        world.value("select public.become_instructor('Ann', 4500)")
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.value("select public.become_instructor('Ann', 4500)")
    assert world.count("public.instructors") == 0


@pytest.mark.parametrize(
    ("arguments", "sqlstate", "code"),
    [
        ({"p_currency": "xyz"}, "PT422", "unknown_currency"),
        ({"p_currency": ""}, "PT422", "unknown_currency"),
        ({"p_hourly_rate_cents": -1}, "PT422", "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": 100_000_000}, "PT422", "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": None}, "PT422", "value_missing"),
        ({"p_display_name": ""}, "PT422", "display_name_is_short"),
        ({"p_display_name": "x" * 201}, "PT422", "display_name_is_short"),
        ({"p_display_name": None}, "PT422", "value_missing"),
        ({"p_bio": "x" * 10_001}, "PT422", "bio_is_short"),
        ({"p_time_zone": "Moon/Base"}, "PT422", "time_zone_is_known"),
        ({"p_time_zone": "Europe/London+3"}, "PT422", "time_zone_is_known"),
    ],
)
def test_a_bad_offer_is_refused_whole(
    world: World, arguments: dict[str, Any], sqlstate: str, code: str
) -> None:
    person = world.person()
    with world.refusing(sqlstate, code):
        become_instructor(world, person, **arguments)
    assert world.count("public.instructors") == 0
    assert world.rows("select * from public.organization_members where user_id = %s", person) == []


def test_of_eight_requests_at_once_one_succeeds(cluster: Cluster, committed_world: World) -> None:
    person = committed_world.person()

    def ask(connection: psycopg.Connection[Any], _: int) -> str:
        become_instructor(World(connection), person)
        return "made"

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 8) as racers:
        outcomes = Counter(racers.race(ask))
    assert outcomes == {"made": 1, Refusal("PT409", "already_an_instructor"): 7}
    assert committed_world.count("public.instructors") == 1
