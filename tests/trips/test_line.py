"""A line keeps its shape with as few places as ten metres allow."""

from __future__ import annotations

import random
from itertools import pairwise
from math import cos, hypot, radians, sin

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World

SIMPLIFY = """
    select private.coordinates_of(private.simplify_line(
        array(
            select point((place ->> 0)::float8, (place ->> 1)::float8)
            from jsonb_array_elements(%s) with ordinality places (place, nth)
            order by nth
        ),
        %s
    ))
"""
DEGREE = 111_195
Line = list[tuple[float, float]]


def simplify(world: World, line: Line, meters: float = 10) -> Line:
    return [tuple(place) for place in world.value(SIMPLIFY, Jsonb(line), meters)]


def beside(
    place: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """The metres from a place to a stretch, near the equator."""
    (x, y), (from_x, from_y), (to_x, to_y) = place, start, end
    along_x, along_y = to_x - from_x, to_y - from_y
    length = along_x**2 + along_y**2
    share = ((x - from_x) * along_x + (y - from_y) * along_y) / length if length else 0
    share = min(1, max(0, share))
    return DEGREE * hypot(x - from_x - share * along_x, y - from_y - share * along_y)


@pytest.mark.parametrize("line", [[], [(0.0, 0.0)], [(0.0, 0.0), (1.0, 1.0)]])
def test_what_is_short_stays(world: World, line: Line) -> None:
    assert simplify(world, line) == line


def test_a_straight_way_is_its_ends(world: World) -> None:
    assert simplify(world, [(nth / 1000, 0.0) for nth in range(500)]) == [(0, 0), (0.499, 0)]


def test_a_corner_stays(world: World) -> None:
    line = [(nth / 1000, 0.0) for nth in range(10)] + [(0.009, nth / 1000) for nth in range(1, 10)]
    assert simplify(world, line) == [(0, 0), (0.009, 0), (0.009, 0.009)]


def test_there_and_back_keeps_where_it_turned(world: World) -> None:
    line = [(0.0, 0.0), (0.005, 0.0), (0.01, 0.0), (0.005, 0.0), (0.0, 0.0)]
    assert simplify(world, line) == [(0, 0), (0.01, 0), (0, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_no_place_is_farther_from_the_line_than_allowed(world: World, seed: int) -> None:
    draw = random.Random(seed)
    x = y = heading = 0.0
    line: Line = []
    for _ in range(300):
        heading += draw.gauss(0, 15)
        x += 20 / DEGREE * cos(radians(heading))
        y += 20 / DEGREE * sin(radians(heading))
        line.append((round(x, 6), round(y, 6)))
    short = simplify(world, line)
    assert 2 < len(short) < 150
    positions = [line.index(place) for place in short]
    assert positions == sorted(positions)
    for first, last in pairwise(positions):
        for place in line[first : last + 1]:
            assert beside(place, line[first], line[last]) <= 10.2


@pytest.mark.slow
def test_a_line_that_zigzags_takes_no_longer_than_any_other(world: World) -> None:
    """Whoever invents a trip would otherwise keep maintenance at work for hours."""
    zigzag = [(nth / 5000, nth % 2 * (50 - nth / 240)) for nth in range(12_000)]
    with world.connection.transaction():
        world.connection.execute("set local statement_timeout = '40s'")
        assert len(simplify(world, zigzag)) == len(zigzag)
