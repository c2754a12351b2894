"""The latest payday of a schedule is the nearest one that is not after today."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World

days = st.dates(date(1990, 1, 1), date(2199, 12, 31))
weekdays = st.integers(0, 6)
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def payday_of(world: World, schedule: str, on: date, weekday: int) -> date:
    payday: date = world.value(
        "select private.payday_of(%s, %s::date, %s::smallint)", schedule, on, weekday
    )
    return payday


@examples
@given(on=days, weekday=weekdays)
def test_the_latest_weekly_payday_is_within_the_last_seven_days(
    world: World, on: date, weekday: int
) -> None:
    payday = payday_of(world, "weekly", on, weekday)
    assert timedelta(0) <= on - payday < timedelta(days=7)
    assert payday.isoweekday() % 7 == weekday


@examples
@given(on=days, weekday=weekdays)
def test_the_latest_monthly_payday_is_the_first_of_the_month(
    world: World, on: date, weekday: int
) -> None:
    assert payday_of(world, "monthly", on, weekday) == on.replace(day=1)


@pytest.mark.parametrize("schedule", ["instant", "daily"])
def test_every_day_is_a_payday_of_who_is_paid_daily(world: World, schedule: str) -> None:
    for on in (date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)):
        assert payday_of(world, schedule, on, 5) == on
