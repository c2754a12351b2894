"""Anybody searches what is on offer, by its title, its tags, its level and its school."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World


def search(world: World, person: UUID | None = None, **arguments: Any) -> list[DictRow]:
    return world.ask(person, "public.search_services", **arguments)


def titles(found: list[DictRow]) -> set[str]:
    return {row["title"] for row in found}


def test_a_visitor_finds_what_is_on_offer(world: World) -> None:
    ann = world.instructor()
    offered = {world.service(ann), world.service(ann, instructor_id=None)}
    world.service(ann, is_active=False)
    for unlisted in (
        {"verification_status": "pending"},
        {"verification_status": "rejected"},
        {"is_active": False},
        {"is_available": False},
    ):
        world.service(world.instructor(**unlisted))
    for person in (None, world.person(), world.admin()):
        assert {row["id"] for row in search(world, person)} == offered


def test_the_rows_are_those_that_a_visitor_may_read(world: World) -> None:
    world.service(world.instructor(), topic_tags=["parking"], level="beginner")
    (found,) = search(world)
    with world.acting_as(None, "anon"):
        (row,) = world.rows("select * from public.services")
    assert found == row


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, {"Python Basics", "100% Python", "Bo_b", "<b>Yoga</b>"}),
        ("python", {"Python Basics", "100% Python"}),
        ("BASIC", {"Python Basics"}),
        ("%", {"100% Python"}),
        ("_", {"Bo_b"}),
        ("\\", set()),
        ("<b>", {"<b>Yoga</b>"}),
        ("' or true --", set()),
        ("x" * 1_000_000, set()),
    ],
)
def test_a_query_is_part_of_the_title(world: World, query: str | None, found: set[str]) -> None:
    ann = world.instructor()
    for title in ("Python Basics", "100% Python", "Bo_b", "<b>Yoga</b>"):
        world.service(ann, title=title)
    assert titles(search(world, p_query=query)) == found


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (None, {"A", "B", "C"}),
        ([], {"A", "B", "C"}),
        (["python"], {"A", "B"}),
        (["python", "data"], {"B"}),
        (["PYTHON"], set()),
        (["x" * 1_000_000], set()),
    ],
)
def test_every_tag_is_carried(world: World, tags: list[str] | None, found: set[str]) -> None:
    ann = world.instructor()
    world.service(ann, title="A", topic_tags=["python"])
    world.service(ann, title="B", topic_tags=["data", "python"])
    world.service(ann, title="C")
    assert titles(search(world, p_topic_tags=tags)) == found


@pytest.mark.parametrize("tags", [[None], ["\u2800"], [["a", "b"], ["c", "d"]]], ids=ascii)
def test_what_no_service_can_carry_is_not_searched(world: World, tags: list[Any]) -> None:
    with world.refusing("PT422", "tags_are_lines"):
        search(world, p_topic_tags=tags)


def test_level_and_school_narrow_it_down(world: World) -> None:
    school = world.organization()
    here, there = world.instructor(org_id=school), world.instructor()
    world.service(here, title="A", level="beginner", topic_tags=["x"])
    world.service(here, title="B", level="advanced")
    world.service(there, title="C", level="beginner")
    assert titles(search(world, p_level="beginner")) == {"A", "C"}
    assert titles(search(world, p_org_id=school)) == {"A", "B"}
    assert titles(search(world, p_org_id=school, p_level="beginner", p_topic_tags=["x"])) == {"A"}


def test_pages_follow_one_another(world: World) -> None:
    ann = world.instructor()
    everything = sorted(world.service(ann) for _ in range(7))
    paged: list[UUID] = []
    while page := search(world, p_limit=3, p_after=paged[-1] if paged else None):
        assert len(page) <= 3
        paged += [row["id"] for row in page]
    assert paged == everything


@pytest.mark.parametrize(("limit", "rows"), [(None, 50), (-5, 1), (0, 1), (9999, 200)])
def test_a_page_has_at_most_two_hundred(world: World, limit: int | None, rows: int) -> None:
    ann = world.instructor()
    world.connection.execute(
        "insert into public.services (org_id, instructor_id, title, duration_minutes, currency)"
        " select %s, %s, 'Lesson ' || number, 60, 'gbp' from generate_series(1, 201) number",
        [ann.org_id, ann.id],
    )
    assert len(search(world, p_limit=limit)) == rows
