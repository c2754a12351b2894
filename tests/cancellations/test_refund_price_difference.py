"""A lesson that is moved to a cheaper time costs less, by whatever way it was paid."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import Booking, World


def held_card(world: World) -> Booking:
    """A lesson of 50.00 in two days, whose payment is authorized, and a cheaper day after it."""
    instructor = world.instructor()
    booking = world.booking(instructor, capture_mode="manual", price_cents=5000)
    world.window(instructor, "00:00", "23:45")
    row = booking.columns
    card_id = world.insert(
        "public.rate_cards",
        {
            "org_id": row["org_id"],
            "name": "Quiet day",
            "currency": "gbp",
            "valid_from": (row["start_at"] + timedelta(days=1)).date(),
            "valid_to": (row["start_at"] + timedelta(days=1)).date(),
        },
    )
    world.insert(
        "public.rate_card_items",
        {
            "org_id": row["org_id"],
            "rate_card_id": card_id,
            "service_id": row["service_id"],
            "currency": "gbp",
            "price_cents": 4000,
        },
    )
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    return booking


def test_of_an_authorization_the_difference_is_not_captured(world: World) -> None:
    booking = held_card(world)
    (moved,) = world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=booking.columns["start_at"] + timedelta(days=1),
    )
    assert (moved["status"], moved["refund_cents"]) == ("confirmed", 1180)
    assert world.count("public.refunds") == 0
    later = Booking(
        world, moved["booking_id"], booking.learner, booking.instructor, booking.slot_id
    )
    later.complete()
    (command,) = world.commands("capture_payment")
    assert command["amount_cents"] == 4720
