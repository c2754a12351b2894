"""Each lesson of a series is charged to a saved card two days before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.billing.conftest import Shop
from tests.factories import MARKETPLACE, Booking, Instructor

DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(weeks=1)
BACK = "https://app.example.com/paid"


def offer(shop: Shop, limit: int = 12, org_id: UUID = MARKETPLACE) -> None:
    shop.world.connection.execute(
        "update public.organizations set max_lessons_paid_later = %s where id = %s",
        (limit, org_id),
    )


class Course:
    """An instructor who is open at all hours, a lesson, and a learner with a saved card."""

    def __init__(self, shop: Shop, card: str | None = "pm_card_visa", **service: Any) -> None:
        self.shop, self.world = shop, shop.world
        self.instructor: Instructor = self.world.instructor()
        self.world.window(self.instructor, "00:00", "24:00")
        self.service_id: UUID = self.world.service(self.instructor, **service)
        self.learner: UUID = self.world.person("Ben")
        self.card = shop.save_card(self.learner, card) if card else None

    def book(self, weeks: int = 3, ahead: timedelta = WEEK, **arguments: Any) -> list[DictRow]:
        by = arguments.pop("by", self.learner)
        given = {
            "p_instructor_id": self.instructor.id,
            "p_service_id": self.service_id,
            "p_start_at": self.first(ahead),
            "p_occurrences": weeks,
            **arguments,
        }
        return self.world.ask(by, "public.request_series_paid_later", **given)

    def first(self, ahead: timedelta) -> datetime:
        now: datetime = self.world.value("select private.clock()")
        return now.replace(hour=10, minute=0, second=0, microsecond=0) + ahead

    def lessons(self, weeks: int = 3, **arguments: Any) -> list[Booking]:
        rows = self.book(weeks, **arguments)
        return [self.lesson(row["booking_id"]) for row in rows]

    def lesson(self, id: UUID) -> Booking:
        slot_id = self.world.value("select slot_id from public.bookings where id = %s", id)
        return Booking(self.world, id, self.learner, self.instructor, slot_id)

    def wait_until(self, instant: datetime) -> None:
        """Maintenance runs at that instant, the jobs carry out what it queued."""
        self.world.travel(to=instant)
        self.world.maintain()
        self.shop.carry_out()
        self.world.maintain()

    def told(self, kind: str) -> list[UUID]:
        return [
            row["recipient_id"]
            for row in self.world.rows(
                "select distinct recipient_id from public.messages where kind = %s", kind
            )
        ]


@pytest.fixture
def course(shop: Shop) -> Course:
    offer(shop)
    return Course(shop)


def test_each_lesson_is_charged_two_days_before_it(course: Course) -> None:
    rows = course.book()
    first, second, third = lessons = [course.lesson(row["booking_id"]) for row in rows]
    assert len({row["order_id"] for row in rows}) == 3
    for lesson, row in zip(lessons, rows, strict=True):
        assert lesson.status == "held"
        assert row["collect_at"] == lesson.columns["start_at"] - 2 * DAY
        assert row["hold_expires_at"] == lesson.columns["start_at"] - 12 * HOUR
    course.wait_until(first.columns["start_at"] - 2 * DAY - HOUR)
    assert course.shop.fake.objects("payment_intent") == []
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert [lesson.status for lesson in lessons] == ["confirmed", "held", "held"]
    [intent] = course.shop.fake.objects("payment_intent")
    assert course.card
    assert intent["payment_method"] == course.card["stripe_payment_method_id"]
    assert intent["receipt_email"]
    assert first.payment["payer_id"] == course.learner
    for lesson in (second, third):
        course.wait_until(lesson.columns["start_at"] - 2 * DAY)
        assert lesson.status == "confirmed"
    assert len(course.shop.fake.objects("charge")) == 3
    assert course.world.violations() == []


def test_both_sides_are_told_what_is_reserved(course: Course) -> None:
    course.lessons()
    assert set(course.told("lesson_reserved")) == {course.learner, course.instructor.user_id}
    assert not course.told("hold_expiring")


def test_a_lesson_that_begins_sooner_is_paid_in_the_checkout(course: Course) -> None:
    rows = course.book(2, ahead=DAY)
    soon, later = (course.lesson(row["booking_id"]) for row in rows)
    assert rows[0]["collect_at"] is None
    assert soon.columns["hold_expires_at"] < course.first(DAY) - 20 * HOUR
    assert later.columns["is_collected_later"]
    course.wait_until(soon.columns["hold_expires_at"] + HOUR)
    assert (soon.status, later.status) == ("expired", "held")
    assert course.shop.fake.objects("payment_intent") == []


@pytest.mark.slow
def test_a_declined_card_is_told_tried_again_and_then_frees_the_time(course: Course) -> None:
    first, second, _ = course.lessons()
    start_at = first.columns["start_at"]
    assert course.card
    course.shop.fake.spoil_card(course.card["stripe_payment_method_id"], "pm_card_chargeDeclined")
    course.wait_until(start_at - 2 * DAY)
    assert (first.status, first.columns["collection_tries"]) == ("held", 1)
    assert course.told("lesson_not_collected") == [course.learner]
    assert not course.told("payment_failed")
    course.wait_until(start_at - DAY - HOUR)
    assert first.columns["collection_tries"] == 1
    course.wait_until(start_at - DAY + HOUR)
    ended = first.columns
    assert (first.status, ended["cancelled_by"]) == ("cancelled", "system")
    assert ended["cancellation_reason"] == "It could not be charged to the saved card."
    assert set(course.told("booking_cancelled")) == {course.learner, course.instructor.user_id}
    assert second.status == "held"
    charges = course.shop.fake.objects("charge")
    assert "succeeded" not in {charge["status"] for charge in charges}
    rival = course.world.person("Cleo")
    assert course.world.request(rival, course.instructor, course.service_id, start_at)
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_card_that_pays_the_second_time_is_charged_once(course: Course) -> None:
    first, *_ = course.lessons()
    assert course.card
    method = course.card["stripe_payment_method_id"]
    course.shop.fake.spoil_card(method, "pm_card_chargeDeclined")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    course.shop.fake.spoil_card(method, "pm_card_visa")
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert first.status == "confirmed"
    assert len(course.shop.fake.objects("payment_intent")) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_bank_that_wants_the_payer_is_told_and_waits_until_the_deadline(course: Course) -> None:
    first, *_ = course.lessons()
    start_at = first.columns["start_at"]
    assert course.card
    course.shop.fake.spoil_card(
        course.card["stripe_payment_method_id"], "pm_card_authenticationRequired"
    )
    course.wait_until(start_at - 2 * DAY)
    assert (first.status, first.columns["collect_at"]) == ("held", None)
    assert course.told("lesson_not_collected") == [course.learner]
    course.wait_until(start_at - 13 * HOUR)
    assert first.status == "held"
    answer = course.shop.post(
        "/payment-intents",
        course.learner,
        booking_id=str(first.id),
        payment_method_id=str(course.card["id"]),
        return_url=BACK,
    )
    assert answer.json["next_step"] == "authenticate"
    course.shop.fake.authenticate(answer.json["payment_intent_id"])
    course.shop.hear()
    assert first.status == "confirmed"
    assert course.world.violations() == []


@pytest.mark.slow
def test_what_the_payer_does_not_authenticate_is_free_at_the_deadline(course: Course) -> None:
    first, *_ = course.lessons()
    start_at = first.columns["start_at"]
    assert course.card
    course.shop.fake.spoil_card(
        course.card["stripe_payment_method_id"], "pm_card_authenticationRequired"
    )
    course.wait_until(start_at - 2 * DAY)
    course.wait_until(start_at - 12 * HOUR)
    assert first.status == "expired"
    assert set(course.told("booking_expired")) == {course.learner, course.instructor.user_id}
    assert course.world.violations() == []


def test_who_pays_before_is_not_charged_again(course: Course) -> None:
    first, *_ = course.lessons()
    assert course.card
    answer = course.shop.post(
        "/payment-intents",
        course.learner,
        booking_id=str(first.id),
        payment_method_id=str(course.card["id"]),
        return_url=BACK,
    )
    assert answer.json["next_step"] == "none"
    assert first.columns["collect_at"] is None
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert len(course.shop.fake.objects("charge")) == 1


def test_cancelling_before_the_charge_costs_nothing(course: Course) -> None:
    first, *_ = course.lessons()
    [preview] = course.world.ask(
        course.learner, "public.preview_cancellation", p_booking_id=first.id
    )
    assert (preview["refund_cents"], preview["kept_cents"]) == (0, 0)
    course.world.ask(course.learner, "public.cancel_booking", p_booking_id=first.id)
    assert first.columns["given_up_at"] is None
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert course.shop.fake.objects("payment_intent") == []
    assert course.world.violations() == []


def test_a_lesson_that_ends_while_its_charge_is_queued_is_not_charged(course: Course) -> None:
    first, *_ = course.lessons()
    course.world.travel(to=first.columns["start_at"] - 2 * DAY)
    course.world.maintain()
    course.world.ask(course.instructor.user_id, "public.cancel_booking", p_booking_id=first.id)
    course.shop.carry_out()
    assert course.shop.fake.objects("payment_intent") == []
    assert first.status == "cancelled"


@pytest.mark.slow
def test_a_lesson_that_moves_is_charged_two_days_before_its_new_time(course: Course) -> None:
    first, *_ = course.lessons()
    later = first.columns["start_at"] + DAY
    [moved] = course.world.ask(
        course.learner, "public.reschedule_booking", p_booking_id=first.id, p_start_at=later
    )
    replacement = course.lesson(moved["booking_id"])
    assert (first.status, replacement.status) == ("cancelled", "held")
    assert replacement.columns["collect_at"] == later - 2 * DAY
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert replacement.status == "held"
    course.wait_until(later - 2 * DAY)
    assert replacement.status == "confirmed"
    assert course.world.violations() == []


def test_an_instructor_cannot_move_what_is_not_paid(course: Course) -> None:
    first, *_ = course.lessons()
    with course.world.refusing("PT409", "booking_not_reschedulable"):
        course.world.ask(
            course.instructor.user_id,
            "public.reschedule_booking",
            p_booking_id=first.id,
            p_start_at=first.columns["start_at"] + DAY,
        )


@pytest.mark.slow
def test_another_default_card_pays(course: Course) -> None:
    first, *_ = course.lessons()
    other = course.shop.save_card(course.learner, "pm_card_mastercard")
    course.world.call(
        course.learner, "public.set_default_payment_method", p_payment_method_id=other["id"]
    )
    course.shop.carry_out()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    [intent] = course.shop.fake.objects("payment_intent")
    assert intent["payment_method"] == other["stripe_payment_method_id"]


@pytest.mark.slow
def test_a_card_that_was_removed_is_a_failed_try(course: Course) -> None:
    first, *_ = course.lessons()
    assert course.card
    course.world.call(
        course.learner, "public.remove_payment_method", p_payment_method_id=course.card["id"]
    )
    course.shop.carry_out()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert (first.status, first.columns["collection_tries"]) == ("held", 1)
    assert course.told("lesson_not_collected") == [course.learner]
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert first.status == "cancelled"
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_guardian_whose_rights_ended_is_not_charged(course: Course) -> None:
    world = course.world
    ward_id = world.learner(MARKETPLACE, None, "Mo")
    guardian = world.guardian(ward_id, view=True, book=True, pay=True)
    course.shop.save_card(guardian)
    first, *_ = course.lessons(by=guardian, p_learner_user_id=None, p_learner_id=ward_id)
    link_id = world.value("select id from public.learner_guardians where learner_id = %s", ward_id)
    world.call(world.admin(), "public.revoke_guardian", p_learner_guardian_id=link_id)
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert course.shop.fake.objects("payment_intent") == []
    assert first.status == "cancelled"
    assert guardian not in course.told("lesson_not_collected")
    assert world.violations() == []


@pytest.mark.slow
def test_a_lesson_that_waits_for_approval_is_charged_once_it_is_accepted(shop: Shop) -> None:
    offer(shop)
    course = Course(shop, requires_approval=True)
    first, *_ = course.lessons()
    assert first.status == "requested"
    course.world.call(course.instructor.user_id, "public.confirm_booking", p_booking_id=first.id)
    assert first.columns["hold_expires_at"] == first.columns["start_at"] - 12 * HOUR
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert first.status == "confirmed"


def test_what_nobody_can_give_is_not_charged(course: Course) -> None:
    first, *_ = course.lessons()
    course.world.connection.execute(
        "update public.instructors set is_active = false where id = %s", (course.instructor.id,)
    )
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert course.shop.fake.objects("payment_intent") == []


def test_it_needs_the_organizations_offer_a_card_and_few_lessons(shop: Shop) -> None:
    course = Course(shop, card=None)
    refusing = course.world.refusing
    with refusing("PT409", "no_saved_card"):
        course.book()
    shop.save_card(course.learner)
    with refusing("PT409", "not_paid_later"):
        course.book()
    offer(shop, limit=4)
    with refusing("PT409", "too_many_lessons_paid_later"):
        course.book(5)
    course.book(3)
    with refusing("PT409", "too_many_lessons_paid_later"):
        course.book(2, ahead=5 * WEEK)
    assert course.world.count("public.bookings") == 3


def test_lessons_that_are_paid_later_do_not_count_as_open_holds(course: Course) -> None:
    course.lessons(12)
    course.world.request(
        course.learner, course.instructor, course.service_id, course.first(DAY + HOUR)
    )


@pytest.mark.slow
def test_who_has_not_paid_a_lesson_pays_at_once_for_30_days(course: Course) -> None:
    first, *_ = course.lessons()
    assert course.card
    course.shop.fake.spoil_card(course.card["stripe_payment_method_id"], "pm_card_chargeDeclined")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert first.status == "cancelled"
    with course.world.refusing("PT409", "lesson_was_not_paid"):
        course.book(2, ahead=6 * WEEK)


def test_a_stranger_cannot_have_a_learner_charged_later(course: Course) -> None:
    course.lessons(2)
    stranger = course.world.person("Cleo")
    course.shop.save_card(stranger)
    learner_id = course.world.value("select id from public.learners limit 1")
    with course.world.refusing("42501", "not_yourself"):
        course.book(by=stranger, p_learner_id=learner_id)


@pytest.mark.slow
def test_a_charge_that_stripe_refuses_is_tried_again_as_well(course: Course) -> None:
    first, *_ = course.lessons()
    confirm = "/v1/payment_intents/*/confirm"
    course.shop.fake.fault("POST", confirm, "destination_restricted")
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    assert (first.status, first.columns["collection_tries"]) == ("held", 1)
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert first.status == "confirmed"
    assert course.world.violations() == []


@pytest.mark.slow
def test_who_is_erased_while_a_charge_waits_is_not_charged(course: Course) -> None:
    """Lessons ahead stand against erasure; once they are cancelled nothing of them is charged."""
    lessons = course.lessons()
    with course.world.refusing("PT409", "lessons_ahead"):
        course.world.call(course.learner, "public.erase_person", p_user_id=course.learner)
    course.world.travel(to=lessons[0].columns["start_at"] - 2 * DAY)
    course.world.maintain()
    for lesson in lessons:
        course.world.ask(course.learner, "public.cancel_booking", p_booking_id=lesson.id)
    course.world.call(course.learner, "public.erase_person", p_user_id=course.learner)
    course.shop.carry_out()
    for lesson in lessons:
        course.wait_until(lesson.columns["start_at"] - 2 * DAY)
    assert course.shop.fake.objects("customer") == []
    assert course.shop.fake.objects("payment_intent") == []
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_guardian_who_is_erased_is_not_charged(course: Course) -> None:
    """The ward's lessons stay held, are not charged to anybody, and become free."""
    world = course.world
    ward_id = world.learner(MARKETPLACE, None, "Mo")
    guardian = world.guardian(ward_id, view=True, book=True, pay=True)
    course.shop.save_card(guardian)
    first, *_ = course.lessons(by=guardian, p_learner_user_id=None, p_learner_id=ward_id)
    world.call(guardian, "public.erase_person", p_user_id=guardian)
    course.shop.carry_out()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    course.wait_until(first.columns["start_at"] - DAY + HOUR)
    assert course.shop.fake.objects("payment_intent") == []
    assert first.status == "cancelled"
    assert world.violations() == []


