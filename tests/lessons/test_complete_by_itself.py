"""A lesson that nobody completes is listed for both sides, and completes itself after a grace."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cancellations.steps import authorized
from tests.factories import Booking, World
from tests.lessons.steps import complete, confirmed
from tests.progress.test_rate import rate

GRACE = timedelta(hours=24)


def to_complete(world: World, person: UUID) -> list[UUID]:
    return [row["id"] for row in world.ask(person, "public.lessons_to_complete")]


def report(booking: Booking) -> UUID:
    report_id: UUID = booking.world.call(
        booking.learner,
        "public.report_problem",
        p_booking_id=booking.id,
        p_description="It never took place.",
    )
    return report_id


@pytest.fixture
def over(world: World) -> Booking:
    """A lesson whose time is over."""
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    return booking


def test_both_sides_see_what_is_to_be_completed(world: World, over: Booking) -> None:
    for person in (over.learner, over.instructor.user_id):
        assert to_complete(world, person) == [over.id]
    assert to_complete(world, world.person()) == []
    complete(over)
    assert to_complete(world, over.learner) == []


def test_a_lesson_ahead_is_not_to_be_completed(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"] - timedelta(seconds=1))
    assert to_complete(world, booking.learner) == []


def test_a_lesson_completes_itself_after_the_grace(world: World, over: Booking) -> None:
    world.travel(by=GRACE - timedelta(seconds=1))
    world.maintain()
    assert over.status == "confirmed"
    world.travel(by=timedelta(seconds=1))
    for _ in range(2):
        world.maintain()
    assert over.status == "completed"
    lesson = world.row("select * from public.lessons")
    assert lesson["started_at"] == over.columns["start_at"]
    assert lesson["ended_at"] == over.columns["end_at"]
    assert world.count("public.earnings") == 1


def test_what_completed_itself_is_held_from_then_on(world: World, over: Booking) -> None:
    """The payee waits as long as for any other lesson, and a problem can be reported until then."""
    world.travel(by=GRACE)
    world.maintain()
    payable_at = over.columns["end_at"] + GRACE + timedelta(hours=24)
    assert world.value("select available_at from public.earnings") == payable_at
    world.travel(to=payable_at - timedelta(seconds=1))
    report(over)
    assert world.value("select status from public.earnings") == "frozen"


def test_what_completed_itself_is_rated_within_14_days_of_its_end(
    world: World, over: Booking
) -> None:
    world.travel(by=GRACE)
    world.maintain()
    world.travel(to=over.columns["end_at"] + timedelta(days=14, seconds=1))
    with world.refusing("PT422", "too_late_to_rate"):
        rate(over)
    world.travel(by=timedelta(seconds=-1))
    rate(over)


def test_the_grace_is_the_organizations(world: World, over: Booking) -> None:
    world.connection.execute(
        "update public.organizations set completion_grace = '2 hours' where is_marketplace"
    )
    world.travel(by=timedelta(hours=2))
    world.maintain()
    assert over.status == "completed"


def test_a_started_lesson_keeps_when_it_started(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    started_at = world.now()
    world.travel(to=booking.columns["end_at"] + GRACE)
    world.maintain()
    assert booking.status == "completed"
    assert world.value("select started_at from public.lessons") == started_at


def test_a_claim_that_is_open_keeps_a_lesson_from_completing_itself(
    world: World, over: Booking
) -> None:
    over.say_missing("instructor")
    world.travel(by=GRACE)
    world.maintain()
    assert over.status == "confirmed"


def test_a_reported_problem_keeps_a_lesson_from_completing_itself(
    world: World, over: Booking
) -> None:
    report_id = report(over)
    world.travel(by=GRACE)
    world.maintain()
    assert over.status == "confirmed"
    world.call(
        world.admin(),
        "public.admin_resolve_problem",
        p_problem_report_id=report_id,
        p_unfreezes_earning=True,
        p_reason="It took place.",
    )
    world.maintain()
    assert over.status == "completed"


def test_what_a_lesson_with_a_problem_earns_is_frozen(world: World, over: Booking) -> None:
    report(over)
    complete(over)
    assert world.value("select status from public.earnings") == "frozen"


def test_a_problem_cannot_be_reported_before_the_lesson_is_over(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"] - timedelta(seconds=1))
    with world.unchanged(), world.refusing("PT409", "nothing_to_freeze"):
        report(booking)


def test_an_authorization_is_captured_when_a_lesson_completes_itself(world: World) -> None:
    booking = authorized(world)
    world.travel(to=booking.columns["end_at"] + GRACE)
    world.maintain()
    assert booking.status == "completed"
    assert len(world.commands("capture_payment")) == 1


def test_an_authorization_is_captured_in_time_while_a_problem_waits(world: World) -> None:
    booking = authorized(world)
    world.travel(to=booking.columns["end_at"])
    report(booking)
    world.travel(to=booking.payment["authorized_at"] + timedelta(days=6, hours=12))
    world.maintain()
    assert booking.status == "confirmed"
    assert len(world.commands("capture_payment")) == 1
    assert world.commands("cancel_payment_intent") == []
