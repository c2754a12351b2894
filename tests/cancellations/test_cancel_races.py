"""Whatever meets a cancellation at the same moment, the money goes back once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.cancellations.steps import refunds
from tests.factories import Booking, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

CLIENTS = 32
AT_LENGTH = pytest.param(50, marks=pytest.mark.faults)


def cancel(
    booking: Booking, parties: list[UUID], connection: psycopg.Connection[Any], number: int
) -> str:
    ended = World(connection).cancel(parties[number % len(parties)], booking.id)
    return str(ended["refund_cents"])


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, AT_LENGTH])
def test_cancelling_at_once_is_cancelling_once(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    """By the learner and the instructor, late: who comes first decides what goes back."""
    world = committed_world
    instructor, beginning = world.instructor(), world.now()
    with Racers(cluster.admin_url(fresh_database), CLIENTS) as racers:
        for number in range(rounds):
            booking = world.booking(instructor, start_at=world.in_days(1 + number, 20))
            booking.pay()
            world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
            parties = [booking.learner, instructor.user_id]
            outcomes = racers.race(partial(cancel, booking, parties))
            returned = booking.columns["cancellation_refund_cents"]
            assert set(outcomes) == {str(returned)}
            assert returned == (2655 if booking.columns["cancelled_by"] == "learner" else 5310)
            made = world.rows(
                "select amount_cents from public.refunds where payment_id = %s",
                booking.payment["id"],
            )
            assert [row["amount_cents"] for row in made] == [returned]
            world.travel(to=beginning)


def cancel_or_pay(
    booking: Booking, intent: dict[str, Any], connection: psycopg.Connection[Any], number: int
) -> str:
    if number % 2:
        return World(connection).deliver("payment_intent.succeeded", intent)
    World(connection).cancel(booking.learner, booking.id)
    return "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [10, AT_LENGTH])
def test_a_payment_that_meets_a_cancellation_goes_back_in_full(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), 4) as racers:
        for number in range(rounds):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            intent = booking.intent()
            outcomes = racers.race(partial(cancel_or_pay, booking, intent))
            assert set(outcomes) == {"cancelled", "processed"}
            assert booking.status == "cancelled"
            world.carry_refunds()
            assert booking.payment["refunded_cents"] == 5310
    assert refunds(world) == [5310] * rounds
    assert world.ledger() == {}


def cancel_or_move(
    booking: Booking, slot_at: Any, connection: psycopg.Connection[Any], number: int
) -> str:
    if number % 2:
        World(connection).ask(
            booking.learner,
            "public.reschedule_booking",
            p_booking_id=booking.id,
            p_start_at=slot_at,
        )
        return "moved"
    World(connection).cancel(booking.learner, booking.id)
    return "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [10, AT_LENGTH])
def test_a_booking_is_moved_or_cancelled(
    cluster: Cluster, fresh_database: str, committed_world: World, rounds: int
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), 2) as racers:
        for number in range(rounds):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            booking.pay()
            slot_at = world.in_days(2 + number, 14)
            world.slot(booking.columns["service_id"], slot_at)
            payment_id = booking.payment["id"]
            outcomes = racers.race(partial(cancel_or_move, booking, slot_at))
            made = world.rows("select id from public.refunds where payment_id = %s", payment_id)
            if booking.columns["is_rescheduled"]:
                refused = Refusal("PT409", "booking_not_cancellable")
                assert (outcomes, made) == ([refused, "moved"], [])
            else:
                refused = Refusal("PT409", "booking_not_reschedulable")
                assert (outcomes, len(made)) == (["cancelled", refused], 1)
