"""Gil may book and pay for his daughter until she revokes it; he goes on with what he began."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, Booking, Instructor, World


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def daughter(world: World) -> UUID:
    """The login of a learner of the marketplace, who is of age to speak for herself."""
    return world.person("Kit")


@pytest.fixture
def kit(world: World, daughter: UUID) -> UUID:
    return world.learner(MARKETPLACE, daughter, "Kit")


@pytest.fixture
def gil(world: World, kit: UUID) -> UUID:
    return world.guardian(kit, view=True, book=True, pay=True)


def book(world: World, gil: UUID, kit: UUID, ann: Instructor, days: int = 5) -> Booking:
    slot_id = world.slot(world.service(ann), world.in_days(days))
    booked = world.book(gil, slot_id, p_learner_user_id=None, p_learner_id=kit)
    return Booking(world, booked["booking_id"], gil, ann, slot_id)


def revoke(world: World, daughter: UUID) -> None:
    link_id = world.value("select id from public.learner_guardians where revoked_at is null")
    world.call(daughter, "public.revoke_guardian", p_learner_guardian_id=link_id)


def test_nothing_more_is_booked_paid_moved_cancelled_or_refunded(
    world: World, daughter: UUID, kit: UUID, gil: UUID, ann: Instructor
) -> None:
    paid, held = book(world, gil, kit, ann), book(world, gil, kit, ann, 6)
    paid.pay()
    credit = world.buy_hours(gil, ann, 2, p_learner_id=kit)
    credit.pay()
    revoke(world, daughter)
    slot_id = world.slot(world.service(ann), world.in_days(7))
    refused: list[tuple[str, str, Callable[[], object]]] = [
        ("42501", "not_yourself", lambda: book(world, gil, kit, ann, 8)),
        (
            "42501",
            "not_yourself",
            lambda: world.book(
                gil, slot_id, p_learner_user_id=None, p_learner_id=kit, p_use_credits=True
            ),
        ),
        ("PT404", "order_not_found", held.open_payment),
        ("PT404", "booking_not_found", lambda: world.cancel(gil, paid.id)),
        (
            "PT404",
            "booking_not_found",
            lambda: world.ask(
                gil,
                "public.reschedule_booking",
                p_booking_id=paid.id,
                p_start_at=world.in_days(9),
            ),
        ),
        (
            "PT404",
            "credit_not_found",
            lambda: world.ask(gil, "public.refund_credits", p_credit_id=credit.id),
        ),
        (
            "PT404",
            "payment_not_found",
            lambda: world.call(
                gil,
                "public.request_refund",
                p_booking_id=paid.id,
                p_amount_cents=1,
                p_reason="It is my money.",
            ),
        ),
    ]
    for sqlstate, code, attempt in refused:
        with world.refusing(sqlstate, code):
            attempt()
    assert (paid.status, held.status) == ("confirmed", "held")


def test_what_was_paid_stays_the_learners(
    world: World, daughter: UUID, kit: UUID, gil: UUID, ann: Instructor
) -> None:
    """The lesson is hers, and the money goes back to the card that paid."""
    paid = book(world, gil, kit, ann)
    paid.pay()
    revoke(world, daughter)
    ending = world.cancel(daughter, paid.id)
    assert ending["refund_cents"] == 5310
    world.carry_refunds()
    assert paid.payment["refunded_cents"] == 5310
    assert paid.payment["payer_id"] == gil


def test_a_payment_that_was_begun_before_buys_the_lesson(
    world: World, daughter: UUID, kit: UUID, gil: UUID, ann: Instructor
) -> None:
    """Whose money it was does not matter: it was meant for this lesson of hers."""
    held = book(world, gil, kit, ann)
    held.open_payment()
    revoke(world, daughter)
    assert world.deliver("payment_intent.succeeded", held.intent()) == "processed"
    assert held.status == "confirmed"
    with world.acting_as(gil):
        assert world.rows("select from public.bookings") == []
