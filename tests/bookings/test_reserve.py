"""Booking: what it returns and freezes, and every reason for which it is refused.
A place to be picked up or dropped off at is an address, a pair of coordinates, or both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.bookings.interference import use_up_credit_between_steps
from tests.factories import MARKETPLACE, World


def test_a_booking_is_held_and_returned_with_what_is_due(world: World) -> None:
    learner, instructor = world.person("Ben"), world.instructor()
    service_id = world.service(instructor)
    slot_id = world.slot(service_id)

    booked = world.book(learner, slot_id, p_notes="Roundabouts, please. 🚗")

    booking = world.row("select * from public.bookings")
    assert booked == {
        "booking_id": booking["id"],
        "amount_cents": 5310,
        "currency": "gbp",
        "expert_id": instructor.id,
        "session_id": service_id,
        "order_id": booking["order_id"],
    }
    assert booking["status"] == "held"
    assert booking["learner_notes"] == "Roundabouts, please. 🚗"
    assert (booking["start_at"], booking["slot_id"]) == (world.in_days(2), slot_id)


def test_a_fee_that_is_included_comes_out_of_the_instructors_share(world: World) -> None:
    instructor = world.instructor()
    world.connection.execute("update public.instructor_details set fee_mode = 'included'")
    booking = world.booking(instructor).columns
    assert (booking["total_cents"], booking["due_cents"]) == (4500, 4500)
    assert (booking["instructor_share_cents"], booking["platform_fee_cents"]) == (3690, 810)


def test_a_learner_of_a_school_books_there(world: World) -> None:
    school = world.organization()
    learner = world.person("Ben")
    learner_id = world.learner(school, learner)
    slot_id = world.slot(world.service(world.instructor(org_id=school)))

    world.book(learner, slot_id)
    booking = world.row("select org_id, learner_id from public.bookings")
    assert booking == {"org_id": school, "learner_id": learner_id}


def test_the_marketplace_takes_a_stranger_in_as_a_learner_once(world: World) -> None:
    learner, service_id = world.person("Ben"), world.service(world.instructor())
    world.book(learner, world.slot(service_id, world.in_days(2)))
    world.book(learner, world.slot(service_id, world.in_days(3)))
    assert world.value("select full_name from public.learners") == "Ben"
    assert (
        world.value("select count(*) from public.organization_members where user_id = %s", learner)
        == 1
    )


# Nothing to pay


def test_a_lesson_without_a_price_is_confirmed_at_once(world: World) -> None:
    booking = world.booking(price_cents=0)
    assert booking.status == "confirmed"
    assert booking.columns["hold_expires_at"] is None


def test_a_lesson_without_a_price_is_given_without_any_money_moving(world: World) -> None:
    booking = world.booking(price_cents=0)
    booking.complete()
    assert booking.status == "completed"
    assert world.count("public.earnings") == 0
    assert world.count("private.ledger_entries") == 0


def test_lessons_without_a_price_are_no_open_holds(world: World) -> None:
    learner, service_id = world.person(), world.service(world.instructor(), price_cents=0)
    for day in range(2, 7):
        world.book(learner, world.slot(service_id, world.in_days(day)))
    assert world.value("select count(*) from public.bookings where status = 'confirmed'") == 5


# The client's key


def test_the_same_key_and_slot_return_the_same_booking(world: World) -> None:
    learner = world.person()
    slot_id = world.slot(world.service(world.instructor()))
    first = world.book(learner, slot_id, p_client_key="tap-1")
    with world.unchanged():
        again = world.book(learner, slot_id, p_client_key="tap-1", p_notes="Another note")
    assert again == first


def test_the_same_key_returns_the_booking_whatever_has_become_of_it(world: World) -> None:
    learner = world.person()
    slot_id = world.slot(world.service(world.instructor()))
    first = world.book(learner, slot_id, p_client_key="tap-1")
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert world.book(learner, slot_id, p_client_key="tap-1") == first
    assert world.value("select status from public.bookings") == "expired"


def test_the_same_key_for_another_slot_is_refused(world: World) -> None:
    learner, service_id = world.person(), world.service(world.instructor())
    world.book(learner, world.slot(service_id, world.in_days(2)), p_client_key="tap-1")
    other = world.slot(service_id, world.in_days(3))
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        world.book(learner, other, p_client_key="tap-1")


def test_two_learners_may_choose_the_same_key(world: World) -> None:
    service_id = world.service(world.instructor())
    for day in (2, 3):
        world.book(world.person(), world.slot(service_id, world.in_days(day)), p_client_key="1")
    assert world.count("public.bookings") == 2


def test_without_a_key_a_second_booking_of_the_slot_is_refused(world: World) -> None:
    booking = world.booking()
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(booking.learner, booking.slot_id)


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_of_no_or_too_many_characters_is_refused(world: World, key: str) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        world.book(world.person(), slot_id, p_client_key=key)


def test_notes_that_are_too_long_are_refused(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        world.book(world.person(), slot_id, p_notes="n" * 5001)


# Who may not book


@dataclass
class Attempt:
    """A booking about to be tried; a test spoils one thing about it."""

    world: World
    caller: UUID
    slot_id: UUID | None
    arguments: dict[str, Any]
    claims: dict[str, Any]

    def book(self) -> None:
        with self.world.acting_as(self.caller, **self.claims):
            arguments = {"p_learner_user_id": self.caller} | self.arguments
            named = "".join(f", {name} => %s" for name in arguments)
            self.world.rows(
                f"select * from public.create_booking_with_payment(p_slot_id => %s{named})",
                self.slot_id,
                *arguments.values(),
            )


@pytest.fixture
def attempt(world: World) -> Attempt:
    slot_id = world.slot(world.service(world.instructor()))
    return Attempt(world, world.person("Ben"), slot_id, {}, {})


def test_an_attempt_that_nothing_spoils_is_a_booking(attempt: Attempt) -> None:
    attempt.book()
    assert attempt.world.count("public.bookings") == 1


def spoil_somebody_else(attempt: Attempt) -> None:
    attempt.arguments["p_learner_user_id"] = attempt.world.person("Eve")


def spoil_nobody(attempt: Attempt) -> None:
    attempt.arguments["p_learner_user_id"] = None


def spoil_guardian(attempt: Attempt) -> None:
    """The caller may see the child's lessons and pay for them, but not book."""
    learner_id = attempt.world.child(MARKETPLACE)
    attempt.caller = attempt.world.guardian(learner_id, view=True, pay=True)
    attempt.arguments["p_learner_id"] = learner_id


