"""Ben, who was taught and paid, asks for his money back until the school gives in.

Each request waits in the list of the school's admins, so that a hundred hide all others.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import Booking, World

A_BOOKING = 5


def ask(lesson: Booking, amount_cents: int, client_key: str | None = None) -> UUID:
    refund_id: UUID = lesson.world.call(
        lesson.learner,
        "public.request_refund",
        p_booking_id=lesson.id,
        p_amount_cents=amount_cents,
        p_reason="It rained.",
        p_client_key=client_key,
    )
    return refund_id


@pytest.fixture
def lesson(world: World) -> Booking:
    return world.lesson()


def test_a_booking_has_a_few_requests(world: World, lesson: Booking) -> None:
    first = ask(lesson, 100, "once")
    for cents in range(2, A_BOOKING + 1):
        ask(lesson, cents)
    with world.unchanged():
        for cents in (1, 2, 5310):
            with world.refusing("PT429", "too_many_refund_requests"):
                ask(lesson, cents)
        assert ask(lesson, 100, "once") == first
    assert world.count("public.refunds") == A_BOOKING


def test_a_request_that_was_declined_counts(world: World, lesson: Booking) -> None:
    admin = world.admin()
    for _ in range(A_BOOKING):
        declined = world.call(
            admin,
            "public.decide_refund",
            p_refund_id=ask(lesson, 100),
            p_is_granted=False,
            p_note="It was given in full.",
        )
        assert declined == "declined"
    with world.unchanged(), world.refusing("PT429", "too_many_refund_requests"):
        ask(lesson, 100)
    assert not world.rows("select from public.refunds where status <> 'declined'")


def test_the_platform_can_still_refund(world: World, lesson: Booking) -> None:
    for _ in range(A_BOOKING):
        ask(lesson, 100)
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=lesson.payment["id"],
        p_amount_cents=1000,
        p_reason="The instructor agrees.",
    )
    assert world.count("public.refunds") == A_BOOKING + 1
