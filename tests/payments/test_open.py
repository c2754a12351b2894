"""Whoever may pay for a booking gets one payment, with the amounts that the booking froze."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import Booking, World
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
            "order_id": str(booking.columns["order_id"]),
            "org_id": str(booking.instructor.org_id),
        },
        "hold_expires_at": booking.columns["hold_expires_at"],
        "receipt_email": world.value(
            "select email from public.profiles where id = %s", booking.learner
        ),
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


@pytest.mark.slow
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


QUARTER = timedelta(minutes=15)


def open_payment(world: World, user_id: UUID | None, ordered_id: UUID | None) -> Any:
    return world.serve(
        "webhook_service", "private.open_payment", p_user_id=user_id, p_ordered_id=ordered_id
    )


def test_somebody_elses_booking_is_as_unknown_as_none(world: World) -> None:
    booking = world.booking()
    refused = partial(world.refusing, "PT404", "order_not_found")
    for user_id, booking_id in [
        (world.person("Eve"), booking.id),
        (booking.instructor.user_id, booking.id),
        (booking.learner, uuid4()),
        (booking.learner, None),
        (None, booking.id),
    ]:
        with world.unchanged(), refused():
            open_payment(world, user_id, booking_id)


def test_a_learner_without_login_is_not_everybody(world: World) -> None:
    """A null user id is nobody's, also where a learner has none."""
    booking = world.booking()
    world.connection.execute("update public.learners set user_id = null")
    with world.unchanged(), world.refusing("PT404", "order_not_found"):
        open_payment(world, None, booking.id)


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_expired_hold_cannot_be_paid(world: World, is_swept: bool) -> None:
    booking = world.booking()
    world.travel(by=QUARTER)
    if is_swept:
        world.maintain()
    with world.unchanged(), world.refusing("PT409", "hold_expired"):
        open_payment(world, booking.learner, booking.id)


def test_a_hold_can_be_paid_until_its_last_second(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER - timedelta(seconds=1))
    assert booking.open_payment()["amount_cents"] == 5310


def test_a_confirmed_booking_cannot_be_paid_twice(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        open_payment(world, booking.learner, booking.id)


def test_a_lesson_without_a_price_cannot_be_paid(world: World) -> None:
    booking = world.booking(price_cents=0)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        open_payment(world, booking.learner, booking.id)


def test_a_cancelled_booking_cannot_be_paid(world: World) -> None:
    booking = world.booking()
    cancel(world, booking)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        open_payment(world, booking.learner, booking.id)


def cancel(world: World, booking: Booking) -> None:
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock() where id = %s",
        [booking.id],
    )


@pytest.mark.parametrize(
    ("beyond", "method"), [(timedelta(0), "manual"), (timedelta(seconds=1), "automatic")]
)
def test_a_lesson_that_ends_within_six_days_is_authorized_else_charged(
    world: World, beyond: timedelta, method: str
) -> None:
    start_at = world.in_days(8)
    booking = world.booking(capture_mode="manual", start_at=start_at)
    world.connection.execute("update public.bookings set hold_expires_at = start_at")
    world.travel(to=booking.columns["end_at"] - timedelta(days=6) - beyond)
    opened = booking.open_payment()
    assert opened["capture_method"] == method
    assert opened["amount_cents"] == booking.payment["amount_cents"] == 5310


def test_a_service_that_charges_at_once_does_so(world: World) -> None:
    assert world.booking().open_payment()["capture_method"] == "automatic"


def test_asked_again_it_is_the_same_payment(world: World) -> None:
    booking = world.booking(capture_mode="manual")
    assert booking.open_payment() == booking.open_payment()
    assert world.count("public.payments") == 1
