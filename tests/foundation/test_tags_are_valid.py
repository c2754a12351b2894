"""Tags are at most fifty words of 1 to 100 characters, which every index can hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("tags", "tags_are_valid"),
    [
        ([], True),
        (["parking"], True),
        (["ж" * 100], True),
        (["🚗" * 100], True),
        ([" "], True),
        (["x"] * 50, True),
        (["x"] * 51, False),
        (["x" * 101], False),
        ([""], False),
        (["parking", None], False),
        ([["a", "b"], ["c", "d"]], True),
        ([["a", "b" * 101]], False),
    ],
)
def test_tags_are_few_and_short(world: World, tags: list[Any], tags_are_valid: bool) -> None:
    assert world.value("select private.tags_are_valid(%s::text[])", tags) == tags_are_valid


def test_the_longest_tags_fit_into_the_indexes(world: World) -> None:
    tags = [f"{number:02}" + "𒀀" * 98 for number in range(50)]
    ann = world.instructor(expertise_areas=tags)
    world.service(ann, topic_tags=tags)
    for index in ("instructors_expertise_areas_idx", "services_topic_tags_idx"):
        world.connection.execute(f"select gin_clean_pending_list('public.{index}')")
    found = world.ask(None, "public.search_services", p_topic_tags=[tags[-1]])
    assert [row["topic_tags"] for row in found] == [tags]
