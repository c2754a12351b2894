"""Document 4's totals: what a learner has booked, had and spent, as far as the reader may know."""

from __future__ import annotations

from typing import Any

from tests.factories import World


def totals(world: World, user_id: Any) -> list[tuple[Any, ...]]:
    with world.acting_as(user_id):
        rows = world.rows("select * from public.learner_totals order by currency")
    return [
        (
            row["total_sessions_booked"],
            row["total_sessions"],
            row["currency"],
            row["total_spent_cents"],
        )
        for row in rows
    ]


def test_what_was_paid_and_not_given_back_was_spent(world: World) -> None:
    booking = world.booking()
    assert totals(world, booking.learner) == [(0, 0, None, 0)]
    booking.pay()
    assert totals(world, booking.learner) == [(1, 0, "gbp", booking.payment["amount_cents"])]
    booking.complete()
    paid = booking.payment["amount_cents"]
    booking.refund(1000)
    assert totals(world, booking.learner) == [(1, 1, "gbp", paid - 1000)]


def test_what_was_cancelled_and_given_back_is_no_more(world: World) -> None:
    booking = world.booking()
    booking.pay()
    world.cancel(booking.learner, booking.id)
    booking.refund(booking.payment["amount_cents"])
    assert totals(world, booking.learner) == [(0, 0, "gbp", 0)]


def test_an_instructor_sees_what_was_paid_to_them(world: World) -> None:
    booking = world.booking()
    booking.pay()
    other = world.instructor()
    slot_id = world.slot(world.service(other), world.in_days(4))
    world.book(booking.learner, slot_id)
    assert totals(world, booking.instructor.user_id) == [
        (1, 0, "gbp", booking.payment["amount_cents"])
    ]
    assert totals(world, other.user_id) == [(0, 0, None, 0)]
    assert totals(world, world.person()) == []
