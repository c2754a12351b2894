"""An edit of a row has the same effects as the function made for that step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.cancellations.steps import authorized, follow, move
from tests.factories import Booking, World

# What can follow from the end of a booking, in rows that do not depend on random ids.
EFFECTS = {
    "bookings": "select status, no_show_by, cancelled_by, cancelled_at, refund_bps,"
    " cancellation_refund_cents, restored_minutes, kept_share_cents, hold_expires_at"
    " from public.bookings",
    "seats": "select current_bookings, is_published from public.bookable_slots",
    "calendar": "select count(*) from private.person_calendar",
    "lessons counted": "select lesson_count from public.instructors",
    "payments": "select status, uncaptured_cents, refunded_cents from public.payments",
    "refunds": "select amount_cents, status, reason from public.refunds",
    "earnings": "select kind, amount_cents, status, available_at from public.earnings",
    "minutes": "select kind, minutes, share_cents from public.credit_entries",
    "codes": "select status from public.code_redemptions",
    "items": "select is_paid, ending, refund_bps, owed_cents, refunded_cents, restored_cents"
    " from public.order_items",
    "returns": "select kind, amount_cents from private.return_items",
    "commands": "select topic, payload ->> 'amount_cents' as amount_cents from private.outbox",
}
Make = Callable[[World], Booking]


def paid(world: World) -> Booking:
    booking = world.booking(discount_cents=450)
    booking.pay()
    return booking


def held(world: World) -> Booking:
    booking = world.booking(discount_cents=450)
    booking.open_payment()
    return booking


def with_hours(world: World) -> Booking:
    instructor, service_id = world.hourly()
    return world.hours(world.person("Ben"), instructor, 2).book(service_id)


def requested(world: World) -> Booking:
    instructor = world.instructor()
    service_id = world.service(instructor, requires_approval=True)
    slot_id = world.slot(service_id)
    learner = world.person("Ben")
    booked = world.book(learner, slot_id)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


def effects(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: sorted(world.rows(query), key=repr) for name, query in EFFECTS.items()
    }
    return found | {"ledger": world.ledger()}


@contextmanager
def with_the_service_key(world: World) -> Iterator[None]:
    with world.acting_as(None, "service_role"):
        world.connection.execute("set local role postgres")
        yield


def cancel(booking: Booking) -> None:
    booking.world.cancel(booking.learner, booking.id)


def decline(booking: Booking) -> None:
    booking.world.call(
        booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id
    )


def expire(booking: Booking) -> None:
    booking.world.rows("select private.expire_holds(private.marketplace_id())")


def complete(booking: Booking) -> None:
    booking.world.call(
        booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id
    )


def miss(who: str) -> Callable[[Booking], None]:
    def mark(booking: Booking) -> None:
        booking.miss(who)

    return mark


CANCELLED = "status = 'cancelled', cancelled_by = 'learner', cancelled_at = private.clock()"
LATE = -timedelta(hours=20)
AFTER = timedelta(hours=1)


@pytest.mark.parametrize(
    ("make", "at", "function", "edit", "editor"),
    [
        pytest.param(*case, id=name)
        for name, case in {
            "late": (paid, LATE, cancel, CANCELLED, World.in_studio),
            "in time": (paid, -timedelta(days=1), cancel, CANCELLED, World.in_studio),
            "by a service": (paid, LATE, cancel, CANCELLED, with_the_service_key),
            "authorized": (authorized, LATE, cancel, CANCELLED, World.in_studio),
            "held": (held, -timedelta(hours=47), cancel, CANCELLED, World.in_studio),
            "expired": (held, LATE, expire, "status = 'expired'", World.in_studio),
            "declined": (
                requested,
                -timedelta(hours=47),
                decline,
                "status = 'declined', hold_expires_at = null",
                World.in_studio,
            ),
            "hours": (with_hours, LATE, cancel, CANCELLED, World.in_studio),
            "completed": (paid, AFTER, complete, "status = 'completed'", World.in_studio),
            "hours completed": (
                with_hours,
                AFTER,
                complete,
                "status = 'completed'",
                World.in_studio,
            ),
            "captured": (authorized, AFTER, complete, "status = 'completed'", World.in_studio),
            "learner missing": (
                authorized,
                AFTER,
                miss("learner"),
                "status = 'no_show', no_show_by = 'learner'",
                World.in_studio,
            ),
            "instructor missing": (
                authorized,
                AFTER,
                miss("instructor"),
                "status = 'no_show', no_show_by = 'instructor'",
                World.in_studio,
            ),
            "instructor missing, and paid": (
                paid,
                AFTER,
                miss("instructor"),
                "status = 'no_show', no_show_by = 'instructor'",
                World.in_studio,
            ),
        }.items()
    ],
)
def test_an_edit_has_the_effects_of_the_function(
    world: World,
    make: Make,
    at: timedelta,
    function: Callable[[Booking], None],
    edit: str,
    editor: Any,
) -> None:
    booking = make(world)
    world.travel(to=booking.columns["start_at"] + at)
    before = effects(world)
    with world.connection.transaction(force_rollback=True):
        function(booking)
        by_function = effects(world)
    with editor(world):
        world.connection.execute(f"update public.bookings set {edit} where id = %s", [booking.id])
    assert effects(world) == by_function
    assert by_function != before


def test_a_refund_rate_that_an_edit_sets_is_used(world: World) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
    with with_the_service_key(world):
        world.connection.execute(
            f"update public.bookings set {CANCELLED}, refund_bps = 10000,"
            " cancellation_refund_cents = 1, restored_minutes = 0, kept_share_cents = 1"
            " where id = %s",
            [booking.id],
        )
    assert booking.columns["cancellation_refund_cents"] == 5310
    assert booking.columns["kept_share_cents"] == 0
    assert world.value("select sum(amount_cents) from public.refunds") == 5310


def test_a_replacement_that_an_edit_ends_refunds_its_original(world: World) -> None:
    """Whatever the edit says of the refund."""
    booking = world.booking(requires_approval=True)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.pay()
    replacement = follow(booking, move(world, booking, world.in_days(3)))
    with with_the_service_key(world):
        world.connection.execute(
            f"update public.bookings set {CANCELLED}, refund_bps = 10000, hold_expires_at = null,"
            " cancellation_refund_cents = 0, restored_minutes = 0, kept_share_cents = 0"
            " where id = %s",
            [replacement.id],
        )
    assert replacement.columns["cancellation_refund_cents"] == 5310
    assert world.value("select sum(amount_cents) from public.refunds") == 5310


@pytest.mark.parametrize(
    ("at", "edit", "refunded"),
    [
        pytest.param(LATE, "status = 'cancelled'", 5310, id="an admin's, by the status alone"),
        pytest.param(LATE, CANCELLED, 2655, id="a learner's, under the policy"),
    ],
)
def test_a_paid_lesson_is_cancelled_in_studio(
    world: World, at: timedelta, edit: str, refunded: int
) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] + at)
    with world.in_studio():
        world.connection.execute(f"update public.bookings set {edit} where id = %s", [booking.id])
    assert booking.columns["cancelled_at"] == world.now()
    assert world.value("select sum(amount_cents) from public.refunds") == refunded
    assert world.value("select status from public.refunds") == "pending"
    assert world.value("select current_bookings from public.bookable_slots") == 0
    for entity, status in (("bookings", "cancelled"), ("refunds", "pending")):
        assert (
            world.value(
                "select actor_kind::text from public.audit_logs"
                " where entity_type = %s and new_values ->> 'status' = %s",
                entity,
                status,
            )
            == "studio"
        )
    assert world.violations() == []


@pytest.mark.parametrize("by_function", [False, True], ids=["row", "function"])
def test_studio_makes_no_refund_by_hand(world: World, by_function: bool) -> None:
    """A refund that nothing explains: a row in the editor, or a call of a function."""
    booking = world.booking()
    booking.pay()
    payment = booking.payment
    row = (
        "insert into public.refunds (org_id, payment_id, learner_id, instructor_id, currency,"
        " amount_cents, reason, status) values (%(org_id)s, %(id)s, %(learner_id)s,"
        " %(instructor_id)s, 'gbp', 100, 'Goodwill.', 'pending')"
    )
    call = (
        "select private.create_refund(paid, (select id from public.order_items), 100, 'granted', 0,"
        " 'Goodwill.') from public.payments paid where id = %(id)s"
    )
    with world.unchanged(), world.refusing("PT409", "illegal_transition"), world.in_studio():
        world.connection.execute(call if by_function else row, payment)


def test_an_edit_that_sets_amounts_refunds_the_original_of_a_replacement(world: World) -> None:
    original = requested(world)
    world.call(original.instructor.user_id, "public.confirm_booking", p_booking_id=original.id)
    original.pay()
    there = follow(original, move(world, original, world.in_days(3)))
    with with_the_service_key(world):
        world.connection.execute(
            f"update public.bookings set {CANCELLED}, hold_expires_at = null, refund_bps = 10000,"
            " cancellation_refund_cents = 0, restored_minutes = 0, kept_share_cents = 0"
            " where id = %s",
            [there.id],
        )
    assert there.columns["cancellation_refund_cents"] == 5310
    assert world.value("select sum(amount_cents) from public.refunds") == 5310
