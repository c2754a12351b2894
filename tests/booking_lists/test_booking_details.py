"""The published view of a booking: its words for our statuses, and what each party sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import Booking, World

NOTHING_BACK = {
    "refund_bps": 0,
    "cancellation_refund_cents": 0,
    "restored_minutes": 0,
    "kept_share_cents": 0,
}


def details(booking: Booking, viewer: Any = None) -> dict[str, Any]:
    with booking.world.acting_as(viewer or booking.learner):
        return booking.world.row("select * from public.booking_details where id = %s", booking.id)


def write_status(booking: Booking, status: str, **columns: Any) -> None:
    """Puts a booking into a status, past every rule of how it comes to it."""
    if status in ("cancelled", "no_show"):
        columns |= NOTHING_BACK
    assignments = "".join(f", {name} = %s" for name in columns)
    with booking.world.connection.transaction():
        booking.world.connection.execute("set local session_replication_role = replica")
        booking.world.connection.execute(
            f"update public.bookings set status = %s{assignments}", [status, *columns.values()]
        )
        booking.world.connection.execute("set local session_replication_role = origin")


def test_a_booking_is_shown_with_lesson_people_and_money(world: World) -> None:
    instructor = world.instructor(name="Ann", bio="Patient.")
    booking = world.booking(instructor, title="Motorway", description="Fast and safe.")
    booking.pay()
    shown = details(booking)
    assert shown["session_title"] == "Motorway"
    assert shown["session_description"] == "Fast and safe."
    assert shown["duration_minutes"] == 60
    assert (shown["expert_name"], shown["expert_bio"]) == ("Ann", "Patient.")
    assert shown["learner_name"] == "Ben"
    assert (shown["slot_start_time"], shown["slot_end_time"]) == (
        booking.columns["start_at"],
        booking.columns["end_at"],
    )
    assert (shown["total_cents"], shown["due_cents"], shown["currency"]) == (5310, 5310, "gbp")
    assert shown["stripe_payment_intent_id"] == booking.payment["stripe_payment_intent_id"]


@pytest.mark.parametrize(
    ("status", "columns", "shown"),
    [
        ("held", {}, "pending"),
        ("requested", {}, "pending"),
        ("confirmed", {}, "confirmed"),
        ("in_progress", {}, "confirmed"),
        ("completed", {}, "completed"),
        ("no_show", {"no_show_by": "learner"}, "completed"),
        ("no_show", {"no_show_by": "instructor"}, "cancelled"),
        ("cancelled", {"cancelled_by": "system", "cancelled_at": "2026-01-01"}, "cancelled"),
        ("declined", {}, "declined"),
        ("expired", {}, "cancelled"),
    ],
)
def test_every_status_has_a_published_word(
    world: World, status: str, columns: dict[str, str], shown: str
) -> None:
    booking = world.booking()
    with world.connection.transaction(force_rollback=True):
        write_status(booking, status, **columns)
        assert details(booking)["status"] == shown
        assert details(booking)["booking_status"] == status


@pytest.mark.parametrize(
    ("party", "shown"),
    [
        ("learner", "learner"),
        ("guardian", "learner"),
        ("instructor", "expert"),
        ("admin", "system"),
        ("system", "system"),
    ],
)
def test_every_party_that_cancels_has_a_published_word(
    world: World, party: str, shown: str
) -> None:
    booking = world.booking()
    with world.connection.transaction(force_rollback=True):
        write_status(booking, "cancelled", cancelled_by=party, cancelled_at=world.now())
        assert details(booking)["cancelled_by"] == shown


def payment(booking: Booking) -> tuple[Any, ...]:
    shown = details(booking)
    amounts = ("amount_authorized", "amount_captured", "amount_refunded")
    return (shown["payment_status"], *(shown[name] for name in amounts))


def test_a_payment_is_pending_until_it_is_captured(world: World) -> None:
    booking = world.booking()
    assert payment(booking) == ("pending", 0, 0, 0)
    booking.open_payment()
    assert payment(booking) == ("pending", 0, 0, 0)
    world.deliver("payment_intent.processing", booking.intent("processing"))
    assert payment(booking) == ("processing", 0, 0, 0)
    booking.pay()
    assert payment(booking) == ("captured", 5310, 5310, 0)


def test_a_bank_that_wants_something_of_the_payer_is_told_apart(world: World) -> None:
    booking = world.booking()
    world.deliver("payment_intent.requires_action", booking.intent("requires_action"))
    assert payment(booking) == ("requires_action", 0, 0, 0)
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert payment(booking) == ("cancelled", 0, 0, 0)


def test_a_booking_says_until_when_it_is_to_be_paid(world: World) -> None:
    booking = world.booking()
    assert details(booking)["hold_expires_at"] == world.now() + timedelta(minutes=15)
    booking.pay()
    assert details(booking)["hold_expires_at"] is None


def test_a_declined_payment_is_failed_until_the_next_try(world: World) -> None:
    booking = world.booking()
    declined = booking.intent("requires_payment_method", last_payment_error={"code": "expired"})
    world.deliver("payment_intent.payment_failed", declined)
    assert payment(booking) == ("failed", 0, 0, 0)
    booking.pay()
    assert payment(booking) == ("captured", 5310, 5310, 0)


def test_an_authorized_payment_shows_its_amount(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("requires_capture")
    world.deliver("payment_intent.amount_capturable_updated", intent)
    assert payment(booking) == ("authorized", 5310, 0, 0)


def test_a_payment_is_refunded_once_all_of_it_is(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(5000)
    assert payment(booking) == ("captured", 5310, 5310, 5000)
    booking.refund(310)
    assert payment(booking) == ("refunded", 5310, 5310, 5310)


def test_an_unpaid_booking_that_expired_has_a_cancelled_payment(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert payment(booking) == ("cancelled", 0, 0, 0)


def test_of_two_payments_the_later_one_is_shown(world: World) -> None:
    booking = world.booking()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert payment(booking) == ("cancelled", 0, 0, 0)
    world.travel(by=timedelta(seconds=1))
    booking.open_payment()
    assert payment(booking) == ("pending", 0, 0, 0)


def test_each_party_sees_its_own_notes(world: World) -> None:
    booking = world.booking()
    with world.acting_as(booking.instructor.user_id):
        world.rows("update public.booking_notes set notes = 'Nervous.'")
    with world.in_studio():
        world.connection.execute("update public.bookings set learner_notes = 'Be kind.'")
    as_learner = details(booking)
    as_instructor = details(booking, booking.instructor.user_id)
    assert (as_learner["learner_notes"], as_learner["expert_notes"]) == ("Be kind.", None)
    assert (as_instructor["learner_notes"], as_instructor["expert_notes"]) == (
        "Be kind.",
        "Nervous.",
    )


def test_a_stranger_sees_nothing(world: World) -> None:
    booking = world.booking()
    with world.acting_as(world.person("Eve")):
        assert world.rows("select id from public.booking_details") == []
    assert booking.status == "held"
