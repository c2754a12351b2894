"""Whoever writes a booking, also Studio, gets in only if there is a seat and a free instructor.
A booking keeps its parties, its time and its price, whoever writes it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, World


def insert_copy(world: World, booking: Booking, **columns: object) -> None:
    """Inserts a booking as an admin would in Studio: another learner's, else like `booking`."""
    learner = world.learner(booking.instructor.org_id)
    columns = {"learner_id": learner, "learner_person_id": learner} | columns
    given = booking.columns | {"client_key": None} | columns
    generated = ("due_cents", "keeps_seat", "is_partly_kept")
    for name in ("id", *generated, "created_at", "updated_at"):
        del given[name]
    names, places = ", ".join(given), ", ".join(["%s"] * len(given))
    with world.in_studio():
        world.connection.execute(
            f"insert into public.bookings ({names}) values ({places})", list(given.values())
        )


def test_a_slot_is_not_oversold_in_studio(world: World) -> None:
    booking = world.booking()
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        insert_copy(world, booking)


def test_an_instructor_is_not_double_booked_in_studio(world: World) -> None:
    booking = world.booking()
    overlapping = world.slot(world.service(booking.instructor), world.in_days(2, 10, 30))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        insert_copy(world, booking, slot_id=overlapping)


def test_a_learner_is_not_double_booked_in_studio(world: World) -> None:
    booking = world.booking()
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(2, 10, 30))
    same = {name: booking.columns[name] for name in ("learner_id", "learner_person_id")}
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        insert_copy(world, booking, slot_id=elsewhere, **same)


def test_a_booking_has_the_time_and_parties_of_its_slot_whatever_was_written(world: World) -> None:
    booking = world.booking()
    instructor = world.instructor()
    service_id = world.service(instructor, max_participants=2)
    other = world.slot(service_id, world.in_days(4))
    insert_copy(world, booking, slot_id=other)

    copied = world.row("select * from public.bookings where slot_id = %s", other)
    assert copied["instructor_id"] == instructor.id
    assert copied["service_id"] == service_id
    assert (copied["start_at"], copied["end_at"]) == (world.in_days(4), world.in_days(4, 11))
    assert copied["is_group"]


def test_a_late_payment_does_not_follow_a_slot_that_was_moved(world: World) -> None:
    """The learner paid for ten o'clock, so a lesson at three is none that can be confirmed."""
    booking, start_at = world.booking(), world.in_days(2, 10)
    intent = booking.intent()
    world.travel(by=timedelta(hours=1))
    world.maintain()
    with world.in_studio():
        world.connection.execute(
            "update public.bookable_slots"
            " set start_at = start_at + interval '5 h', end_at = end_at + interval '5 h'"
        )

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    assert booking.columns["start_at"] == start_at
    assert world.value("select amount_cents from public.refunds") == 5310


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
    "credit_minutes = 1",
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
