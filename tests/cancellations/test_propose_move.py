"""A lesson that the other side moves stays where it is until the learner accepts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cancellations.steps import (
    alerts,
    earned,
    follow,
    move,
    pay_difference,
    price_on,
    refunds,
)
from tests.factories import MARKETPLACE, Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A paid lesson in two days at ten, for 53.10; the day after it costs 70.80, later 35.40."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    price_on(world, booking, world.in_days(4), 3000)
    booking.pay()
    return booking


def propose(booking: Booking, days: int = 2, hour: int = 16, by: UUID | None = None) -> Booking:
    """The instructor, or whoever is named, moves it; the replacement."""
    world = booking.world
    moved = move(world, booking, world.in_days(days, hour), by or booking.instructor.user_id)
    assert moved["status"] == "proposed"
    return follow(booking, moved)


def answer(booking: Booking, how: str, by: UUID | None = None) -> object:
    return booking.world.call(
        by or booking.learner, f"public.{how}_proposal", p_booking_id=booking.id
    )


@pytest.mark.parametrize("by", ["instructor", "admin"])
def test_the_original_stays_until_the_learner_accepts(
    world: World, booking: Booking, by: str
) -> None:
    mover = booking.instructor.user_id if by == "instructor" else world.admin()
    there = propose(booking, by=mover)
    assert (booking.status, there.status) == ("confirmed", "proposed")
    with world.acting_as(booking.learner):
        assert alerts(world) == ["move_proposed"]
    assert answer(there, "accept") == "confirmed"
    assert (booking.status, booking.columns["is_rescheduled"]) == ("cancelled", True)
    assert booking.columns["cancelled_by"] == "instructor"
    assert there.columns["accepted_at"] == world.now()
    assert refunds(world) == []
    there.complete()
    assert earned(world) == 4500


def test_it_keeps_the_instructors_time_but_not_the_learners(world: World, booking: Booking) -> None:
    there = propose(booking)
    start_at = there.columns["start_at"]
    other = world.slot(world.service(booking.instructor), start_at)
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person(), other)
    elsewhere = world.slot(world.service(world.instructor()), start_at)
    assert world.book(booking.learner, elsewhere)["booking_id"]
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        answer(there, "accept")
    assert booking.status == "confirmed"


@pytest.mark.parametrize(("minutes", "accepted"), [(60, "confirmed"), (120, "held")])
def test_it_may_overlap_its_original(
    world: World, booking: Booking, minutes: int, accepted: str
) -> None:
    """For the same price, or for more because the lesson is longer since then."""
    world.connection.execute("update public.services set duration_minutes = %s", [minutes])
    moved = move(world, booking, world.in_days(2, 10, 30), booking.instructor.user_id)
    there = follow(booking, moved)
    assert (booking.status, there.status) == ("confirmed", "proposed")
    assert answer(there, "accept") == accepted
    if accepted == "held":
        assert booking.status == "confirmed"
        pay_difference(there)
    assert (booking.status, there.status) == ("cancelled", "confirmed")


def test_declining_is_no_cancellation(world: World, booking: Booking) -> None:
    there = propose(booking)
    answer(there, "decline")
    assert (booking.status, there.status, refunds(world)) == ("confirmed", "declined", [])
    again = propose(booking, hour=17)
    assert answer(again, "accept") == "confirmed"


@pytest.mark.parametrize(
    ("ahead", "lapses_after"),
    [
        (timedelta(days=9), timedelta(hours=48)),
        (timedelta(hours=50), timedelta(hours=26)),
        (timedelta(hours=25), timedelta(hours=2)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_silence_keeps_the_original(
    world: World, ahead: timedelta, lapses_after: timedelta
) -> None:
    booking = world.booking(start_at=world.now() + ahead)
    booking.pay()
    there = propose(booking, days=12)
    assert there.columns["hold_expires_at"] == world.now() + lapses_after
    world.travel(by=lapses_after)
    for how in ("accept", "decline"):
        with world.unchanged(), world.refusing("PT409", "booking_not_proposed"):
            answer(there, how)
    world.maintain()
    assert (booking.status, there.status, refunds(world)) == ("confirmed", "expired", [])


def test_a_move_to_an_earlier_time_lapses_with_that(world: World) -> None:
    booking = world.booking(start_at=world.in_days(9))
    booking.pay()
    there = propose(booking, days=1, hour=10)
    assert there.columns["hold_expires_at"] == there.columns["start_at"]


def test_a_dearer_time_is_paid_after_it_was_accepted(world: World, booking: Booking) -> None:
    there = propose(booking, days=3)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        there.open_payment()
    assert answer(there, "accept") == "held"
    assert booking.status == "confirmed"
    pay_difference(there)
    assert (there.status, booking.status) == ("confirmed", "cancelled")
    there.complete()
    assert earned(world) == 6000


def test_a_dearer_time_that_is_not_paid_leaves_the_original(world: World, booking: Booking) -> None:
    there = propose(booking, days=3)
    answer(there, "accept")
    world.travel(to=there.columns["hold_expires_at"])
    world.maintain()
    assert (there.status, booking.status, refunds(world)) == ("expired", "confirmed", [])


def test_a_cheaper_time_gives_the_difference_back(world: World, booking: Booking) -> None:
    there = propose(booking, days=4)
    assert refunds(world) == []
    answer(there, "accept")
    assert refunds(world) == [1770]
    world.carry_refunds()
    there.complete()
    assert earned(world) == 3000


def test_hours_stay_with_the_original_until_then(world: World) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    booking = credit.book(service_id)
    there = propose(booking)
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_left"]) == (60, 0)
    answer(there, "accept")
    assert (there.status, booking.status) == ("confirmed", "cancelled")
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_left"]) == (60, 0)
    there.complete()
    assert earned(world) == 4500


def test_a_guardian_answers_who_may_book(world: World, booking: Booking) -> None:
    there = propose(booking)
    learner_id = booking.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True, pay=True)
    booker = world.guardian(learner_id, book=True)
    strangers = (viewer, world.admin(), booking.instructor.user_id, world.person())
    for stranger in strangers:
        for how in ("accept", "decline"):
            with world.unchanged(), world.refusing("PT404", "booking_not_found"):
                answer(there, how, stranger)
    assert answer(there, "accept", booker) == "confirmed"


def test_a_learner_for_whom_nobody_can_answer_is_moved_by_the_school(world: World) -> None:
    org_id = world.organization()
    instructor = world.instructor(org_id=org_id)
    learner_id, admin = world.learner(org_id), world.member(org_id, "admin")
    slot_id = world.slot(world.service(instructor, price_cents=0))
    booked = world.book(admin, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
    world.window(instructor, "00:00", "23:45")
    (moved,) = world.ask(
        admin,
        "public.reschedule_booking",
        p_booking_id=booked["booking_id"],
        p_start_at=world.in_days(3),
    )
    assert moved["status"] == "confirmed"


@pytest.mark.parametrize("is_fee_refundable", [True, False])
def test_for_two_hours_the_learner_can_cancel_for_nothing(
    world: World, is_fee_refundable: bool
) -> None:
    world.connection.execute(
        "update public.organizations set fee_refundable = %s where id = %s",
        [is_fee_refundable, MARKETPLACE],
    )
    booking = world.booking(start_at=world.now() + timedelta(hours=20))
    booking.pay()
    there = propose(booking, days=1, hour=9)
    answer(there, "accept")
    world.travel(by=timedelta(hours=2) - timedelta(microseconds=1))
    assert world.ending(there.learner, there.id)["refund_cents"] == 5310
    with world.connection.transaction(force_rollback=True):
        world.cancel(there.learner, there.id)
        assert refunds(world) == [5310]
        world.carry_refunds()
        assert (earned(world), world.ledger()) == (0, {})
    world.travel(by=timedelta(microseconds=1))
    assert world.ending(there.learner, there.id)["refund_cents"] < 5310


def test_what_was_accepted_is_not_free_to_cancel_once_it_begins(world: World) -> None:
    booking = world.booking(start_at=world.now() + timedelta(hours=20))
    booking.pay()
    world.window(booking.instructor, "00:00", "23:45")
    soon = (world.now() + timedelta(minutes=90)).replace(minute=0, second=0, microsecond=0)
    (moved,) = world.ask(
        booking.instructor.user_id,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=soon,
    )
    there = follow(booking, moved)
    answer(there, "accept")
    world.travel(to=soon)
    assert world.ending(there.learner, there.id)["refund_cents"] == 0


def test_a_proposal_ends_with_its_original(world: World, booking: Booking) -> None:
    there = propose(booking)
    world.cancel(booking.learner, booking.id)
    assert (there.status, refunds(world)) == ("cancelled", [5310])
    with world.unchanged(), world.refusing("PT409", "booking_not_proposed"):
        answer(there, "accept")


def test_an_original_that_cannot_be_kept_is_cancelled_as_theirs(
    world: World, booking: Booking
) -> None:
    there = propose(booking)
    world.travel(to=booking.columns["start_at"] - timedelta(hours=30))
    ended = world.cancel(booking.instructor.user_id, booking.id)
    assert (ended["cancelled_by"], refunds(world)) == ("instructor", [5310])
    assert there.status == "cancelled"


def test_a_lesson_that_has_begun_moves_no_more(world: World) -> None:
    booking = world.booking(start_at=world.now() + timedelta(hours=1))
    booking.pay()
    there = propose(booking, days=3)
    world.travel(to=booking.columns["start_at"] - timedelta(minutes=15))
    world.call(booking.instructor.user_id, "public.start_lesson", p_booking_id=booking.id)
    with world.unchanged(), world.refusing("PT409", "booking_not_reschedulable"):
        answer(there, "accept")


def test_what_is_listed_for_a_move_can_be_proposed(world: World, booking: Booking) -> None:
    """Times beside the original alone; the learner's lessons elsewhere are not told."""
    world.window(booking.instructor, "08:00", "18:00")
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(2, 15))
    world.book(booking.learner, elsewhere)
    listed = world.ask(
        booking.instructor.user_id,
        "public.list_reschedule_times",
        p_booking_id=booking.id,
        p_from=world.in_days(2, 0),
        p_to=world.in_days(3, 0),
    )
    starts = [row["start_at"] for row in listed]
    assert world.in_days(2, 15) in starts
    assert world.in_days(2, 10, 30) not in starts
    for start_at in starts[::4]:
        with world.connection.transaction(force_rollback=True):
            (moved,) = world.ask(
                booking.instructor.user_id,
                "public.reschedule_booking",
                p_booking_id=booking.id,
                p_start_at=start_at,
            )
            assert moved["status"] == "proposed"
