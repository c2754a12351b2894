"""A booking keeps its parties, its time and its price, whoever writes it."""

from __future__ import annotations

import pytest

from tests.factories import World

FROZEN = [
    "id = gen_random_uuid()",
    "org_id = gen_random_uuid()",
    "learner_id = gen_random_uuid()",
    "learner_person_id = gen_random_uuid()",
    "instructor_id = gen_random_uuid()",
    "service_id = gen_random_uuid()",
    "slot_id = gen_random_uuid()",
    "start_at = start_at - interval '1 minute'",
    "end_at = end_at + interval '1 minute'",
    "is_group = true",
    "currency = 'eur'",
    "price_cents = price_cents - 1, instructor_share_cents = instructor_share_cents - 1,"
    " total_cents = total_cents - 1",
    "discount_cents = 1, total_cents = total_cents - 1",
    "platform_fee_cents = platform_fee_cents - 1, total_cents = total_cents - 1",
    "fee_bps = 0",
    "fee_mode = 'included'",
    "credit_applied_cents = 1",
    "is_fee_refundable = false",
    "payout_hold = interval '0'",
]


@pytest.mark.parametrize("change", FROZEN)
def test_what_was_agreed_on_is_frozen_in_studio_too(world: World, change: str) -> None:
    world.booking()
    with world.unchanged(), world.refusing("PT409", "booking_is_frozen"), world.in_studio():
        world.connection.execute(f"update public.bookings set {change}")


def test_the_rest_may_change(world: World) -> None:
    booking = world.booking()
    with world.in_studio():
        world.connection.execute(
            "update public.bookings set learner_notes = 'Bring glasses.',"
            " pickup_address = '1 High Street', hold_expires_at = hold_expires_at + interval '1 h'"
        )
    assert booking.columns["learner_notes"] == "Bring glasses."
