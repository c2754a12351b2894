"""Anybody searches the directory: who is active and verified, by name and by what they teach."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World


def search(world: World, person: UUID | None = None, **arguments: Any) -> list[DictRow]:
    return world.ask(person, "public.search_instructors", **arguments)


def names(found: list[DictRow]) -> set[str]:
    return {row["display_name"] for row in found}


def test_a_visitor_finds_who_is_listed(world: World) -> None:
    listed = {
        world.instructor(name="Ann").id,
        world.instructor(name="Bo", org_id=world.organization()).id,
        world.managed_instructor(world.organization(), "Mo"),
    }
    world.instructor(verification_status="pending")
    world.instructor(verification_status="rejected")
    world.instructor(is_active=False)
    world.instructor(is_available=False)
    for person in (None, world.person(), world.admin()):
        assert {row["id"] for row in search(world, person)} == listed


def test_the_rows_are_those_that_a_visitor_may_read(world: World) -> None:
    ann = world.instructor(name="Ann", bio="Calm.", expertise_areas=["parking"])
    world.connection.execute(
        "update public.instructor_details set phone = '+44 1632 960000', license_id = 'L1'"
    )
    (found,) = search(world)
    with world.acting_as(None, "anon"):
        (row,) = world.rows("select * from public.instructors")
    assert found == row
    assert found["id"] == ann.id
    assert not {"phone", "license_id", "fee_bps", "email"} & set(found)


def test_the_directory_itself_shows_visitors_the_listed_only(world: World) -> None:
    shown = world.instructor(name="Ann").id
    world.instructor(verification_status="pending")
    world.instructor(is_active=False)
    for person, role in ((None, "anon"), (world.person(), "authenticated")):
        with world.acting_as(person, role):
            assert [row["id"] for row in world.rows("select id from instructors")] == [shown]
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.count("public.instructor_details")


def test_an_instructor_who_is_verified_appears(world: World) -> None:
    instructor_id = world.call(
        world.person(), "public.become_instructor", p_display_name="Ann", p_hourly_rate_cents=1
    )
    assert search(world) == []
    world.call(
        world.admin(),
        "public.admin_verify_instructor",
        p_instructor_id=instructor_id,
        p_verification_status="verified",
        p_reason="Licence seen",
    )
    assert [row["id"] for row in search(world)] == [instructor_id]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, {"Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"}),
        ("", {"Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"}),
        ("ann", {"Ann Smith", "Anna 100%"}),
        ("N SM", {"Ann Smith"}),
        ("łuk", {"Łukasz"}),
        ("%", {"Anna 100%"}),
        ("_", {"Bo_b"}),
        ("\\", {"back\\slash"}),
        ("a%s", set()),
        ("<b>", {"<b>Eve</b>"}),
        ("'; drop table public.instructors; --", set()),
        ("x" * 1_000_000, set()),
    ],
)
def test_a_query_is_part_of_the_name(world: World, query: str | None, found: set[str]) -> None:
    for name in ("Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"):
        world.instructor(name=name)
    assert names(search(world, p_query=query)) == found


@pytest.mark.parametrize(
    ("areas", "found"),
    [
        (None, {"Ann", "Bo", "Cy"}),
        ([], {"Ann", "Bo", "Cy"}),
        (["parking"], {"Ann", "Bo"}),
        (["parking", "motorway"], {"Bo"}),
        (["Parking"], set()),
        (["<script>"], set()),
        ([None], set()),
        (["x" * 1_000_000], set()),
    ],
)
def test_every_area_is_covered(world: World, areas: list[str] | None, found: set[str]) -> None:
    world.instructor(name="Ann", expertise_areas=["parking"])
    world.instructor(name="Bo", expertise_areas=["motorway", "parking", "night"])
    world.instructor(name="Cy")
    assert names(search(world, p_expertise_areas=areas)) == found


def test_a_school_can_be_asked_for(world: World) -> None:
    school = world.organization()
    world.instructor(name="Ann", org_id=school)
    world.instructor(name="Bo")
    assert names(search(world, p_org_id=school)) == {"Ann"}
    assert names(search(world, p_org_id=school, p_query="bo")) == set()
    assert names(search(world, p_org_id=world.organization())) == set()


def test_pages_follow_one_another(world: World) -> None:
    everybody = sorted(world.instructor().id for _ in range(7))
    paged: list[UUID] = []
    while page := search(world, p_limit=3, p_after=paged[-1] if paged else None):
        assert len(page) <= 3
        paged += [row["id"] for row in page]
    assert paged == everybody


@pytest.mark.parametrize(("limit", "rows"), [(None, 50), (-1, 1), (0, 1), (60, 60), (9999, 200)])
def test_a_page_has_at_most_two_hundred(world: World, limit: int | None, rows: int) -> None:
    world.connection.execute(
        "insert into public.instructors (org_id, display_name, hourly_rate_cents, currency,"
        " time_zone, verification_status)"
        " select private.marketplace_id(), 'Ann', 1, 'gbp', 'Europe/London', 'verified'"
        " from generate_series(1, 201)"
    )
    assert len(search(world, p_limit=limit)) == rows


@pytest.mark.parametrize(
    "areas", [["x" * 101], [""], [None], ["x"] * 51, ["x" * 1_000_000], ["ж" * 101]]
)
def test_areas_that_no_index_holds_are_refused(world: World, areas: list[str]) -> None:
    ann = world.instructor()
    with (
        world.unchanged(),
        world.refusing("23514", "expertise_is_short"),
        world.acting_as(ann.user_id),
    ):
        world.connection.execute("update public.instructors set expertise_areas = %s", [areas])


def test_areas_are_kept_as_they_were_typed(world: World) -> None:
    ann = world.instructor()
    areas = ["<b>", "ж" * 100, *(str(number) for number in range(48))]
    with world.acting_as(ann.user_id):
        world.connection.execute("update public.instructors set expertise_areas = %s", [areas])
    assert search(world, p_expertise_areas=["ж" * 100])[0]["expertise_areas"] == areas
