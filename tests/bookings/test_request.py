"""Any listed time can be requested, for oneself and whom one answers for; no other time can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.bookings.interference import use_up_credit_between_steps
from tests.factories import MARKETPLACE, Instructor, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open from nine to five UTC."""
    instructor = world.instructor(time_zone="UTC")
    world.window(instructor)
    return instructor


@pytest.fixture
def service_id(world: World, instructor: Instructor) -> UUID:
    return world.service(instructor)


def slot_of(world: World, booked: DictRow) -> DictRow:
    return world.row(
        "select slot.* from public.bookable_slots slot join public.bookings booking"
        " on booking.slot_id = slot.id where booking.id = %s",
        booked["booking_id"],
    )


def test_a_listed_time_is_held_until_it_is_paid_for(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    learner = world.person("Ben")
    booked = world.request(learner, instructor, service_id, world.in_days(2), p_notes="Hills")
    assert booked == {
        "booking_id": booked["booking_id"],
        "status": "held",
        "amount_cents": 5310,
        "currency": "gbp",
        "hold_expires_at": world.now() + 15 * MINUTE,
        "order_id": world.value("select id from public.orders"),
    }
    booking = world.row("select * from public.bookings")
    assert (booking["start_at"], booking["end_at"]) == (world.in_days(2), world.in_days(2, 11))
    assert (booking["learner_notes"], booking["booked_by"]) == ("Hills", learner)


def test_nothing_due_means_confirmed(world: World, instructor: Instructor) -> None:
    service_id = world.service(instructor, price_cents=0)
    booked = world.request(world.person(), instructor, service_id, world.in_days(2))
    assert (booked["status"], booked["amount_cents"]) == ("confirmed", 0)
    assert booked["hold_expires_at"] is None


def test_a_requested_time_gets_a_slot_of_its_own_that_is_not_published(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    slot = slot_of(world, world.request(world.person(), instructor, service_id, world.in_days(2)))
    assert (slot["is_published"], slot["is_available"]) == (False, False)


def test_a_published_time_is_booked_in_its_slot(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    slot_id = world.slot(service_id, world.in_days(2))
    booked = world.request(world.person(), instructor, service_id, world.in_days(2))
    assert slot_of(world, booked)["id"] == slot_id


def test_a_time_of_a_schools_service_is_booked_with_the_instructor_named(world: World) -> None:
    school = world.organization()
    service_id = world.insert(
        "public.services",
        {"org_id": school, "title": "Any", "duration_minutes": 60, "currency": "gbp"},
    )
    learner = world.person()
    learner_id = world.learner(school, learner)
    for _ in range(2):
        instructor = world.instructor(org_id=school, time_zone="UTC")
        world.window(instructor)
        world.request(learner, instructor, service_id, world.in_days(2, 9 + _))
        booking = world.row(
            "select learner_id, org_id from public.bookings where instructor_id = %s", instructor.id
        )
        assert booking == {"learner_id": learner_id, "org_id": school}


def test_a_time_that_is_free_again_is_made_as_the_service_is_now(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    start_at = world.in_days(2)
    world.request(world.person(), instructor, service_id, start_at)
    world.travel(by=15 * MINUTE)
    world.connection.execute(
        "update public.services set duration_minutes = 30, max_participants = 2"
    )
    slot = slot_of(world, world.request(world.person(), instructor, service_id, start_at))
    assert slot["end_at"] == start_at + 30 * MINUTE
    assert slot["max_bookings"] == 2
    assert world.count("public.bookable_slots") == 1


# For whom


def test_a_guardian_books_for_a_ward(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    learner_id = world.child(MARKETPLACE)
    guardian = world.guardian(learner_id, book=True)
    world.request(guardian, instructor, service_id, world.in_days(2), p_learner_id=learner_id)
    booking = world.row("select learner_id, booked_by from public.bookings")
    assert booking == {"learner_id": learner_id, "booked_by": guardian}


def test_a_guardian_without_the_right_to_book_does_not(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    learner_id = world.child(MARKETPLACE)
    for scopes, code in (
        ({"view": True, "pay": True}, "may_not_book"),
        ({"view": False, "pay": True}, "not_yourself"),
    ):
        guardian = world.guardian(learner_id, **scopes)
        with world.unchanged(), world.refusing("42501", code):
            world.request(
                guardian, instructor, service_id, world.in_days(2), p_learner_id=learner_id
            )


def test_an_admin_books_for_a_learner_of_the_school_only(world: World) -> None:
    school, other = world.organization(), world.organization()
    admin = world.member(school, "admin")
    instructor = world.instructor(org_id=school, time_zone="UTC")
    world.window(instructor)
    service_id = world.service(instructor)
    learner_id, foreign = world.learner(school), world.learner(other)
    with world.unchanged(), world.refusing("42501", "not_yourself"):
        world.request(admin, instructor, service_id, world.in_days(2), p_learner_id=foreign)
    world.request(admin, instructor, service_id, world.in_days(2), p_learner_id=learner_id)
    assert world.value("select learner_id from public.bookings") == learner_id


# Every refusal


class Attempt:
    """A request about to be made; a test spoils one thing about it."""

    def __init__(self, world: World, instructor: Instructor, service_id: UUID) -> None:
        self.world = world
        self.caller = world.person("Ben")
        self.instructor_id: UUID | None = instructor.id
        self.service_id: UUID | None = service_id
        self.start_at: Any = world.in_days(2)
        self.arguments: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}

    def request(self) -> None:
        named = "".join(f", {name} => %s" for name in self.arguments)
        with self.world.acting_as(self.caller, **self.claims):
            self.world.rows(
                f"select * from public.request_booking(%s, %s, %s{named})",
                self.instructor_id,
                self.service_id,
                self.start_at,
                *self.arguments.values(),
            )


@pytest.fixture
def attempt(world: World, instructor: Instructor, service_id: UUID) -> Attempt:
    return Attempt(world, instructor, service_id)


def test_an_attempt_that_nothing_spoils_is_a_booking(attempt: Attempt) -> None:
    attempt.request()
    assert attempt.world.count("public.bookings") == 1


Spoil = Callable[[Attempt], None]


def updating(change: str) -> Spoil:
    def spoil(attempt: Attempt) -> None:
        attempt.world.connection.execute(f"update public.{change}")

    return spoil


def starting(day: int, hour: int, minute: int = 0) -> Spoil:
    def spoil(attempt: Attempt) -> None:
        attempt.start_at = attempt.world.in_days(day, hour, minute)

    return spoil


def at(moment: Any) -> Spoil:
    return lambda attempt: setattr(attempt, "start_at", moment)


def setting(name: str, value: Any) -> Spoil:
    return lambda attempt: setattr(attempt, name, value)


def given(**arguments: Any) -> Spoil:
    return lambda attempt: attempt.arguments.update(arguments)


def spoil_own_lesson(attempt: Attempt) -> None:
    attempt.caller = attempt.world.value("select user_id from public.instructors")


def spoil_foreign_service(attempt: Attempt) -> None:
    attempt.service_id = attempt.world.service(attempt.world.instructor())


def spoil_somebody_else(attempt: Attempt) -> None:
    attempt.arguments["p_learner_user_id"] = attempt.world.person("Eve")


def spoil_foreign_learner(attempt: Attempt) -> None:
    attempt.arguments["p_learner_id"] = attempt.world.learner(MARKETPLACE, attempt.world.person())


def spoil_school(attempt: Attempt) -> None:
    instructor = attempt.world.instructor(org_id=attempt.world.organization(), time_zone="UTC")
    attempt.world.window(instructor)
    attempt.instructor_id, attempt.service_id = instructor.id, attempt.world.service(instructor)


def spoil_minor(attempt: Attempt) -> None:
    attempt.world.child(MARKETPLACE, attempt.caller)


def spoil_taken(attempt: Attempt) -> None:
    attempt.world.connection.execute(
        "insert into private.person_calendar (org_id, instructor_id, person_id, during)"
        " select org_id, id, user_id, tstzrange(%s, %s) from public.instructors",
        [attempt.world.in_days(2, 10, 59), attempt.world.in_days(2, 12)],
    )


def spoil_learner(attempt: Attempt) -> None:
    world = attempt.world
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(2, 10, 45))
    world.book(attempt.caller, elsewhere)


def spoil_holds(attempt: Attempt) -> None:
    world = attempt.world
    elsewhere = world.service(world.instructor())
    for day in (3, 4, 5):
        world.book(attempt.caller, world.slot(elsewhere, world.in_days(day)))


def spoil_key(attempt: Attempt) -> None:
    world = attempt.world
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(3))
    world.book(attempt.caller, elsewhere, p_client_key="tap")
    attempt.arguments["p_client_key"] = "tap"


def spoil_code(attempt: Attempt) -> None:
    attempt.world.discount_code(code="WELCOME")
    attempt.arguments["p_discount_code"] = "WELCOME"


def spoil_ended_code(attempt: Attempt) -> None:
    spoil_code(attempt)
    assert attempt.service_id is not None
    assert attempt.world.check_code(attempt.caller, "WELCOME", attempt.service_id)["is_valid"]
    attempt.world.connection.execute("update public.discount_codes set is_active = false")


def spoil_credit_meanwhile(attempt: Attempt) -> None:
    use_up_credit_between_steps(attempt.world, attempt.caller)
    attempt.arguments["p_use_credits"] = True


REFUSALS: list[tuple[Spoil, str, str]] = [
    (setting("claims", {"is_anonymous": True}), "42501", "sign_in_required"),
    (spoil_somebody_else, "42501", "not_yourself"),
    (spoil_foreign_learner, "42501", "not_yourself"),
    (given(p_learner_id=uuid4()), "42501", "not_yourself"),
    (spoil_school, "42501", "not_a_learner_here"),
    (spoil_minor, "PT422", "consent_required"),
    (spoil_foreign_service, "PT404", "service_not_found"),
    (setting("service_id", None), "PT404", "service_not_found"),
    (setting("instructor_id", uuid4()), "PT404", "service_not_found"),
    (setting("instructor_id", None), "PT404", "service_not_found"),
    (spoil_key, "PT409", "client_key_reused"),
    (at(None), "PT422", "slot_in_the_past"),
    (at("infinity"), "PT422", "time_is_plausible"),
    (at("-infinity"), "PT422", "time_is_plausible"),
    (at("294276-12-31"), "PT422", "time_is_plausible"),
    (at("4714-11-24 BC"), "PT422", "time_is_plausible"),
    (starting(-1, 10), "PT422", "slot_in_the_past"),
    (starting(91, 0), "PT422", "too_far_ahead"),
    (starting(400, 10), "PT422", "too_far_ahead"),
    (updating("instructors set minimum_notice_minutes = 43200"), "PT422", "too_short_notice"),
    (updating("instructors set horizon_days = 1"), "PT422", "too_far_ahead"),
    (updating("services set is_active = false"), "PT409", "service_inactive"),
    (updating("instructors set is_active = false"), "PT409", "instructor_unavailable"),
    (updating("instructors set is_available = false"), "PT409", "instructor_unavailable"),
    (
        updating("instructors set verification_status = 'rejected'"),
        "PT409",
        "instructor_unavailable",
    ),
    (starting(2, 10, 30), "PT409", "time_not_offered"),
    (starting(2, 17), "PT409", "time_not_offered"),
    (starting(2, 8), "PT409", "time_not_offered"),
    (updating("availability_windows set is_active = false"), "PT409", "time_not_offered"),
    (spoil_taken, "PT409", "slot_taken"),
    (spoil_own_lesson, "PT422", "own_lesson"),
    (updating("instructors set currency = 'eur'"), "PT409", "price_missing"),
    (updating("services set price_cents = 24"), "PT422", "amount_too_small"),
    (
        updating("services set price_cents = 50000000; update organizations set fee_bps = 10000"),
        "PT422",
        "amount_too_large",
    ),
    (spoil_holds, "PT409", "too_many_holds"),
    (spoil_learner, "PT409", "learner_busy"),
    (spoil_code, "PT422", "code_not_checked"),
    (given(p_discount_code="GUESSED"), "PT422", "code_not_checked"),
    (spoil_ended_code, "PT409", "code_not_valid"),
    (
        given(p_discount_code="WELCOME", p_use_rewards=True),
        "PT422",
        "one_discount_at_a_time",
    ),
    (given(p_discount_code="WELCOME", p_use_credits=True), "PT422", "discount_with_credit"),
    (given(p_use_rewards=True, p_use_credits=True), "PT422", "discount_with_credit"),
    (given(p_use_credits=True), "PT409", "insufficient_credit"),
    (spoil_credit_meanwhile, "PT409", "credit_changed"),
    (given(p_client_key=""), "PT422", "texts_are_short"),
    (given(p_notes="n" * 5001), "PT422", "texts_are_short"),
    (given(p_notes="n" * 1_000_000), "PT422", "texts_are_short"),
]


@pytest.mark.parametrize(("spoil", "sqlstate", "code"), REFUSALS)
def test_an_attempt_that_breaks_a_rule_is_refused_and_changes_nothing(
    attempt: Attempt, spoil: Spoil, sqlstate: str, code: str
) -> None:
    spoil(attempt)
    world = attempt.world
    with world.unchanged(), world.refusing(sqlstate, code):
        attempt.request()


def test_a_visitor_may_not_even_try(world: World, instructor: Instructor, service_id: UUID) -> None:
    with world.unchanged(), world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(
            "select * from public.request_booking(%s, %s, %s)",
            instructor.id,
            service_id,
            world.in_days(2),
        )


# Limits


def test_notice_and_horizon_count_to_the_second(world: World) -> None:
    world.travel(to=datetime.fromisoformat("2027-02-01 00:00+00"))
    instructor = world.instructor(time_zone="UTC", minimum_notice_minutes=120, horizon_days=3)
    world.window(instructor)
    service_id = world.service(instructor)
    learner = world.person()
    second = timedelta(seconds=1)

    world.travel(to=world.in_days(0, 9))
    with world.refusing("PT422", "too_far_ahead"):
        world.request(learner, instructor, service_id, world.in_days(3, 10))
    world.request(learner, instructor, service_id, world.in_days(3, 9))
    world.request(learner, instructor, service_id, world.in_days(0, 11))
    world.travel(by=second)
    with world.refusing("PT422", "too_short_notice"):
        world.request(world.person(), instructor, service_id, world.in_days(0, 11))


def test_the_daily_cap_counts_lessons_of_every_organization(world: World) -> None:
    user_id = world.person()
    school = world.organization()
    here = world.instructor(time_zone="UTC", user_id=user_id, daily_cap=2)
    there = world.instructor(time_zone="UTC", user_id=user_id, org_id=school)
    pupil = world.person()
    world.learner(school, pupil)
    for instructor in (here, there):
        world.window(instructor)
    service_id = world.service(here)
    world.request(pupil, there, world.service(there), world.in_days(2, 9))
    world.request(world.person(), here, service_id, world.in_days(2, 10))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.request(world.person(), here, service_id, world.in_days(2, 11))
    world.request(world.person(), here, service_id, world.in_days(3, 11))


def test_a_learner_has_one_seat_in_a_group(world: World, instructor: Instructor) -> None:
    service_id = world.service(instructor, max_participants=5)
    learner, start_at = world.person(), world.in_days(2)
    booked = world.request(learner, instructor, service_id, start_at)
    slot_id = slot_of(world, booked)["id"]
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.request(learner, instructor, service_id, start_at)
    world.travel(by=15 * MINUTE)
    world.request(learner, instructor, service_id, start_at)
    world.request(world.person(), instructor, service_id, start_at)
    assert (
        world.value("select current_bookings from public.bookable_slots where id = %s", slot_id)
        == 2
    )


def test_a_late_payment_for_a_seat_booked_again_goes_back(
    world: World, instructor: Instructor
) -> None:
    first = world.booking(instructor, max_participants=5, start_at=world.in_days(2))
    intent = first.intent()
    world.travel(by=15 * MINUTE)
    world.book(first.learner, first.slot_id)
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert first.status == "expired"
    assert world.value("select amount_cents from public.refunds") == 5310


# The client's key


def test_the_same_key_and_time_return_the_same_booking(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    learner = world.person()
    first = world.request(learner, instructor, service_id, world.in_days(2), p_client_key="tap")
    with world.unchanged():
        again = world.request(learner, instructor, service_id, world.in_days(2), p_client_key="tap")
    assert again == first


def test_the_same_key_for_another_time_or_service_is_refused(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    learner = world.person()
    world.request(learner, instructor, service_id, world.in_days(2), p_client_key="tap")
    other = world.service(instructor)
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        world.request(learner, instructor, service_id, world.in_days(3), p_client_key="tap")
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        world.request(learner, instructor, other, world.in_days(2), p_client_key="tap")


def test_every_refusal_that_the_comment_lists_is_tried_here(world: World) -> None:
    comment = world.value("select obj_description('public.request_booking'::regproc, 'pg_proc')")
    listed = {code.strip() for code in comment.split("Errors: ")[1].rstrip(".").split(",")}
    tried = {code for _, _, code in REFUSALS}
    # A guardian without the right is tried above, a place in test_check_place.py, what a school
    # spends in test_propose.py, and what is held without paying in tests/abuse.
    elsewhere = {
        "may_not_book",
        "bad_place",
        "learner_spends",
        "too_many_held_lessons",
        "too_many_unpaid_holds",
        "and the rules of public.bookings",
    }
    assert listed - tried == elsewhere
