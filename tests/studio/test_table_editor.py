"""An admin edits, inserts and deletes rows in Studio: guards hold, and every edit is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.studio.conftest import Refused, Studio

pytestmark = pytest.mark.studio


def audited(studio: Studio, table: str, id: UUID | str) -> list[dict[str, Any]]:
    return studio.world.rows(
        "select action, actor_kind::text as actor_kind, new_values from public.audit_logs"
        " where entity_type = %s and entity_id = %s and actor_kind = 'studio' order by id",
        table,
        str(id),
    )


def test_an_admin_edits_rows(studio: Studio) -> None:
    """In one test, since Studio's back end takes its time to start."""
    world = studio.world
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    ahead = world.booking(lesson.instructor, start_at=world.in_days(6))
    ahead.pay()
    world.travel(by=timedelta(days=2))
    books, service_id = world.ledger(), ahead.columns["service_id"]

    # What an admin may change is changed, and audited as Studio's.
    school = studio.insert(
        "public.organizations",
        name="Elm",
        slug="elm",
        time_zone="Europe/London",
        currency="gbp",
    )[0]
    assert studio.update("public.organizations", school["id"], name="Elm Driving")[0]["name"] == (
        "Elm Driving"
    )
    (window,) = studio.insert(
        "public.availability_windows",
        org_id=lesson.instructor.org_id,
        instructor_id=lesson.instructor.id,
        day_of_week=1,
        start_time="09:00",
        end_time="12:00",
        effective_from=world.now().date(),
    )
    assert studio.delete("public.availability_windows", window["id"])
    assert [row["action"] for row in audited(studio, "organizations", school["id"])] == [
        "insert",
        "update",
    ]
    assert [row["action"] for row in audited(studio, "availability_windows", window["id"])] == [
        "insert",
        "delete",
    ]

    # What an admin may not change is refused, by name, and with what to do instead.
    payment = ahead.payment
    refusals: list[tuple[Any, str, str]] = [
        (
            studio.update("public.bookings", ahead.id, price_cents=1),
            "booking_is_frozen",
            "Cancel it",
        ),
        (
            studio.update("public.bookings", ahead.id, status="expired"),
            "illegal_transition",
            "create_booking_with_payment",
        ),
        (
            studio.update("public.payments", payment["id"], amount_cents=1),
            "payment_is_frozen",
            "Refund it",
        ),
        (
            studio.update("public.payments", payment["id"], status="cancelled"),
            "illegal_transition",
            "admin_refund",
        ),
        (studio.query("delete from public.audit_logs"), "append_only", "correction"),
        (studio.query("delete from private.ledger_entries"), "append_only", "correction"),
        (studio.query("truncate private.ledger_entries cascade"), "append_only", "correction"),
        (
            studio.query("update private.ledger_entries set amount_cents = 1"),
            "append_only",
            "correction",
        ),
        (
            studio.query("update public.payment_items set amount_cents = 1"),
            "append_only",
            "correction",
        ),
    ]
    for answer, code, hint in refusals:
        assert isinstance(answer, Refused), (code, answer)
        assert answer.code == code, answer
        assert hint in answer.hint, answer

    # Rows that something rests on stay, whoever deletes them.
    for table, id in (
        ("public.bookings", ahead.id),
        ("public.payments", payment["id"]),
        ("public.instructors", lesson.instructor.id),
        ("public.services", service_id),
        ("public.orders", ahead.columns["order_id"]),
        ("public.organizations", lesson.instructor.org_id),
    ):
        answer = studio.delete(table, id)
        assert isinstance(answer, Refused), table
        assert answer.sqlstate in {"23503", "23001", "PT409"}, answer

    # Money and other schools' rows cannot be made up.
    made_up = studio.insert(
        "public.payments",
        org_id=school["id"],
        order_id=ahead.columns["order_id"],
        learner_id=ahead.columns["learner_id"],
        instructor_id=lesson.instructor.id,
        currency="gbp",
        list_cents=100,
        discount_cents=0,
        fee_cents=0,
        share_cents=100,
        amount_cents=100,
        minutes=60,
    )
    assert isinstance(made_up, Refused)
    double = studio.insert(
        "public.bookable_slots",
        org_id=uuid4(),
        service_id=service_id,
        instructor_id=lesson.instructor.id,
        start_at=world.in_days(9),
        end_at=world.in_days(9, 11),
        max_bookings=1,
    )
    assert isinstance(double, Refused)

    assert world.ledger() == books
    assert world.violations() == []


def test_a_paid_lesson_is_cancelled_in_the_table_editor(studio: Studio) -> None:
    """By its status alone, with all that follows when an admin calls cancel_booking."""
    world = studio.world
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    by_hand = studio.query(
        "insert into public.refunds (org_id, payment_id, learner_id, instructor_id, currency,"
        " amount_cents, reason, status) select org_id, id, learner_id, instructor_id, currency,"
        " 100, 'Goodwill.', 'pending' from public.payments"
    )
    assert isinstance(by_hand, Refused)
    assert by_hand.code == "illegal_transition"
    assert "admin_refund" in by_hand.hint
    assert world.count("public.refunds") == 0

    studio.update("public.bookings", booking.id, status="cancelled")
    assert booking.status == "cancelled"
    assert booking.columns["cancelled_by"] == "admin"
    assert world.value("select amount_cents from public.refunds") == 5310
    assert world.count("private.outbox where topic = 'refund_payment'") == 1
    assert [row["new_values"]["status"] for row in audited(studio, "bookings", booking.id)] == [
        "cancelled"
    ]
    assert world.violations() == []
