"""Nobody is charged for what will not be taught, and nothing twice, whatever changed meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.billing.conftest import Shop
from tests.billing.test_series_paid_later import (
    BACK,
    DAY,
    HOUR,
    WEEK,
    Course,
    course,
    offer,
)
from tests.factories import MARKETPLACE, Booking

__all__ = ["course"]


def queue(course: Course, lesson: Booking) -> None:
    """The charge of a lesson is due and queued; the jobs have not carried it out."""
    course.world.travel(to=lesson.columns["start_at"] - 2 * DAY)
    assert course.world.maintain()["lessons_collected"] == 1


def try_twice(course: Course, lesson: Booking) -> None:
    course.wait_until(lesson.columns["start_at"] - 2 * DAY)
    course.wait_until(lesson.columns["start_at"] - DAY + HOUR)


def charged(course: Course) -> list[dict[str, Any]]:
    charges = course.shop.fake.objects("charge")
    return [charge for charge in charges if charge["status"] == "succeeded"]


def refunded_cents(course: Course) -> int:
    return sum(refund["amount"] for refund in course.shop.fake.objects("refund"))


def deactivate(course: Course, is_active: bool = False) -> None:
    course.world.call(
        course.world.member(MARKETPLACE, "owner"),
        "public.set_instructor_active",
        p_instructor_id=course.instructor.id,
        p_is_active=is_active,
    )


@pytest.mark.slow
def test_what_nobody_can_give_any_more_when_its_charge_is_queued_is_not_charged(
    course: Course,
) -> None:
    first, *_ = course.lessons()
    queue(course, first)
    deactivate(course)
    course.shop.carry_out()
    assert course.shop.fake.objects("payment_intent") == []
    assert (first.status, first.columns["collection_tries"]) == ("held", 0)
    assert course.world.violations() == []
    deactivate(course, is_active=True)
    course.wait_until(first.columns["start_at"] - 2 * DAY + HOUR)
    assert first.status == "confirmed"
    assert len(charged(course)) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_what_nobody_can_give_at_the_second_try_is_not_charged(course: Course) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclined")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    spoil(course, "pm_card_visa")
    deactivate(course)
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert charged(course) == []
    course.wait_until(first.columns["start_at"] - 12 * HOUR)
    assert first.status == "expired"
    assert course.world.violations() == []


def test_what_nobody_could_give_is_not_held_against_the_learner(course: Course) -> None:
    first, *_ = course.lessons()
    deactivate(course)
    course.wait_until(first.columns["start_at"] - 12 * HOUR)
    assert (first.status, first.columns["given_up_at"]) == ("expired", None)
    assert set(course.told("booking_expired")) >= {course.learner}
    deactivate(course, is_active=True)
    assert len(course.book(2, ahead=6 * WEEK)) == 2


@pytest.mark.slow
def test_what_nobody_could_give_after_a_failed_try_is_not_held_against_the_learner(
    course: Course,
) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclined")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert first.columns["collection_tries"] == 1
    deactivate(course)
    course.wait_until(first.columns["start_at"] - 12 * HOUR)
    assert (first.status, first.columns["given_up_at"]) == ("expired", None)
    deactivate(course, is_active=True)
    assert len(course.book(2, ahead=6 * WEEK)) == 2


@pytest.mark.slow
def test_an_instructor_who_leaves_is_not_paid_for_lessons_ahead(course: Course) -> None:
    """A charge that was queued before is not made, and the learner is told of each lesson."""
    lessons = course.lessons()
    queue(course, lessons[0])
    owner = course.world.member(MARKETPLACE, "owner")
    course.world.ask(owner, "public.offboard_instructor", p_instructor_id=course.instructor.id)
    for lesson in lessons:
        course.wait_until(lesson.columns["start_at"] - 2 * DAY)
    assert {lesson.status for lesson in lessons} == {"cancelled"}
    assert {lesson.columns["given_up_at"] for lesson in lessons} == {None}
    assert course.shop.fake.objects("payment_intent") == []
    told = course.world.rows(
        "select distinct related_id from public.messages"
        " where kind = 'booking_cancelled' and recipient_id = %s",
        course.learner,
    )
    assert len(told) == 3
    assert course.world.violations() == []


@pytest.mark.slow
def test_an_instructor_who_leaves_after_the_charge_has_it_refunded(course: Course) -> None:
    first, *_ = course.lessons()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    owner = course.world.member(MARKETPLACE, "owner")
    course.world.ask(owner, "public.offboard_instructor", p_instructor_id=course.instructor.id)
    course.shop.carry_out()
    assert refunded_cents(course) == charged(course)[0]["amount"]
    assert course.world.violations() == []


def spoil(course: Course, card: str) -> None:
    assert course.card
    course.shop.fake.spoil_card(course.card["stripe_payment_method_id"], card)


@pytest.mark.slow
def test_a_card_that_has_expired_is_told_and_another_one_pays(course: Course) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclinedExpiredCard")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert (first.status, first.columns["collection_tries"]) == ("held", 1)
    assert course.told("lesson_not_collected") == [course.learner]
    other = course.shop.save_card(course.learner, "pm_card_mastercard")
    course.world.call(
        course.learner, "public.set_default_payment_method", p_payment_method_id=other["id"]
    )
    course.shop.carry_out()
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert first.status == "confirmed"
    assert len(charged(course)) == 1
    assert course.world.violations() == []


@pytest.mark.slow
@pytest.mark.parametrize("is_heard", [True, False])
def test_a_card_that_was_detached_at_stripe_is_a_failed_try(course: Course, is_heard: bool) -> None:
    first, *_ = course.lessons()
    assert course.card
    course.shop.fake.stripe().v1.payment_methods.detach(course.card["stripe_payment_method_id"])
    if is_heard:
        course.shop.hear()
    try_twice(course, first)
    assert charged(course) == []
    assert first.status == "cancelled"
    assert course.told("lesson_not_collected") == [course.learner]
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_guardian_is_not_charged_once_the_learner_is_18(course: Course) -> None:
    """The learner is told, and may pay for the lesson alone."""
    world = course.world
    pupil = world.person("Kit")
    ward_id = world.child(MARKETPLACE, pupil, 17)
    world.connection.execute(
        "update public.learner_details set date_of_birth = %s where learner_id = %s",
        [course.first(8 * DAY).replace(year=course.first(8 * DAY).year - 18).date(), ward_id],
    )
    guardian = world.guardian(ward_id, view=True, book=True, pay=True)
    course.shop.save_card(guardian)
    first, second, _ = course.lessons(by=guardian, p_learner_user_id=None, p_learner_id=ward_id)
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert first.status == "confirmed"
    course.wait_until(second.columns["start_at"] - 2 * DAY)
    assert (second.status, second.columns["collection_tries"]) == ("held", 1)
    assert course.told("lesson_not_collected") == [pupil]
    assert len(charged(course)) == 1
    with world.refusing("PT404", "order_not_found"):
        world.serve(
            "webhook_service", "private.open_payment", p_user_id=guardian, p_ordered_id=second.id
        )
    card = course.shop.save_card(pupil)
    answer = course.shop.post(
        "/payment-intents",
        pupil,
        booking_id=str(second.id),
        payment_method_id=str(card["id"]),
        return_url=BACK,
    )
    assert answer.json["next_step"] == "none"
    course.shop.hear()
    assert second.status == "confirmed"
    assert len(charged(course)) == 2
    assert world.violations() == []


def test_who_pays_while_the_charge_is_queued_is_charged_once(course: Course) -> None:
    first, *_ = course.lessons()
    queue(course, first)
    assert course.card
    answer = course.shop.post(
        "/payment-intents",
        course.learner,
        booking_id=str(first.id),
        payment_method_id=str(course.card["id"]),
        return_url=BACK,
    )
    assert answer.json["next_step"] == "none"
    course.shop.carry_out()
    assert first.status == "confirmed"
    assert len(charged(course)) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_payment_that_the_bank_still_processes_is_not_made_again(course: Course) -> None:
    first, *_ = course.lessons()
    course.shop.fake.configure(payments_wait=True)
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert first.status == "held"
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    [intent] = course.shop.fake.objects("payment_intent")
    assert (intent["status"], first.status) == ("processing", "held")
    course.shop.fake.finish_payment(intent["id"])
    course.shop.hear()
    assert first.status == "confirmed"
    assert len(charged(course)) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_what_succeeds_after_the_lesson_ended_goes_back_in_full(course: Course) -> None:
    first, *_ = course.lessons()
    course.shop.fake.configure(payments_wait=True)
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    [intent] = course.shop.fake.objects("payment_intent")
    course.world.ask(course.instructor.user_id, "public.cancel_booking", p_booking_id=first.id)
    course.shop.carry_out()
    course.shop.fake.finish_payment(intent["id"])
    course.shop.hear()
    course.shop.carry_out()
    assert (first.status, refunded_cents(course)) == ("cancelled", intent["amount"])
    assert course.world.violations() == []


@pytest.mark.slow
def test_the_second_failure_ends_the_payment_too(course: Course) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclined")
    try_twice(course, first)
    assert first.status == "cancelled"
    [intent] = course.shop.fake.objects("payment_intent")
    assert intent["status"] == "canceled"
    assert charged(course) == []


def test_who_cancels_between_the_tries_pays_at_once_for_30_days(course: Course) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclined")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    course.world.ask(course.learner, "public.cancel_booking", p_booking_id=first.id)
    with course.world.refusing("PT409", "lesson_was_not_paid"):
        course.book(2, ahead=6 * WEEK)


def elsewhere(shop: Shop, limit: int, learner: UUID) -> Course:
    """The same learner's course at another school."""
    school = shop.world.organization()
    offer(shop, limit, school)
    shop.world.learner(school, learner)
    there = Course.__new__(Course)
    there.shop, there.world, there.learner, there.card = shop, shop.world, learner, None
    there.instructor = shop.world.instructor(org_id=school)
    shop.world.window(there.instructor, "00:00", "24:00")
    there.service_id = shop.world.service(there.instructor)
    return there


