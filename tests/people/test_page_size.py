"""A page has as many rows as were asked for, within reason."""

from __future__ import annotations

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("asked", "given_rows"),
    [(None, 50), (-1, 1), (0, 1), (1, 1), (200, 200), (201, 200), (2**31 - 1, 200)],
)
def test_a_page_has_from_one_to_two_hundred_rows(
    world: World, asked: int | None, given_rows: int
) -> None:
    assert world.value("select private.page_size(%s::integer)", asked) == given_rows
