"""Ben, who was taught, says that the instructor did not come; Eve presses start from her sofa.

Nobody's word alone moves money: the other side is told, contests it, and somebody else decides.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import Booking, World

CONTESTABLE = timedelta(hours=72)


@pytest.fixture
def lesson(world: World) -> Booking:
    """A paid lesson whose time has come."""
    booking = world.booking(world.instructor(name="Eve"))
    booking.pay()
    world.travel(to=booking.columns["start_at"])
    return booking


def claim(lesson: Booking, by: UUID, who: str) -> UUID:
    claim_id: UUID = lesson.world.call(by, "public.mark_no_show", p_booking_id=lesson.id, p_who=who)
    return claim_id


def contest(world: World, by: UUID, claim_id: UUID) -> None:
    world.call(by, "public.contest_claim", p_claim_id=claim_id, p_statement="I was there.")


def decide(world: World, claim_id: UUID, who: str | None) -> None:
    world.call(
        world.admin(),
        "public.decide_claim",
        p_claim_id=claim_id,
        p_no_show_by=who,
        p_reason="Looked at both phones.",
    )


def refunded(world: World) -> int:
    cents: int = world.value("select coalesce(sum(amount_cents), 0)::bigint from public.refunds")
    return cents


def earned(world: World) -> int:
    cents: int = world.value("select coalesce(sum(amount_cents), 0)::bigint from public.earnings")
    return cents


def silence(world: World) -> None:
    world.travel(by=CONTESTABLE + timedelta(days=30))
    world.maintain()


def test_a_learner_who_was_taught_gets_nothing_back(world: World, lesson: Booking) -> None:
    eve = lesson.instructor.user_id
    world.travel(to=lesson.columns["end_at"])
    claim_id = claim(lesson, lesson.learner, "instructor")
    assert refunded(world) == 0
    contest(world, eve, claim_id)
    silence(world)
    assert refunded(world) == 0
    decide(world, claim_id, None)
    world.call(eve, "public.complete_lesson", p_booking_id=lesson.id)
    assert (refunded(world), earned(world)) == (0, 4500)


def test_a_claim_that_nothing_proves_is_not_settled_by_silence(
    world: World, lesson: Booking
) -> None:
    world.travel(by=timedelta(minutes=15))
    claim(lesson, lesson.learner, "instructor")
    silence(world)
    assert (lesson.status, refunded(world), earned(world)) == ("confirmed", 0, 0)


def test_an_instructor_who_marks_from_afar_earns_nothing(world: World, lesson: Booking) -> None:
    eve = lesson.instructor.user_id
    world.call(eve, "public.start_lesson", p_booking_id=lesson.id)
    world.travel(by=timedelta(minutes=15))
    claim_id = claim(lesson, eve, "learner")
    with world.acting_as(lesson.learner):
        (told,) = world.rows("select code from public.alerts")
        assert told == {"code": "no_show_claimed"}
        assert world.value("select id from public.lesson_claims") == claim_id
    contest(world, lesson.learner, claim_id)
    silence(world)
    assert earned(world) == 0
    decide(world, claim_id, "instructor")
    assert (refunded(world), earned(world)) == (5310, 0)
    world.carry_refunds()
    assert world.ledger() == {}


def test_a_lesson_that_was_completed_can_still_be_denied(world: World, lesson: Booking) -> None:
    eve = lesson.instructor.user_id
    world.call(eve, "public.start_lesson", p_booking_id=lesson.id)
    world.travel(to=lesson.columns["end_at"])
    world.call(eve, "public.complete_lesson", p_booking_id=lesson.id)
    claim_id = claim(lesson, lesson.learner, "instructor")
    silence(world)
    assert world.rows("select status::text from public.earnings") == [{"status": "frozen"}]
    decide(world, claim_id, "instructor")
    assert (refunded(world), earned(world)) == (5310, 0)
    world.carry_refunds()
    assert world.ledger() == {}


def test_a_lesson_is_not_over_a_second_after_its_start(world: World, lesson: Booking) -> None:
    eve = lesson.instructor.user_id
    world.call(eve, "public.start_lesson", p_booking_id=lesson.id)
    world.travel(by=timedelta(seconds=1))
    with world.unchanged(), world.refusing("PT422", "too_early"):
        world.call(eve, "public.complete_lesson", p_booking_id=lesson.id)
    assert earned(world) == 0