def test_what_a_payer_subscribes_to_ends_when_they_are_erased(course: Course) -> None:
    made = course.shop.subscribe(course.learner, course.shop.plan())
    course.world.call(course.learner, "public.erase_person", p_user_id=course.learner)
    course.shop.carry_out()
    assert course.shop.fake.objects("customer") == []
    assert course.shop.subscription(made["id"])["status"] == "canceled"
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_lesson_that_was_charged_moves_without_another_charge(course: Course) -> None:
    first, *_ = course.lessons()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    later = first.columns["start_at"] + 4 * DAY
    [moved] = course.world.ask(
        course.learner, "public.reschedule_booking", p_booking_id=first.id, p_start_at=later
    )
    replacement = course.lesson(moved["booking_id"])
    assert (replacement.status, replacement.columns["collect_at"]) == ("confirmed", None)
    course.wait_until(later - 2 * DAY)
    assert len(course.shop.fake.objects("charge")) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_charge_whose_answer_is_lost_is_made_once(course: Course) -> None:
    first, *_ = course.lessons()
    course.shop.fake.fault("POST", "/v1/payment_intents/*/confirm", "html", "after")
    course.world.travel(to=first.columns["start_at"] - 2 * DAY)
    course.world.maintain()
    assert course.shop.office.run("outbox").events("command_failed")
    course.world.travel(by=HOUR)
    course.shop.carry_out()
    assert first.status == "confirmed"
    assert len(course.shop.fake.objects("charge")) == 1
    assert course.world.violations() == []


@pytest.mark.slow
def test_a_dispute_of_one_lesson_leaves_the_others(course: Course) -> None:
    first, second, _ = course.lessons()
    course.wait_until(first.columns["start_at"] - 2 * DAY)
    [charge] = course.shop.fake.objects("charge")
    course.shop.fake.open_dispute(charge["id"])
    course.shop.hear()
    course.wait_until(second.columns["start_at"] - 2 * DAY)
    assert second.status == "confirmed"
    assert len(course.shop.fake.objects("charge")) == 2
    assert course.world.count("public.disputes") == 1
    assert course.world.violations() == []


def test_the_bank_that_wants_the_payer_in_vain_is_not_asked_again(course: Course) -> None:
    first, *_ = course.lessons()
    start_at = first.columns["start_at"]
    assert course.card
    method = course.card["stripe_payment_method_id"]
    course.shop.fake.spoil_card(method, "pm_card_authenticationRequired")
    course.wait_until(start_at - 2 * DAY)
    charges = len(course.shop.fake.objects("charge"))
    course.wait_until(start_at - DAY + HOUR)
    assert first.status == "held"
    assert len(course.shop.fake.objects("charge")) == charges
