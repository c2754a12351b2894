"""The sweep ends holds whose deadline has passed, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World

QUARTER = timedelta(minutes=15)


def test_a_hold_expires_at_its_deadline_and_gives_its_time_back(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER - timedelta(seconds=1))
    assert world.value("select private.expire_holds(private.marketplace_id())") == 0
    world.travel(by=timedelta(seconds=1))
    assert world.value("select private.expire_holds(private.marketplace_id())") == 1
    assert booking.status == "expired"
    assert world.value("select current_bookings from public.bookable_slots") == 0
    assert world.count("private.person_calendar") == 0


def test_a_second_sweep_finds_nothing(world: World) -> None:
    world.booking()
    world.travel(by=QUARTER)
    assert world.value("select private.expire_holds(private.marketplace_id())") == 1
    with world.unchanged():
        assert world.value("select private.expire_holds(private.marketplace_id())") == 0


def test_a_confirmed_booking_never_expires(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    world.travel(by=timedelta(days=30))
    assert world.value("select private.expire_holds(private.marketplace_id())") == 0
    assert booking.status == "confirmed"
