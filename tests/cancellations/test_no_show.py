"""Who did not come is said by the other side, from a quarter of an hour after the start, once.

Nothing moves until they accept it, or it is decided.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cancellations.steps import alerts, earned, refunds
from tests.factories import Booking, World

QUARTER = timedelta(minutes=15)


@pytest.fixture
def booking(world: World) -> Booking:
    """A paid lesson whose start is a quarter of an hour ago."""
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] + QUARTER)
    return booking


def mark(world: World, user_id: UUID, booking: Booking, who: str | None) -> UUID:
    claim_id: UUID = world.call(
        user_id, "public.mark_no_show", p_booking_id=booking.id, p_who=who, p_statement="I waited."
    )
    return claim_id


@pytest.mark.parametrize("by", ["instructor", "admin", "learner", "guardian"])
def test_a_claim_moves_nothing_and_the_other_side_is_told(
    world: World, booking: Booking, by: str
) -> None:
    claimants = {
        "instructor": booking.instructor.user_id,
        "admin": world.admin(),
        "learner": booking.learner,
        "guardian": world.guardian(booking.columns["learner_id"], book=True),
    }
    who = "learner" if by in ("instructor", "admin") else "instructor"
    claim_id = mark(world, claimants[by], booking, who)
    assert (booking.status, refunds(world), earned(world)) == ("confirmed", [], 0)
    for reader in (booking.learner, booking.instructor.user_id):
        with world.acting_as(reader):
            claim = world.row("select * from public.lesson_claims")
        assert claim["id"] == claim_id
        assert (claim["no_show_by"], claim["claimant"], claim["status"]) == (who, by, "open")
        assert (claim["statement"], claim["notified_at"]) == ("I waited.", world.now())
    absent = booking.learner if who == "learner" else booking.instructor.user_id
    with world.acting_as(absent):
        assert alerts(world) == ["no_show_claimed"]
    other = booking.instructor.user_id if who == "learner" else booking.learner
    with world.acting_as(other):
        assert alerts(world) == []


@pytest.mark.parametrize("is_started", [False, True])
def test_that_start_was_pressed_speaks_for_the_instructor(world: World, is_started: bool) -> None:
    booking = world.booking()
    booking.pay()
    if is_started:
        booking.start()
    world.travel(to=booking.columns["start_at"] + QUARTER)
    for who in ("instructor", "learner"):
        booking.say_missing(who)
    claims = world.rows("select no_show_by::text, evidence from public.lesson_claims order by 1")
    assert [tuple(claim.values()) for claim in claims] == [
        ("instructor", None),
        ("learner", "lesson_started" if is_started else None),
    ]


@pytest.mark.parametrize("by", ["instructor", "admin"])
def test_what_a_side_says_of_itself_is_settled_at_once(
    world: World, booking: Booking, by: str
) -> None:
    mark(
        world,
        booking.instructor.user_id if by == "instructor" else world.admin(),
        booking,
        "instructor",
    )
    assert (booking.status, booking.columns["no_show_by"]) == ("no_show", "instructor")
    assert booking.columns["cancellation_refund_cents"] == 5310
    assert refunds(world) == [5310]
    claim = world.row("select status::text, decided_by::text from public.lesson_claims")
    assert claim == {"status": "upheld", "decided_by": by}
    world.carry_refunds()
    assert (world.ledger(), earned(world)) == ({}, 0)
    assert alerts(world) == ["no_show_settled"]


def test_an_admin_alone_takes_no_completed_lesson_back(world: World) -> None:
    lesson = world.lesson()
    mark(world, world.admin(), lesson, "instructor")
    assert (lesson.status, refunds(world)) == ("completed", [])
    assert world.value("select status::text from public.earnings") == "frozen"


def test_the_instructor_takes_a_completed_lesson_back(world: World) -> None:
    lesson = world.lesson()
    mark(world, lesson.instructor.user_id, lesson, "instructor")
    assert (lesson.status, refunds(world), earned(world)) == ("no_show", [5310], 0)
    world.carry_refunds()
    assert world.ledger() == {}
    assert world.value("select lesson_count from public.instructors") == 0


def test_hours_of_a_lesson_that_was_not_given_come_back(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    booking = credit.book(service_id)
    booking.complete()
    assert (credit.columns["minutes_used"], credit.columns["minutes_left"]) == (60, 60)
    mark(world, instructor.user_id, booking, "instructor")
    assert (credit.columns["minutes_used"], credit.columns["minutes_left"]) == (0, 120)
    assert (booking.columns["restored_minutes"], earned(world)) == (60, 0)


def test_a_learner_does_not_say_it_of_themselves(world: World, booking: Booking) -> None:
    with world.unchanged(), world.refusing("42501", "cannot_report_no_show"):
        mark(world, booking.learner, booking, "learner")


@pytest.mark.parametrize("who", ["guardian", "admin", "system", None])
def test_only_the_two_can_fail_to_come(world: World, booking: Booking, who: str | None) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_party"):
        mark(world, booking.instructor.user_id, booking, who)


def test_a_quarter_of_an_hour_is_waited(world: World, booking: Booking) -> None:
    world.travel(by=-timedelta(microseconds=1))
    for who in ("learner", "instructor"):
        with world.unchanged(), world.refusing("PT422", "too_early"):
            booking.say_missing(who)


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_day_after_the_end_it_is_too_late(world: World, booking: Booking, who: str) -> None:
    world.travel(to=booking.columns["end_at"] + timedelta(hours=24))
    with world.unchanged(), world.refusing("PT422", "too_late"):
        booking.say_missing(who)
    world.travel(by=-timedelta(microseconds=1))
    booking.say_missing(who)
    assert world.count("public.lesson_claims") == 1


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_it_is_said_once(world: World, booking: Booking, who: str) -> None:
    booking.say_missing(who)
    for by in (booking.instructor.user_id, world.admin()):
        with world.unchanged(), world.refusing("PT409", "claim_exists"):
            booking.say_missing(who, by)


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_what_has_ended_is_not_said_again(world: World, booking: Booking, status: str) -> None:
    if status == "no_show":
        booking.miss("learner")
    else:
        world.cancel(booking.learner, booking.id)
    for who in ("learner", "instructor"):
        with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
            booking.say_missing(who)


def test_the_learner_did_not_miss_what_was_completed(world: World) -> None:
    lesson = world.lesson()
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        lesson.say_missing("learner")


def test_strangers_know_of_no_booking(world: World, booking: Booking) -> None:
    viewer = world.guardian(booking.columns["learner_id"], view=True, pay=True)
    for stranger in (world.person("Eve"), world.instructor().user_id, viewer):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            mark(world, stranger, booking, "instructor")


@pytest.mark.parametrize(("text", "rule"), [("", "visible"), ("x" * 5001, "short")])
def test_a_statement_can_be_read(world: World, booking: Booking, text: str, rule: str) -> None:
    with world.unchanged(), world.refusing("PT422", f"texts_are_{rule}"):
        world.call(
            booking.learner,
            "public.mark_no_show",
            p_booking_id=booking.id,
            p_who="instructor",
            p_statement=text,
        )


def test_of_a_learner_whom_nobody_can_tell_an_admin_decides(world: World) -> None:
    org_id = world.organization()
    instructor = world.instructor(org_id=org_id)
    learner_id, admin = world.learner(org_id), world.member(org_id, "admin")
    slot_id = world.slot(world.service(instructor, price_cents=0))
    booked = world.book(admin, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
    booking = Booking(world, booked["booking_id"], admin, instructor, slot_id)
    world.travel(to=booking.columns["start_at"] + QUARTER)
    booking.say_missing("learner")
    claim = world.row("select status::text, notified_at from public.lesson_claims")
    assert claim == {"status": "undecided", "notified_at": None}


def test_a_disputed_payment_is_refunded_once_the_dispute_is_won(
    world: World, booking: Booking
) -> None:
    world.dispute(booking.payment)
    booking.miss("instructor")
    assert refunds(world) == []
    assert {"no_show_settled", "refund_waits_for_dispute"} <= set(alerts(world))
    assert earned(world) == 0
    world.dispute(booking.payment, "won")
    assert refunds(world) == [5310]
    world.carry_refunds()
    assert (earned(world), world.ledger()) == (0, {"stripe_balance": -2000, "dispute_fees": 2000})


@pytest.mark.parametrize(("who", "kept"), [("instructor", 0), ("learner", 4500)])
def test_a_lost_dispute_of_a_missed_lesson_costs_the_platform_what_was_earned(
    world: World, booking: Booking, who: str, kept: int
) -> None:
    world.dispute(booking.payment)
    booking.miss(who)
    world.dispute(booking.payment, "lost")
    assert (earned(world), world.ledger().get("dispute_losses", 0)) == (kept, kept)
    assert world.ledger().get("instructor_pending", 0) == -kept
