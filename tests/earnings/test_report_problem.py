"""A problem that is reported within the payout hold freezes the earning until an admin decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, World, refund_object


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
    world.maintain()
    status: str = world.value("select status::text from public.earnings")
    return status


def concerns(world: World) -> list[DictRow]:
    return world.serve("jobs", "private.needs_attention")


def waiting(world: World) -> str | None:
    """What the doctor says about reports."""
    kinds = {"problem_reported", "refund_awaited"}
    return next((row["concern"] for row in concerns(world) if row["concern"] in kinds), None)


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


def test_what_stays_frozen_is_refunded_in_part_and_the_rest_is_paid(world: World) -> None:
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    resolve(world, report(world, lesson, lesson.learner), False)
    assert waiting(world) == "refund_awaited"
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    assert world.rows("select * from public.payouts") == []
    lesson.refund(2655)
    assert waiting(world) is None
    world.travel(by=timedelta(days=7))
    assert [run["amount_paid_cents"] for run in world.run_payouts()] == [2250]


def test_an_open_report_waits_for_an_admin(world: World) -> None:
    lesson = world.lesson()
    report_id = report(world, lesson, lesson.learner)
    (concern,) = [row for row in concerns(world) if row["concern"] == "problem_reported"]
    assert concern["reference"] == str(report_id)
    resolve(world, report_id, True)
    assert waiting(world) is None


def test_a_decision_for_a_refund_can_be_taken_back(world: World) -> None:
    lesson, admin = world.lesson(), world.admin()
    report_id = report(world, lesson, lesson.learner)
    resolve(world, report_id, False, admin)
    resolve(world, report_id, True, admin)
    world.travel(by=timedelta(hours=25))
    assert earning(world) == "available"


@pytest.mark.parametrize("end", ["won", "lost"])
def test_the_end_of_a_dispute_frees_nothing_that_a_report_keeps(world: World, end: str) -> None:
    lesson = world.lesson()
    resolve(world, report(world, lesson, lesson.learner), False)
    world.dispute(lesson.payment)
    world.dispute(lesson.payment, end)
    world.travel(by=timedelta(hours=25))
    assert earning(world) == "frozen"


def test_a_refund_frees_nothing_that_is_disputed(world: World) -> None:
    lesson = world.lesson()
    resolve(world, report(world, lesson, lesson.learner), False)
    refund = refund_object(lesson.payment, 2655, "pending")
    world.deliver("refund.created", refund)
    world.dispute(lesson.payment)
    world.deliver("refund.updated", refund | {"status": "succeeded"})
    statuses = world.rows(
        "select distinct status::text from public.earnings where amount_cents > 0"
    )
    assert statuses == [{"status": "frozen"}]
    world.dispute(lesson.payment, "won")
    assert not world.rows("select from public.earnings where status = 'frozen'")


def test_it_is_too_late_after_the_hold(world: World) -> None:
    lesson = world.lesson()
    world.travel(by=timedelta(hours=25))
    assert earning(world) == "available"
    with world.unchanged(), world.refusing("PT409", "nothing_to_freeze"):
        report(world, lesson, lesson.learner)


@pytest.mark.parametrize("kind", ["no_show", "cancellation"])
def test_whatever_a_lesson_earned_can_be_reported(world: World, kind: str) -> None:
    booking = world.booking()
    booking.pay()
    if kind == "no_show":
        world.travel(to=booking.columns["end_at"])
        booking.miss("learner")
    else:
        world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
        world.cancel(booking.learner, booking.id)
    report(world, booking, booking.learner)
    world.travel(by=timedelta(days=30))
    assert earning(world) == "frozen"


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


@pytest.mark.parametrize("scope", ["book", "pay"])
def test_a_guardian_reports_who_may_book_or_pay(world: World, scope: str) -> None:
    lesson = world.lesson()
    learner_id = lesson.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True)
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        report(world, lesson, viewer)
    report(world, lesson, world.guardian(learner_id, **{scope: True}))
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
