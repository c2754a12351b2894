"""The last seat of a group is given back while another learner takes one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.factories import Booking, World
from tests.races import wait_for_lock
from tools.cluster import Cluster


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
    assert world.count("private.instructor_calendar") == 1


def cancel(connection: psycopg.Connection, booking: Booking) -> None:
    connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock() where id = %s",
        [booking.id],
    )