def leave(there: Course) -> None:
    there.world.call(
        there.learner,
        "public.remove_member_role",
        p_org_id=there.instructor.org_id,
        p_user_id=there.learner,
        p_role="learner",
    )


@pytest.mark.slow
def test_who_has_left_the_school_is_not_charged_and_the_times_are_free(course: Course) -> None:
    there = elsewhere(course.shop, 3, course.learner)
    first, second, third = there.lessons()
    there.wait_until(first.columns["start_at"] - 2 * DAY)
    assert first.status == "confirmed"
    queue(there, second)
    leave(there)
    there.shop.carry_out()
    assert (second.status, third.status) == ("cancelled", "cancelled")
    assert len(charged(there)) == 1
    assert there.instructor.user_id in there.told("booking_cancelled")
    rival = there.world.person("Cleo")
    there.world.learner(there.instructor.org_id, rival)
    assert there.world.request(rival, there.instructor, there.service_id, third.columns["start_at"])
    assert there.world.violations() == []


def test_who_leaves_between_the_tries_and_comes_back_pays_at_once(course: Course) -> None:
    there = elsewhere(course.shop, 3, course.learner)
    first, *_ = there.lessons()
    spoil(course, "pm_card_chargeDeclined")
    there.wait_until(first.columns["start_at"] - 2 * DAY)
    leave(there)
    there.world.member(there.instructor.org_id, "learner", there.learner)
    with there.world.refusing("PT409", "lesson_was_not_paid"):
        there.book(2, ahead=6 * WEEK)


