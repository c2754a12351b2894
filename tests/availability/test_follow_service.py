"""A published time is as its service is while nobody has booked it, and then as it was booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Booking, Instructor, World
from tests.races import Racers
from tools.cluster import Cluster

HOUR = timedelta(hours=1)


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open from nine to noon UTC at 45.00 an hour; it is Monday."""
    world.travel(to=datetime.fromisoformat("2027-02-01 00:00+00"))
    instructor = world.instructor(time_zone="UTC", hourly_rate_cents=4500, currency="gbp")
    world.window(instructor, "09:00", "12:00")
    return instructor


@pytest.fixture
def service_id(world: World, instructor: Instructor) -> UUID:
    """An hour at the hourly rate for up to six, published on Tuesday."""
    service_id = world.service(instructor, price_cents=None, max_participants=6)
    world.publish(instructor, service_id, days=2)
    monday = [world.in_days(1, 0)]
    world.connection.execute("delete from bookable_slots where start_at < %s", monday)
    return service_id


def change(world: World, instructor: Instructor, **columns: Any) -> None:
    """Changes every service, as its instructor does through the Data API."""
    assignments = ", ".join(f"{name} = %s" for name in columns)
    with world.acting_as(instructor.user_id):
        query = f"update public.services set {assignments}"
        assert world.connection.execute(query.encode(), list(columns.values())).rowcount > 0


def shown(world: World) -> list[tuple[str, int, int]]:
    """The published slots: when they start, how many minutes they take, how many seats."""
    rows = world.rows("select * from public.bookable_slots where is_published order by start_at")
    return [
        (
            f"{row['start_at'].astimezone(UTC):%a %H}",
            (row["end_at"] - row["start_at"]) // timedelta(minutes=1),
            row["max_bookings"],
        )
        for row in rows
    ]


def book(world: World, hour: int, user_id: UUID | None = None, **arguments: Any) -> Booking:
    slot = world.row("select * from bookable_slots where start_at = %s", world.in_days(1, hour))
    learner = user_id or world.person()
    booked = world.book(learner, slot["id"], **arguments)
    instructor = world.row("select id, org_id, user_id from instructors")
    return Booking(world, booked["booking_id"], learner, Instructor(**instructor), slot["id"])


