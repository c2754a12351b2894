"""A date on which nobody can be paid is refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.factories import World
from tests.payouts.paydays import DAY, FRIDAY, NOON, WEEK, due, open_run, payable


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (FRIDAY + DAY, "not_a_payday"),
        (FRIDAY + WEEK, "payday_in_future"),
        (date(9999, 12, 31), "payday_in_future"),
        (FRIDAY - timedelta(days=367), "payday_too_old"),
        (date(1, 1, 5), "payday_too_old"),
    ],
)
def test_a_date_that_can_be_no_payday_is_refused(world: World, on: date, code: str) -> None:
    payable(world)
    world.travel(to=NOON + DAY)
    with world.unchanged(), world.refusing("PT422", code):
        due(world, on)
    with world.unchanged(), world.refusing("PT422", code):
        open_run(world, on)


def test_an_unknown_organization_is_refused(world: World) -> None:
    world.travel(to=NOON)
    with world.refusing("PT404", "organization_not_found"):
        due(world, org_id=uuid4())
    with world.refusing("PT404", "organization_not_found"):
        open_run(world, org_id=uuid4())
