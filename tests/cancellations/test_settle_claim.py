"""A claim that nobody answers counts if something speaks for it; else an admin decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.cancellations.steps import authorized, earned, refunds
from tests.factories import Booking, World
from tests.schools.conftest import School, school

__all__ = ["school"]

QUARTER = timedelta(minutes=15)
CONTESTABLE = timedelta(hours=72)


@pytest.fixture
def booking(school: School) -> Booking:
    """A paid lesson of a school, whose start is a quarter of an hour ago."""
    return due(school)


def due(school: School, is_started: bool = False) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(school.learner, slot_id)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)
    booking.pay()
    if is_started:
        booking.start()
    world.travel(to=booking.columns["start_at"] + QUARTER)
    return booking


def contested(booking: Booking, who: str) -> UUID:
    claim_id = booking.say_missing(who)
    absent = booking.learner if who == "learner" else booking.instructor.user_id
    booking.world.call(absent, "public.contest_claim", p_claim_id=claim_id)
    return claim_id


def decide(
    world: World, by: UUID, claim_id: UUID, who: str | None, reason: str | None = "Asked both."
) -> None:
    world.call(by, "public.decide_claim", p_claim_id=claim_id, p_no_show_by=who, p_reason=reason)


def claims(world: World) -> list[DictRow]:
    return world.rows(
        "select no_show_by::text, status::text from public.lesson_claims order by no_show_by"
    )


def test_silence_confirms_what_the_start_speaks_for(school: School) -> None:
    world, booking = school.world, due(school, is_started=True)
    booking.say_missing("learner")
    world.travel(by=CONTESTABLE - timedelta(microseconds=1))
    world.maintain()
    assert (booking.status, earned(world)) == ("in_progress", 0)
    world.travel(by=timedelta(microseconds=1))
    world.maintain()
    assert (booking.status, earned(world)) == ("no_show", 4500)
    settled = world.row("select status::text, decided_by::text from public.lesson_claims")
    assert settled == {"status": "upheld", "decided_by": "system"}
    assert world.value("select available_at from public.earnings") == (
        world.now() + timedelta(hours=24)
    )
    world.maintain()
    assert earned(world) == 4500


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_silence_about_a_word_alone_leaves_it_to_the_school(
    school: School, booking: Booking, who: str
) -> None:
    world = school.world
    claim_id = booking.say_missing(who)
    world.travel(by=CONTESTABLE)
    world.maintain()
    claim = world.row("select status::text, decision_due_at from public.lesson_claims")
    assert claim == {"status": "undecided", "decision_due_at": world.now() + timedelta(days=7)}
    assert (booking.status, refunds(world), earned(world)) == ("confirmed", [], 0)
    decide(world, school.admin, claim_id, who)
    assert (booking.status, booking.columns["no_show_by"]) == ("no_show", who)


def test_start_pressed_after_the_claim_speaks_for_nothing(school: School, booking: Booking) -> None:
    world, teacher = school.world, school.instructor.user_id
    booking.say_missing("learner")
    world.call(teacher, "public.start_lesson", p_booking_id=booking.id)
    world.travel(by=CONTESTABLE)
    world.maintain()
    assert (booking.status, earned(world)) == ("in_progress", 0)


@pytest.mark.parametrize("who", ["learner", "instructor"])
@pytest.mark.parametrize(
    ("decision", "paid_back", "was_earned"), [("learner", [], 4500), ("instructor", [5310], 0)]
)
def test_the_school_decides(
    school: School,
    booking: Booking,
    who: str,
    decision: str,
    paid_back: list[int],
    was_earned: int,
) -> None:
    world = school.world
    decide(world, school.admin, contested(booking, who), decision)
    assert (booking.status, booking.columns["no_show_by"]) == ("no_show", decision)
    assert (refunds(world), earned(world)) == (paid_back, was_earned)
    with world.acting_as(booking.learner):
        (claim,) = world.rows("select status::text, reason from public.lesson_claims")
    assert claim == {
        "status": "upheld" if who == decision else "dismissed",
        "reason": "Asked both.",
    }


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_what_is_not_proven_leaves_the_booking_as_it_was(
    school: School, booking: Booking, who: str
) -> None:
    world = school.world
    claim_id = contested(booking, who)
    decide(world, school.admin, claim_id, None)
    assert (booking.status, refunds(world), earned(world)) == ("confirmed", [], 0)
    assert claims(world) == [{"no_show_by": who, "status": "dismissed"}]
    with world.unchanged(), world.refusing("PT409", "claim_exists"):
        booking.say_missing(who)
    world.travel(to=booking.columns["end_at"])
    world.call(booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    assert earned(world) == 4500


@pytest.mark.parametrize("first", ["learner", "instructor"])
@pytest.mark.parametrize(
    ("decision", "status", "paid_back", "was_earned"),
    [
        ("learner", "no_show", [], 4500),
        ("instructor", "no_show", [5310], 0),
        (None, "cancelled", [5310], 0),
    ],
)
def test_of_two_claims_against_each_other_one_holds_or_the_learner_is_refunded(
    school: School,
    booking: Booking,
    first: str,
    decision: str | None,
    status: str,
    paid_back: list[int],
    was_earned: int,
) -> None:
    world = school.world
    claim_id = booking.say_missing(first)
    booking.say_missing("learner" if first == "instructor" else "instructor")
    assert [claim["status"] for claim in claims(world)] == ["undecided"] * 2
    world.travel(by=CONTESTABLE)
    world.maintain()
    assert (refunds(world), earned(world)) == ([], 0)
    decide(world, school.admin, claim_id, decision)
    assert booking.status == status
    assert (refunds(world), earned(world)) == (paid_back, was_earned)
    assert {claim["no_show_by"]: claim["status"] for claim in claims(world)} == {
        who: "upheld" if who == decision else "dismissed" for who in ("learner", "instructor")
    }
    world.carry_refunds()


def test_a_claim_about_a_completed_lesson_freezes_what_it_earned(
    school: School, booking: Booking
) -> None:
    world = school.world
    world.travel(to=booking.columns["end_at"])
    world.call(booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    claim_id = contested(booking, "instructor")
    world.travel(by=timedelta(days=2))
    world.maintain()
    assert world.value("select status::text from public.earnings") == "frozen"
    with world.unchanged(), world.refusing("PT422", "bad_party"):
        decide(world, school.admin, claim_id, "learner")
    decide(world, school.admin, claim_id, None)
    world.maintain()
    assert world.value("select status::text from public.earnings") == "available"


@pytest.mark.parametrize("party", ["instructor", "learner", "claimant", "guardian"])
def test_an_admin_who_is_a_party_leaves_it_to_another(
    school: School, booking: Booking, party: str
) -> None:
    world = school.world
    guardian = world.guardian(booking.columns["learner_id"], view=True)
    claim_id = contested(booking, "learner")
    biased = {
        "instructor": school.instructor.user_id,
        "learner": school.learner,
        "claimant": school.instructor.user_id,
        "guardian": guardian,
    }[party]
    world.member(school.id, "admin", biased)
    with world.unchanged(), world.refusing("42501", "not_yours_to_decide"):
        decide(world, biased, claim_id, None)
    decide(world, school.admin, claim_id, None)


def test_what_the_school_itself_says_the_platform_decides(school: School, booking: Booking) -> None:
    world = school.world
    claim_id = booking.say_missing("learner", school.admin)
    world.call(booking.learner, "public.contest_claim", p_claim_id=claim_id)
    for biased in (school.admin, school.owner):
        with world.unchanged(), world.refusing("42501", "not_yours_to_decide"):
            decide(world, biased, claim_id, "learner")
    decide(world, world.admin(), claim_id, "instructor")
    assert refunds(world) == [5310]


def test_after_seven_days_the_platform_decides(school: School, booking: Booking) -> None:
    world = school.world
    claim_id = contested(booking, "learner")
    concerns = {row["concern"]: row for row in world.serve("jobs", "private.needs_attention")}
    assert concerns["claim_undecided"]["reference"] == str(claim_id)
    world.travel(by=timedelta(days=7))
    with world.unchanged(), world.refusing("42501", "not_yours_to_decide"):
        decide(world, school.admin, claim_id, None)
    decide(world, world.admin(), claim_id, None)


def test_others_decide_nothing(school: School, booking: Booking) -> None:
    world = school.world
    claim_id = contested(booking, "learner")
    elsewhere = world.member(world.organization(), "owner")
    for stranger in (world.person(), elsewhere, booking.learner, booking.instructor.user_id):
        with world.unchanged(), world.refusing("PT404", "claim_not_found"):
            decide(world, stranger, claim_id, None)


def test_a_decision_needs_a_contested_claim_a_reason_and_a_party(
    school: School, booking: Booking
) -> None:
    world = school.world
    claim_id = booking.say_missing("learner")
    with world.unchanged(), world.refusing("PT409", "claim_answered"):
        decide(world, school.admin, claim_id, None)
    world.call(booking.learner, "public.contest_claim", p_claim_id=claim_id)
    for reason in (None, "", "no", "x" * 501):
        for admin in (school.admin, world.admin()):
            with world.refusing("PT422", "reason_required"):
                decide(world, admin, claim_id, None, reason)
    with world.unchanged(), world.refusing("PT422", "bad_party"):
        decide(world, school.admin, claim_id, "guardian")


def test_what_is_authorized_is_captured_before_it_lapses_and_decides_nothing(world: World) -> None:
    booking = authorized(world)
    world.travel(to=booking.columns["start_at"] + QUARTER)
    claim_id = contested(booking, "instructor")
    world.travel(by=timedelta(days=5))
    world.maintain()
    (command,) = world.commands("capture_payment")
    world.deliver(
        "payment_intent.succeeded",
        booking.intent("succeeded", amount_received=command["amount_cents"]),
    )
    assert (booking.status, booking.payment["captured_cents"]) == ("confirmed", 5310)
    decide(world, world.admin(), claim_id, "instructor")
    assert (refunds(world), earned(world)) == ([5310], 0)
