"""A payment, the sweep and a new learner reach for one booking's time at the same moment."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Booking, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

ROUNDS = 15


@pytest.mark.slow
def test_a_late_payment_and_a_new_learner_share_no_slot(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    world.connection.execute(
        "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
    )
    instructor, cleo = world.instructor(), world.person("Cleo")

    with Racers(cluster.admin_url(fresh_database), 2) as racers:
        for number in range(ROUNDS):
            booking = world.booking(instructor, start_at=world.in_days(5 + number))
            intent = booking.intent()
            end_hold(world, booking, status="expired")

            paid, booked = racers.race(partial(pay_or_book, intent, cleo, booking.slot_id))

            assert paid == "processed"
            if booking.status == "confirmed":
                assert booked == Refusal("PT409", "slot_taken")
                assert refunded(world, booking) == []
            else:
                assert booked == "booked"
                assert refunded(world, booking) == [5310]


@pytest.mark.slow
def test_a_payment_and_the_sweep_end_in_a_confirmed_booking(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), 4) as racers:
        for number in range(ROUNDS):
            booking = world.booking(instructor, start_at=world.in_days(5 + number))
            intent = booking.intent()
            end_hold(world, booking, status="held")

            assert racers.race(partial(pay_or_sweep, intent))[0] == "processed"
            assert booking.status == "confirmed"
            assert refunded(world, booking) == []


def pay_or_book(
    intent: dict[str, Any],
    user_id: UUID,
    slot_id: UUID,
    connection: psycopg.Connection[Any],
    number: int,
) -> str:
    if number == 0:
        return World(connection).deliver("payment_intent.succeeded", intent)
    World(connection).book(user_id, slot_id)
    return "booked"


def pay_or_sweep(intent: dict[str, Any], connection: psycopg.Connection[Any], number: int) -> str:
    if number == 0:
        return World(connection).deliver("payment_intent.succeeded", intent)
    World(connection).maintain()
    return "swept"


def end_hold(world: World, booking: Booking, status: str) -> None:
    world.connection.execute(
        "update public.bookings set hold_expires_at = private.clock(), status = %s where id = %s",
        [status, booking.id],
    )


def refunded(world: World, booking: Booking) -> list[int]:
    rows = world.rows(
        "select amount_cents from public.refunds where payment_id = %s", booking.payment["id"]
    )
    return [row["amount_cents"] for row in rows]