def spoil_anonymous(attempt: Attempt) -> None:
    attempt.claims["is_anonymous"] = True


def spoil_unknown_slot(attempt: Attempt) -> None:
    attempt.slot_id = uuid4()


def spoil_no_slot(attempt: Attempt) -> None:
    attempt.slot_id = None


def spoil_foreign_school(attempt: Attempt) -> None:
    world = attempt.world
    attempt.slot_id = world.slot(world.service(world.instructor(org_id=world.organization())))


def spoil_own_lesson(attempt: Attempt) -> None:
    attempt.caller = attempt.world.value("select user_id from public.instructors")


def spoil_price(attempt: Attempt) -> None:
    """The hourly rate, which is in pounds, is no price in kroner."""
    attempt.world.connection.execute(
        "update public.services set price_cents = null, currency = 'dkk'"
    )


def spoil_amount_too_small(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.services set price_cents = 24")


def spoil_amount_too_large(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.services set price_cents = 50000000")
    attempt.world.connection.execute("update public.organizations set fee_bps = 10000")


def spoil_consent(attempt: Attempt) -> None:
    learner_id = attempt.world.learner(MARKETPLACE, attempt.caller)
    attempt.world.connection.execute(
        "update public.learner_details set date_of_birth = private.clock()::date - 6000"
        " where learner_id = %s",
        [learner_id],
    )


def spoil_place(attempt: Attempt) -> None:
    attempt.arguments["p_pickup"] = Jsonb("1 High Street")


def spoil_past(attempt: Attempt) -> None:
    attempt.world.travel(to=attempt.world.in_days(2))


def spoil_service(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.services set is_active = false")


def spoil_instructor(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.instructors set is_available = false")


def spoil_notice(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.instructors set minimum_notice_minutes = 43200")


def spoil_horizon(attempt: Attempt) -> None:
    attempt.world.connection.execute("update public.instructors set horizon_days = 1")


def spoil_slot(attempt: Attempt) -> None:
    assert attempt.slot_id is not None
    attempt.world.book(attempt.world.person("Cleo"), attempt.slot_id)


def spoil_learner(attempt: Attempt) -> None:
    world = attempt.world
    world.book(attempt.caller, world.slot(world.service(world.instructor()), world.in_days(2)))


def spoil_holds(attempt: Attempt) -> None:
    world = attempt.world
    service_id = world.service(world.instructor())
    for day in (3, 4, 5):
        world.book(attempt.caller, world.slot(service_id, world.in_days(day)))


def spoil_code(attempt: Attempt) -> None:
    """There is such a code, but the learner has not asked about it."""
    attempt.world.discount_code(code="WELCOME")
    attempt.arguments["p_discount_code"] = "WELCOME"


def spoil_ended_code(attempt: Attempt) -> None:
    world = attempt.world
    spoil_code(attempt)
    service_id = world.value("select id from public.services")
    assert world.check_code(attempt.caller, "WELCOME", service_id)["is_valid"]
    world.connection.execute("update public.discount_codes set is_active = false")


def spoil_two_discounts(attempt: Attempt) -> None:
    attempt.arguments |= {"p_discount_code": "WELCOME", "p_use_rewards": True}


def spoil_discount_of_credit(attempt: Attempt) -> None:
    attempt.arguments |= {"p_discount_code": "WELCOME", "p_use_credits": True}


def spoil_credit(attempt: Attempt) -> None:
    attempt.arguments["p_use_credits"] = True


def spoil_credit_meanwhile(attempt: Attempt) -> None:
    use_up_credit_between_steps(attempt.world, attempt.caller)
    attempt.arguments["p_use_credits"] = True


REFUSALS = [
    (spoil_anonymous, "42501", "sign_in_required"),
    (spoil_somebody_else, "42501", "not_yourself"),
    (spoil_nobody, "42501", "not_yourself"),
    (spoil_guardian, "42501", "may_not_book"),
    (spoil_unknown_slot, "PT404", "slot_not_found"),
    (spoil_no_slot, "PT404", "slot_not_found"),
    (spoil_foreign_school, "42501", "not_a_learner_here"),
    (spoil_past, "PT422", "slot_in_the_past"),
    (spoil_service, "PT409", "service_inactive"),
    (spoil_instructor, "PT409", "instructor_unavailable"),
    (spoil_notice, "PT422", "too_short_notice"),
    (spoil_horizon, "PT422", "too_far_ahead"),
    (spoil_own_lesson, "PT422", "own_lesson"),
    (spoil_consent, "PT422", "consent_required"),
    (spoil_place, "PT422", "bad_place"),
    (spoil_code, "PT422", "code_not_checked"),
    (spoil_ended_code, "PT409", "code_not_valid"),
    (spoil_two_discounts, "PT422", "one_discount_at_a_time"),
    (spoil_discount_of_credit, "PT422", "discount_with_credit"),
    (spoil_credit, "PT409", "insufficient_credit"),
    (spoil_credit_meanwhile, "PT409", "credit_changed"),
    (spoil_price, "PT409", "price_missing"),
    (spoil_amount_too_small, "PT422", "amount_too_small"),
    (spoil_amount_too_large, "PT422", "amount_too_large"),
    (spoil_holds, "PT409", "too_many_holds"),
    (spoil_slot, "PT409", "slot_taken"),
    (spoil_learner, "PT409", "learner_busy"),
]


@pytest.mark.parametrize(("spoil", "sqlstate", "code"), REFUSALS)
def test_an_attempt_that_breaks_a_rule_is_refused_and_changes_nothing(
    attempt: Attempt, spoil: Callable[[Attempt], None], sqlstate: str, code: str
) -> None:
    spoil(attempt)
    world = attempt.world
    with world.unchanged(), world.refusing(sqlstate, code):
        attempt.book()


def test_a_visitor_may_not_even_try(attempt: Attempt) -> None:
    world = attempt.world
    with world.unchanged(), world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("select * from public.create_booking_with_payment(null, %s)", attempt.slot_id)


def test_every_refusal_that_the_comment_lists_is_tried_here(world: World) -> None:
    comment = world.value(
        "select obj_description('public.create_booking_with_payment'::regproc, 'pg_proc')"
    )
    listed = {code.strip() for code in comment.split("Errors: ")[1].rstrip(".").split(",")}
    tried = {code for _, _, code in REFUSALS}
    # What a school spends is tried in test_propose.py, what is held without paying in tests/abuse.
    elsewhere = {
        "client_key_reused",
        "learner_spends",
        "too_many_held_lessons",
        "too_many_unpaid_holds",
    }
    assert listed == tried | elsewhere | {"and the rules of public.bookings"}


def test_a_frontend_cannot_choose_another_organization_by_its_learner(world: World) -> None:
    """A school's learner books in the marketplace as the marketplace's learner."""
    school = world.organization()
    learner = world.person("Ben")
    world.learner(school, learner)
    world.book(learner, world.slot(world.service(world.instructor())))
    assert world.value("select org_id from public.bookings") == MARKETPLACE


@pytest.fixture(params=["p_pickup", "p_dropoff"])
def which(request: pytest.FixtureRequest) -> str:
    parameter: str = request.param
    return parameter


def stored(world: World, which: str) -> tuple[Any, ...]:
    name = which.removeprefix("p_")
    row = world.row(f"select {name}_address, {name}_lat, {name}_lng from public.bookings")
    return tuple(value if isinstance(value, str | None) else float(value) for value in row.values())


@pytest.mark.parametrize(
    ("place", "columns"),
    [
        (None, (None, None, None)),
        (Jsonb(None), (None, None, None)),
        (Jsonb({}), (None, None, None)),
        (Jsonb({"address": "1 High Street"}), ("1 High Street", None, None)),
        (Jsonb({"lat": 51.5, "lng": -0.12}), (None, 51.5, -0.12)),
        (Jsonb({"address": None, "lat": 90, "lng": 180}), (None, 90, 180)),
        (Jsonb({"address": "Ø 🚗", "lat": None, "lng": None}), ("Ø 🚗", None, None)),
    ],
)
def test_a_place_is_kept_with_the_booking(
    world: World, which: str, place: Jsonb | None, columns: tuple[Any, ...]
) -> None:
    world.book(world.person(), world.slot(world.service(world.instructor())), **{which: place})
    assert stored(world, which) == columns


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("1 High Street", "bad_place"),
        (["1 High Street"], "bad_place"),
        (51.5, "bad_place"),
        (True, "bad_place"),
        ({"address": 1}, "bad_place"),
        ({"address": {"street": "High Street"}}, "bad_place"),
        ({"lat": 51.5}, "bad_place"),
        ({"lng": 0.1}, "bad_place"),
        ({"lat": "51.5", "lng": "0.1"}, "bad_place"),
        ({"lat": True, "lng": False}, "bad_place"),
        ({"lat": [51.5], "lng": [0.1]}, "bad_place"),
        ({"address": "1 High Street", "note": "x" * 2_000_000}, "bad_place"),
        ({"address": "x" * 2_000_000}, "texts_are_short"),
        ({"address": "x" * 501}, "texts_are_short"),
        ({"lat": 90.000001, "lng": 0}, "places_are_on_earth"),
        ({"lat": 0, "lng": -180.1}, "places_are_on_earth"),
        ({"lat": 1e300, "lng": 0}, "places_are_on_earth"),
    ],
)
def test_what_is_no_place_is_refused(world: World, which: str, place: Any, code: str) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    with world.unchanged(), world.refusing("PT422", code):
        world.book(world.person(), slot_id, **{which: Jsonb(place)})