def test_free_times_have_the_services_length_and_seats(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    change(world, instructor, duration_minutes=30, max_participants=2)
    assert shown(world) == [("Tue 09", 30, 2), ("Tue 10", 30, 2), ("Tue 11", 30, 2)]


def test_a_time_that_would_leave_the_opening_hours_is_withdrawn(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    change(world, instructor, duration_minutes=120)
    assert shown(world) == [("Tue 09", 120, 6), ("Tue 10", 120, 6)]


def test_what_somebody_booked_stays_as_it_was_booked(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    booking = book(world, 10)
    change(world, instructor, duration_minutes=30, max_participants=2)
    assert shown(world) == [("Tue 09", 30, 2), ("Tue 10", 60, 6), ("Tue 11", 30, 2)]
    world.cancel(booking.learner, booking.id)
    assert shown(world) == [("Tue 09", 30, 2), ("Tue 10", 30, 2), ("Tue 11", 30, 2)]


def test_times_of_the_past_stay(world: World, instructor: Instructor, service_id: UUID) -> None:
    world.travel(to=world.in_days(1, 10, 30))
    change(world, instructor, duration_minutes=30)
    assert shown(world) == [("Tue 09", 60, 6), ("Tue 10", 60, 6), ("Tue 11", 30, 6)]


def test_whoever_writes_a_free_slot_it_is_as_its_service(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    with world.in_studio():
        world.connection.execute(
            "update public.bookable_slots set end_at = end_at + interval '1 h', max_bookings = 40"
        )
        world.slot(service_id, world.in_days(1, 20), end_at=world.in_days(1, 22), max_bookings=9)
    assert [slot[1:] for slot in shown(world)] == [(60, 6)] * 4


# Price and minutes are those of the time that is booked


@pytest.mark.parametrize(
    ("minutes", "amount", "end_hour"), [(120, 10620, (12, 0)), (30, 2655, (10, 30))]
)
def test_a_free_time_costs_what_it_lasts(
    world: World,
    instructor: Instructor,
    service_id: UUID,
    minutes: int,
    amount: int,
    end_hour: tuple[int, int],
) -> None:
    change(world, instructor, duration_minutes=minutes)
    booking = book(world, 10)
    assert booking.columns["total_cents"] == amount
    assert booking.columns["end_at"] == world.in_days(1, *end_hour)


@pytest.mark.parametrize("minutes", [30, 120])
def test_who_joins_a_group_pays_for_the_time_that_was_booked(
    world: World, instructor: Instructor, service_id: UUID, minutes: int
) -> None:
    first = book(world, 10)
    change(world, instructor, duration_minutes=minutes)
    second = book(world, 10)
    for booking in (first, second):
        assert booking.columns["total_cents"] == 5310
        assert booking.columns["end_at"] == world.in_days(1, 11)


@pytest.mark.parametrize("minutes", [30, 120])
def test_a_fixed_price_is_for_the_services_length(
    world: World, instructor: Instructor, service_id: UUID, minutes: int
) -> None:
    book(world, 10)
    change(world, instructor, duration_minutes=minutes, price_cents=6000)
    assert book(world, 10).columns["price_cents"] == 6000 * 60 // minutes
    lines = world.ask(
        None, "public.quote_booking", p_service_id=service_id, p_start_at=world.in_days(1, 10)
    )
    assert lines[0]["amount_cents"] == 6000 * 60 // minutes
    lines = world.ask(
        None, "public.quote_booking", p_service_id=service_id, p_start_at=world.in_days(1, 9)
    )
    assert lines[0]["amount_cents"] == 6000


@pytest.mark.parametrize("minutes", [30, 120])
def test_prepaid_minutes_are_those_of_the_time_that_is_booked(
    world: World, instructor: Instructor, service_id: UUID, minutes: int
) -> None:
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, 3)
    book(world, 10)
    change(world, instructor, duration_minutes=minutes)
    book(world, 10, ben, p_use_credits=True)
    assert credit.columns["minutes_left"] == 120


def test_a_hold_that_ran_out_is_nobodys_booking(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    book(world, 10)
    change(world, instructor, duration_minutes=30, max_participants=1)
    world.travel(by=timedelta(minutes=15))
    times = world.open_times(instructor, service_id, world.in_days(1, 10), world.in_days(1, 11))
    assert [(time["end_at"], time["seats_left"]) for time in times][:1] == [
        (world.in_days(1, 10, 30), 1)
    ]
    columns = book(world, 10).columns
    assert (columns["end_at"], columns["price_cents"]) == (world.in_days(1, 10, 30), 2250)


def test_a_late_payment_does_not_buy_another_length(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    booking = book(world, 10)
    booking.open_payment()
    intent = booking.intent()
    world.travel(by=timedelta(minutes=15))
    world.maintain()
    change(world, instructor, duration_minutes=120)
    world.deliver("payment_intent.succeeded", intent)
    assert booking.status == "expired"
    assert world.value("select amount_cents from public.refunds") == 5310


@pytest.mark.parametrize(("minutes", "due"), [(120, 5310), (30, 0)])
def test_a_move_to_another_length_costs_what_it_lasts(
    world: World, instructor: Instructor, service_id: UUID, minutes: int, due: int
) -> None:
    booking = book(world, 9)
    booking.pay()
    change(world, instructor, duration_minutes=minutes)
    (moved,) = world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(1, 10),
    )
    assert moved["amount_cents"] == due
    assert moved["refund_cents"] == (2655 if minutes == 30 else 0)


def test_a_move_into_a_group_costs_what_the_group_lasts(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    book(world, 11)
    booking = book(world, 9)
    booking.pay()
    change(world, instructor, duration_minutes=30)
    (moved,) = world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(1, 11),
    )
    assert (moved["status"], moved["amount_cents"], moved["refund_cents"]) == ("confirmed", 0, 0)


def test_no_race_sells_an_hour_for_another_price(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    world.connection.execute(
        "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
    )
    instructor = world.instructor(time_zone="UTC", hourly_rate_cents=6000, currency="gbp")
    world.window(instructor, "00:00", "24:00")
    service_id = world.service(instructor, price_cents=None, duration_minutes=60)
    slots = [world.slot(service_id, world.in_days(day, 10)) for day in range(2, 12)]
    people = [world.person() for _ in range(4)]

    def act(slot: UUID, minutes: int, connection: psycopg.Connection[Any], number: int) -> None:
        if number < 4:
            World(connection).book(people[number], slot)
        else:
            connection.execute("update services set duration_minutes = %s", [minutes])

    with Racers(cluster.admin_url(world.connection.info.dbname), 5) as racers:
        for turn, slot_id in enumerate(slots):
            outcomes = racers.race(partial(act, slot_id, 60 + 15 * turn))
            assert outcomes[4] is None
    booked = world.rows("select * from public.bookings")
    assert 8 <= len(booked) <= 10
    for booking in booked:
        minutes = (booking["end_at"] - booking["start_at"]) // timedelta(minutes=1)
        assert booking["price_cents"] == 100 * minutes
