"""A held booking can be paid by whoever booked it, through one payment with one key."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.factories import World
from tests.races import Racers
from tools.cluster import Cluster


def test_a_payment_asks_for_what_the_booking_froze(world: World) -> None:
    booking = world.booking(title="Motorway lesson")
    opened = booking.open_payment()
    payment = booking.payment
    assert opened == {
        "payment_id": payment["id"],
        "amount_cents": 5310,
        "currency": "gbp",
        "stripe_payment_intent_id": None,
        "idempotency_key": f"payment_intent:{payment['id']}",
        "capture_method": "automatic",
        "description": "Motorway lesson",
        "transfer_group": str(payment["id"]),
        "metadata": {
            "payment_id": str(payment["id"]),
            "booking_id": str(booking.id),
            "org_id": str(booking.instructor.org_id),
        },
    }
    split = ("list_cents", "discount_cents", "fee_cents", "share_cents", "amount_cents", "minutes")
    assert [payment[name] for name in split] == [4500, 0, 810, 4500, 5310, 60]
    assert payment["payer_id"] == booking.learner
    assert payment["status"] == "requires_payment"


def test_asking_again_returns_the_same_payment_and_key(world: World) -> None:
    booking = world.booking()
    first = booking.open_payment()
    with world.unchanged():
        assert booking.open_payment() == first


def test_asking_again_returns_the_intent_that_was_made(world: World) -> None:
    booking = world.booking()
    opened = booking.open_payment()
    intent = booking.intent("requires_payment_method")
    world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=opened["payment_id"],
        p_payment_intent=psycopg.types.json.Jsonb(intent),
    )
    assert booking.open_payment() == opened | {"stripe_payment_intent_id": intent["id"]}


def test_after_a_cancelled_intent_a_new_payment_has_a_new_key(world: World) -> None:
    booking = world.booking()
    first = booking.open_payment()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    second = booking.open_payment()
    assert second["payment_id"] != first["payment_id"]
    assert second["idempotency_key"] != first["idempotency_key"]
    assert second["stripe_payment_intent_id"] is None


def test_a_learner_with_32_open_tabs_has_one_payment(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    booking = committed_world.booking()

    def ask(connection: psycopg.Connection[Any], _: int) -> str:
        (opened,) = connection.execute(
            "select idempotency_key from private.open_payment(%s, %s)",
            [booking.learner, booking.id],
        )
        return str(opened[0])

    with Racers(cluster.url("webhook_service", fresh_database), 32) as racers:
        assert set(racers.race(ask)) == {f"payment_intent:{booking.payment['id']}"}


@pytest.mark.parametrize("caller", ["authenticated", "anon", "service_role", "jobs"])
def test_only_the_webhook_service_may_ask(world: World, caller: str) -> None:
    booking = world.booking()
    query = "select * from private.open_payment(%s, %s)"
    with world.unchanged(), world.refusing("42501"), world.connection.transaction():
        world.connection.execute(f"set local role {caller}")
        world.connection.execute(query, [booking.learner, booking.id])
