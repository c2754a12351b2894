"""A payday counts what is payable by now, and by the end of the local day at the latest."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World
from tests.payouts.paydays import (
    DAY,
    NOON,
    open_run,
    owe,
    payable,
    payouts,
)


def test_a_run_counts_what_is_payable_by_now(world: World) -> None:
    instructor = payable(world, 1000)
    world.travel(to=NOON)
    owe(world, instructor, 200, available_at=NOON)
    owe(world, instructor, 30, available_at=NOON + timedelta(microseconds=1))
    open_run(world)
    assert payouts(world) == [("pending", 1200)]


def test_a_late_run_counts_what_was_payable_by_the_end_of_the_day(world: World) -> None:
    midnight = NOON + timedelta(hours=12)
    instructor = payable(world, 1000)
    owe(world, instructor, 200, available_at=midnight)
    owe(world, instructor, 30, available_at=midnight + timedelta(seconds=1))
    world.travel(to=NOON + 3 * DAY)
    open_run(world)
    assert payouts(world) == [("pending", 1200)]
    assert world.value("select cutoff_at from public.payout_runs") == midnight


def test_the_end_of_the_day_is_the_organizations_own(world: World) -> None:
    honolulu = world.organization(time_zone="Pacific/Honolulu")
    instructor = payable(world, 1000, org_id=honolulu)
    midnight = NOON.replace(hour=10) + DAY
    owe(world, instructor, 200, available_at=midnight)
    owe(world, instructor, 30, available_at=midnight + timedelta(seconds=1))
    world.travel(to=NOON + 3 * DAY)
    open_run(world, org_id=honolulu)
    assert payouts(world) == [("pending", 1200)]
