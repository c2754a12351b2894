"""The pure helpers that every room uses: tags, time zones, ids, search patterns and pages."""

from __future__ import annotations

from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World


@pytest.mark.parametrize(
    ("tags", "tags_are_valid"),
    [
        ([], True),
        (["parking"], True),
        (["ж" * 100], True),
        (["🚗" * 100], True),
        ([" "], False),
        (["\u200b"], False),
        (["a\nb"], False),
        (["\u202eparking"], False),
        (["x"] * 50, True),
        (["x"] * 51, False),
        (["x" * 101], False),
        ([""], False),
        (["parking", None], False),
        ([["a", "b"], ["c", "d"]], False),
        ([["a", "b" * 101]], False),
    ],
)
def test_tags_are_few_and_short(world: World, tags: list[Any], tags_are_valid: bool) -> None:
    assert world.value("select private.tags_are_valid(%s::text[])", tags) == tags_are_valid


def test_a_list_is_counted_from_one(world: World) -> None:
    assert not world.value("select private.tags_are_valid('[5:6]={a,b}')")


def test_the_longest_tags_fit_into_the_indexes(world: World) -> None:
    tags = [f"{number:02}" + "𒀀" * 98 for number in range(50)]
    ann = world.instructor(expertise_areas=tags)
    world.service(ann, topic_tags=tags)
    for index in ("instructors_expertise_areas_idx", "services_topic_tags_idx"):
        world.connection.execute(f"select gin_clean_pending_list('public.{index}')")
    found = world.ask(None, "public.search_services", p_topic_tags=[tags[-1]])
    assert [row["topic_tags"] for row in found] == [tags]


PIECES = [
    "Europe",
    "London",
    "Etc",
    "GMT",
    "Foo",
    "America",
    "Port-au-Prince",
    "UTC",
    "BST",
    "posix",
]


@pytest.mark.parametrize(
    "name",
    [
        "UTC",
        "Europe/London",
        "America/New_York",
        "America/Argentina/Buenos_Aires",
        "America/Port-au-Prince",
        "Australia/Lord_Howe",
        "Etc/GMT+12",
        "Etc/GMT-14",
        "Etc/UTC",
    ],
)
def test_a_name_of_the_iana_database_is_a_time_zone(world: World, name: str) -> None:
    assert world.value("select private.is_time_zone(%s)", name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "London",
        "Europe/Londn",
        "europe/london",
        "Europe/london",
        "EUROPE/LONDON",
        "Etc/gmt+1",
        " Europe/London",
        "Europe/London\n",
        "Europe/London; select 1",
        # Abbreviations and offsets know no summer time.
        "BST",
        "EST",
        "GMT",
        "+01:00",
        "5",
        # Postgres reads these as POSIX rules: a made-up name, and hours to the west.
        "Foo/Bar5",
        "Europe/London+3",
        "America/New_York-1",
        "Etc/GMT+13",
        "Etc/GMT-15",
        "Etc/GMT+99",
        "EST5EDT",
        "<+03>-3",
        # Files that lie beside the database.
        "posix/Europe/London",
        "right/Europe/London",
        "posixrules",
        "../../../etc/passwd",
    ],
)
def test_nothing_else_is_a_time_zone(world: World, name: str) -> None:
    assert not world.value("select private.is_time_zone(%s)", name)


@pytest.fixture
def known(world: World) -> list[str]:
    return [row["name"] for row in world.rows("select name from pg_timezone_names")]


def test_every_place_of_the_iana_database_is_a_time_zone(world: World, known: list[str]) -> None:
    places = [name for name in known if "/" in name]
    refused = world.rows(
        "select name from unnest(%s::text[]) name where not private.is_time_zone(name)", places
    )
    assert refused == []


@pytest.mark.slow
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(
        st.lists(
            st.sampled_from(PIECES) | st.from_regex(r"[A-Za-z_0-9+<>,-]{1,3}", fullmatch=True),
            min_size=1,
            max_size=4,
        ).map("/".join)
        | st.tuples(
            st.sampled_from(["Europe/London", "Etc/GMT", "Foo/Bar", "UTC"]),
            st.from_regex(r"[+-]?[0-9]{0,3}([A-Z]{3})?", fullmatch=True),
        ).map("".join),
        min_size=20,
        max_size=100,
    )
)
def test_whatever_is_accepted_is_in_the_iana_database(
    world: World, known: list[str], names: list[str]
) -> None:
    accepted = world.rows(
        "select lower(name) as name from unnest(%s::text[]) name where private.is_time_zone(name)",
        names,
    )
    assert {row["name"] for row in accepted} <= {name.lower() for name in known}


ID = UUID("c5f0f6a2-6f0b-4f0e-8b0a-0d9a3a1b2c3d")


@pytest.mark.parametrize("text", [str(ID), str(ID).upper(), ID.hex])
def test_a_uuid_is_read_in_every_spelling(world: World, text: str) -> None:
    assert world.value("select private.uuid_or_null(%s)", text) == ID


@pytest.mark.parametrize("text", [None, "", "null", f"{ID}x", str(ID)[:-1], "pi_123", "é"])
def test_anything_else_is_null(world: World, text: str | None) -> None:
    assert world.value("select private.uuid_or_null(%s)", text) is None


@pytest.mark.slow
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_no_text_is_an_error(world: World, text: str) -> None:
    world.value("select private.uuid_or_null(%s)", text)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
odd_texts = st.text(st.sampled_from("%_\\ab"), max_size=6)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sought=texts | odd_texts, before=texts | odd_texts, after=texts | odd_texts)
def test_a_text_contains_itself(world: World, sought: str, before: str, after: str) -> None:
    contains = "select %s like private.like_pattern(%s)"
    assert world.value(contains, before + sought + after, sought)
    assert world.value(contains, before + after, sought) == (sought in before + after)


def test_no_text_is_no_pattern(world: World) -> None:
    assert world.value("select private.like_pattern(null)") is None


@pytest.mark.parametrize(
    ("asked", "given_rows"),
    [(None, 50), (-1, 1), (0, 1), (1, 1), (200, 200), (201, 200), (2**31 - 1, 200)],
)
def test_a_page_has_from_one_to_two_hundred_rows(
    world: World, asked: int | None, given_rows: int
) -> None:
    assert world.value("select private.page_size(%s::integer)", asked) == given_rows


@pytest.mark.parametrize(
    ("cents", "part", "whole", "share"),
    [
        (1000, 1800, 10000, 180),
        (333, 1, 2, 167),
        (1, 1, 2, 1),
        (1, 1, 3, 0),
        (5310, 5310, 5310, 5310),
        (0, 1, 2, 0),
        (100, 0, 3, 0),
        (100, 1, 0, 0),
        (0, 0, 0, 0),
    ],
)
def test_a_share_is_rounded_half_up(
    world: World, cents: int, part: int, whole: int, share: int
) -> None:
    assert world.value("select private.prorate(%s, %s, %s)", cents, part, whole) == share


def test_a_text_makes_a_uuid_of_its_own(world: World) -> None:
    made = [world.value("select private.uuid_of(%s)", text) for text in ("a", "b", "é", "", "a")]
    assert made[0] == made[4] == UUID("ca978112-ca1b-8dca-bac2-31b39a23dc4d")
    assert len(set(made)) == 4
    assert {(uuid.version, uuid.variant) for uuid in made} == {(8, RFC_4122)}
