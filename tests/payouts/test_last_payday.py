"""The latest payday is the nearest one that is not after today."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(on=st.dates(date(1990, 1, 1), date(2199, 12, 31)), weekday=st.integers(0, 6))
def test_the_latest_payday_is_within_the_last_seven_days(
    world: World, on: date, weekday: int
) -> None:
    payday = world.value("select private.last_payday(%s::date, %s::smallint)", on, weekday)
    assert timedelta(0) <= on - payday < timedelta(days=7)
    assert payday.isoweekday() % 7 == weekday
