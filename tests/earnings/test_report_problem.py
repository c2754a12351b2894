"""A problem that is reported within the payout hold freezes the earning until an admin decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import Booking, World


def report(world: World, booking: Booking, user_id: UUID, text: str = "Half an hour.") -> UUID:
    report_id: UUID = world.call(
        user_id, "public.report_problem", p_booking_id=booking.id, p_description=text
    )
    return report_id


def resolve(world: World, report_id: UUID, releases: bool, user_id: UUID | None = None) -> None:
    world.call(
        user_id or world.admin(),
        "public.admin_resolve_problem",
        p_problem_report_id=report_id,
        p_unfreezes_earning=releases,
        p_reason="Talked to both.",
    )


def earning(world: World) -> str:
    world.serve("jobs", "private.maintain")
    status: str = world.value("select status::text from public.earnings")
    return status


def test_a_reported_lesson_is_not_paid_however_long_it_takes(world: World) -> None:
    lesson = world.lesson()
    report(world, lesson, lesson.learner)
    world.travel(by=timedelta(days=30))
    assert earning(world) == "frozen"


@pytest.mark.parametrize(("releases", "becomes"), [(True, "available"), (False, "frozen")])
def test_an_admin_decides(world: World, releases: bool, becomes: str) -> None:
    lesson = world.lesson()
    report_id = report(world, lesson, lesson.learner)
    resolve(world, report_id, releases)
    world.travel(by=timedelta(hours=25))
    assert earning(world) == becomes
    decided = world.row("select resolution, resolved_at from public.problem_reports")
    assert decided["resolution"] == "Talked to both."


def test_it_is_too_late_after_the_hold(world: World) -> None:
    lesson = world.lesson()
    world.travel(by=timedelta(hours=25))
    assert earning(world) == "available"
    with world.unchanged(), world.refusing("PT409", "nothing_to_freeze"):
        report(world, lesson, lesson.learner)


def test_it_is_too_early_before_the_lesson(world: World) -> None:
    booking = world.booking()
    booking.pay()
    with world.unchanged(), world.refusing("PT409", "nothing_to_freeze"):
        report(world, booking, booking.learner)


def test_a_lesson_is_reported_once_at_a_time(world: World) -> None:
    lesson = world.lesson()
    report(world, lesson, lesson.learner)
    with world.unchanged(), world.refusing("PT409", "nothing_to_freeze"):
        report(world, lesson, lesson.learner)


def test_a_guardian_reports(world: World) -> None:
    lesson = world.lesson()
    learner_id = lesson.columns["learner_id"]
    report(world, lesson, world.guardian(learner_id, view=True, book=True, pay=True))
    assert earning(world) == "frozen"


def test_nobody_else_reports(world: World) -> None:
    lesson = world.lesson()
    for person in (lesson.instructor.user_id, world.person()):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            report(world, lesson, person)


@pytest.mark.parametrize("text", ["", "no", "x" * 5001])
def test_a_description_that_says_nothing_freezes_nothing(world: World, text: str) -> None:
    lesson = world.lesson()
    with world.unchanged(), world.refusing("PT422", "description_is_short"):
        report(world, lesson, lesson.learner, text)


def test_only_admins_of_the_platform_decide_and_once(world: World) -> None:
    lesson, admin = world.lesson(), world.admin()
    report_id = report(world, lesson, lesson.learner)
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        resolve(world, report_id, True, lesson.instructor.user_id)
    resolve(world, report_id, True, admin)
    with world.unchanged(), world.refusing("PT404", "problem_not_found"):
        resolve(world, report_id, False, admin)
