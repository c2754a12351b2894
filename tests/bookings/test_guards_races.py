"""Slots that are changed at the moment at which they are booked.
The last seat of a group is given back while another learner takes one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.factories import Booking, Instructor, Refusal, World, refusal
from tests.races import wait_for_lock
from tools.cluster import Cluster

DAYS = (2, 3, 4)


@pytest.mark.parametrize("seats", [1, 5])
@pytest.mark.parametrize(
    "change",
    ["end_at = end_at + interval '1 h'", "max_bookings = max_bookings + 1"],
)
def test_a_slot_that_is_changed_while_somebody_books_it_is_not_booked_as_it_was(
    cluster: Cluster, fresh_database: str, committed_world: World, change: str, seats: int
) -> None:
    world, ben = committed_world, committed_world.person("Ben")
    slot = world.slot(world.service(world.instructor(), max_participants=seats))

    def book(connection: psycopg.Connection) -> Refusal | None:
        try:
            World(connection).book(ben, slot)
        except psycopg.Error as error:
            return refusal(error)
        return None

    with (
        psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as booking,
        ThreadPoolExecutor(1) as threads,
    ):
        with world.connection.transaction():
            world.connection.execute(f"update public.bookable_slots set {change}".encode())
            booked = threads.submit(book, booking)
            wait_for_lock(booking, world)
        outcome = booked.result(timeout=30)

    kept = world.rows(
        "select booking.id from public.bookings booking join public.bookable_slots slot"
        " on slot.id = booking.slot_id and slot.end_at = booking.end_at"
        " and booking.is_group = (slot.max_bookings > 1)"
    )
    assert (outcome, len(kept)) in [(None, 1), (Refusal("PT409", "slot_taken"), 0)]
    assert world.count("public.bookings") == len(kept)


def unpublish(world: World, instructor: Instructor, service_id: UUID) -> None:
    world.call(
        instructor.user_id,
        "public.unpublish_slots",
        p_service_id=service_id,
        p_from=world.now(),
        p_to=world.in_days(9),
    )


def close(world: World, instructor: Instructor, _: UUID) -> None:
    with world.acting_as(instructor.user_id):
        world.connection.execute("delete from public.availability_windows")


def sweep(world: World, _: Instructor, __: UUID) -> None:
    world.maintain()


@pytest.mark.parametrize("change", [unpublish, close, sweep])
def test_slots_are_locked_in_the_order_of_their_times(
    cluster: Cluster,
    fresh_database: str,
    committed_world: World,
    change: Callable[[World, Instructor, UUID], None],
) -> None:
    """As a series books them; in any other order the two would wait for each other."""
    world = committed_world
    instructor = world.instructor(time_zone="UTC")
    world.window(instructor)
    service_id = world.service(instructor)
    # Written from the last to the first, and numbered so, as any order but the right one would be.
    slots = {
        day: world.slot(service_id, world.in_days(day), id=UUID(int=9 - day))
        for day in reversed(DAYS)
    }
    if change is sweep:
        for slot in slots.values():
            world.book(world.person(), slot)
        world.travel(by=timedelta(minutes=15))

    url = cluster.admin_url(fresh_database)
    with (
        psycopg.connect(url, autocommit=True) as changing,
        psycopg.connect(url, autocommit=True) as probe,
        ThreadPoolExecutor(1) as threads,
    ):
        # As the table lies: an index might happen to be in the right order.
        changing.execute("set enable_indexscan = off; set enable_bitmapscan = off")
        with world.connection.transaction():
            world.connection.execute(
                "select from public.bookable_slots where id = %s for update", [slots[DAYS[0]]]
            )
            changed = threads.submit(change, World(changing), instructor, service_id)
            wait_for_lock(changing, world)
            free = probe.execute(
                "select id from public.bookable_slots order by start_at for update skip locked"
            ).fetchall()
        changed.result(timeout=30)

    assert [id for (id,) in free] == [slots[day] for day in DAYS[1:]]
    assert world.value("select bool_and(current_bookings = 0) from public.bookable_slots")


def test_a_seat_given_back_and_one_taken_leave_the_instructor_taken(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    """Both wait for the slot: whoever comes second must see what the first has done."""
    world = committed_world
    first, cleo = world.booking(max_participants=5), world.person("Cleo")
    url = cluster.admin_url(fresh_database)
    with (
        psycopg.connect(url, autocommit=True) as giver,
        psycopg.connect(url, autocommit=True) as taker,
        ThreadPoolExecutor(2) as threads,
    ):
        with world.connection.transaction():
            world.connection.execute("select from public.bookable_slots for update")
            given_back = threads.submit(cancel, giver, first)
            wait_for_lock(giver, world)
            taken = threads.submit(World(taker).book, cleo, first.slot_id)
            wait_for_lock(taker, world)
        given_back.result(timeout=30)
        taken.result(timeout=30)
    assert first.status == "cancelled"
    assert world.value("select current_bookings from public.bookable_slots") == 1
    assert sorted(
        (row["person_id"], row["expires_at"])
        for row in world.rows("select person_id, expires_at from private.person_calendar")
    ) == sorted((person, world.value(DEADLINE)) for person in (cleo, first.instructor.user_id))


DEADLINE = "select hold_expires_at from public.bookings where status = 'held'"


def cancel(connection: psycopg.Connection, booking: Booking) -> None:
    connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock() where id = %s",
        [booking.id],
    )
