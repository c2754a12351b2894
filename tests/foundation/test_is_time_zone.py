"""A time zone is a name of the IANA database: Postgres itself would take much else for one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World

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
