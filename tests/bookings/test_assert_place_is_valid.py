"""A place to be picked up or dropped off at is an address, a pair of coordinates, or both."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World


@pytest.fixture(params=["p_pickup", "p_dropoff"])
def which(request: pytest.FixtureRequest) -> str:
    parameter: str = request.param
    return parameter


def stored(world: World, which: str) -> tuple[Any, ...]:
    name = which.removeprefix("p_")
    row = world.row(f"select {name}_address, {name}_lat, {name}_lng from public.bookings")
    return tuple(value if isinstance(value, str | None) else float(value) for value in row.values())


@pytest.mark.parametrize(
    ("place", "columns"),
    [
        (None, (None, None, None)),
        (Jsonb(None), (None, None, None)),
        (Jsonb({}), (None, None, None)),
        (Jsonb({"address": "1 High Street"}), ("1 High Street", None, None)),
        (Jsonb({"lat": 51.5, "lng": -0.12}), (None, 51.5, -0.12)),
        (Jsonb({"address": None, "lat": 90, "lng": 180}), (None, 90, 180)),
        (Jsonb({"address": "Ø 🚗", "lat": None, "lng": None}), ("Ø 🚗", None, None)),
    ],
)
def test_a_place_is_kept_with_the_booking(
    world: World, which: str, place: Jsonb | None, columns: tuple[Any, ...]
) -> None:
    world.book(world.person(), world.slot(world.service(world.instructor())), **{which: place})
    assert stored(world, which) == columns


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("1 High Street", "bad_place"),
        (["1 High Street"], "bad_place"),
        (51.5, "bad_place"),
        (True, "bad_place"),
        ({"address": 1}, "bad_place"),
        ({"address": {"street": "High Street"}}, "bad_place"),
        ({"lat": 51.5}, "bad_place"),
        ({"lng": 0.1}, "bad_place"),
        ({"lat": "51.5", "lng": "0.1"}, "bad_place"),
        ({"lat": True, "lng": False}, "bad_place"),
        ({"lat": [51.5], "lng": [0.1]}, "bad_place"),
        ({"address": "1 High Street", "note": "x" * 2_000_000}, "bad_place"),
        ({"address": "x" * 2_000_000}, "texts_are_short"),
        ({"address": "x" * 501}, "texts_are_short"),
        ({"lat": 90.000001, "lng": 0}, "places_are_on_earth"),
        ({"lat": 0, "lng": -180.1}, "places_are_on_earth"),
        ({"lat": 1e300, "lng": 0}, "places_are_on_earth"),
    ],
)
def test_what_is_no_place_is_refused(world: World, which: str, place: Any, code: str) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    with world.unchanged(), world.refusing("PT422", code):
        world.book(world.person(), slot_id, **{which: Jsonb(place)})