def test_each_school_counts_the_lessons_that_are_paid_later_there(course: Course) -> None:
    course.lessons(12)
    there = elsewhere(course.shop, 3, course.learner)
    assert len(there.book(3, ahead=WEEK + DAY)) == 3
    with course.world.refusing("PT409", "too_many_lessons_paid_later"):
        there.book(2, ahead=7 * WEEK)


@pytest.mark.slow
def test_what_was_not_paid_at_one_school_counts_at_no_other(course: Course) -> None:
    first, *_ = course.lessons()
    spoil(course, "pm_card_chargeDeclined")
    try_twice(course, first)
    with course.world.refusing("PT409", "lesson_was_not_paid"):
        course.book(2, ahead=6 * WEEK)
    assert len(elsewhere(course.shop, 3, course.learner).book(2, ahead=6 * WEEK)) == 2


@pytest.mark.slow
def test_a_payer_who_did_not_pay_for_one_ward_pays_at_once_for_the_others(course: Course) -> None:
    """The card that failed is the guardian's, whoever the lessons are for."""
    world = course.world
    wards = [world.child(MARKETPLACE), world.child(MARKETPLACE)]
    guardian = world.guardian(wards[0], view=True, book=True, pay=True)
    link_id = world.call(
        world.admin(),
        "public.link_guardian",
        p_learner_id=wards[1],
        p_guardian_email=world.email(guardian),
        p_can_view=True,
        p_can_book=True,
        p_can_pay=True,
    )
    world.call(guardian, "public.give_guardian_consent", p_learner_guardian_id=link_id)
    card = course.shop.save_card(guardian)
    first, *_ = course.lessons(by=guardian, p_learner_user_id=None, p_learner_id=wards[0])
    course.shop.fake.spoil_card(card["stripe_payment_method_id"], "pm_card_chargeDeclined")
    try_twice(course, first)
    with world.refusing("PT409", "lesson_was_not_paid"):
        course.book(2, ahead=6 * WEEK, by=guardian, p_learner_user_id=None, p_learner_id=wards[1])
