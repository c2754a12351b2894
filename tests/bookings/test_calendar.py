"""One calendar for persons: whoever teaches, learns or is busy is nowhere else, in any school.

An unpaid lesson keeps its persons until its deadline, for other schools too; after it somebody else
may have their time, and the order behind it stays its own school's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cancellations.steps import follow, move, price_on
from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def book(world: World, learner: UUID, instructor: Instructor, start_at: datetime) -> Booking:
    slot_id = world.slot(world.service(instructor), start_at)
    return Booking(world, world.book(learner, slot_id)["booking_id"], learner, instructor, slot_id)


def times(world: World, person: UUID) -> list[tuple[datetime, str]]:
    """What a person's calendar holds: when, and until when it is kept."""
    rows = world.rows(
        "select lower(during) as start_at, expires_at::text from private.person_calendar"
        " where person_id = %s order by during",
        person,
    )
    return [(row["start_at"], row["expires_at"]) for row in rows]


def refunds(world: World) -> list[int]:
    return [row["amount_cents"] for row in world.rows("select amount_cents from public.refunds")]


# Teaching and learning


@pytest.mark.parametrize(
    ("minutes", "is_free"), [(-60, True), (-59, False), (59, False), (60, True)]
)
def test_who_teaches_learns_nowhere_else(school: School, minutes: int, is_free: bool) -> None:
    world, ann = school.world, school.instructor.user_id
    lesson = book(world, school.learner, school.instructor, world.in_days(2))
    elsewhere = world.slot(
        world.service(world.instructor()), world.in_days(2) + timedelta(minutes=minutes)
    )
    if is_free:
        assert world.book(ann, elsewhere)["booking_id"]
    else:
        with world.unchanged(), world.refusing("PT409", "learner_busy"):
            world.book(ann, elsewhere)
    assert lesson.status == "held"


def test_who_learns_teaches_nowhere_else_and_is_not_listed(school: School) -> None:
    world, ann = school.world, school.instructor
    world.window(ann, "00:00", "24:00")
    service_id = world.service(ann)
    book(world, ann.user_id, world.instructor(), world.in_days(2))
    listed = world.open_times(ann, service_id, world.in_days(2, 0), world.in_days(3, 0))
    assert world.in_days(2) not in {row["start_at"] for row in listed}
    assert world.in_days(2, 11) in {row["start_at"] for row in listed}
    slot_id = world.slot(service_id, world.in_days(2))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(school.learner, slot_id)


def test_a_lesson_that_ends_frees_everybody(world: World) -> None:
    booking = world.booking()
    world.cancel(booking.learner, booking.id)
    assert times(world, booking.learner) == times(world, booking.instructor.user_id) == []


def test_a_busy_time_keeps_a_learner_from_lessons(world: World) -> None:
    booking = world.booking(start_at=world.in_days(4))
    row = booking.columns
    world.rows(
        "insert into private.person_calendar (org_id, learner_id, person_id, during)"
        " values (%s, %s, %s, tstzrange(%s, %s))",
        *(row["org_id"], row["learner_id"], booking.learner, world.in_days(2), world.in_days(3)),
    )
    slot_id = world.slot(world.service(world.instructor()), world.in_days(2, 20))
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.book(booking.learner, slot_id)


# Proposals


def test_a_proposal_keeps_the_instructors_time_and_not_the_learners(school: School) -> None:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(9))
    learner = world.row("select * from public.learners where user_id = %s", school.learner)
    booked = world.book(school.admin, slot_id, p_learner_user_id=None, p_learner_id=learner["id"])
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)
    assert booking.status == "proposed"
    assert len(times(world, school.instructor.user_id)) == 1
    assert times(world, school.learner) == []

    elsewhere = book(world, school.learner, world.instructor(), world.in_days(9))
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.call(school.learner, "public.accept_proposal", p_booking_id=booking.id)
    world.cancel(school.learner, elsewhere.id)
    world.call(school.learner, "public.accept_proposal", p_booking_id=booking.id)
    assert len(times(world, school.learner)) == 1


# Deadlines, and other schools


def test_a_time_is_kept_until_the_hold_expires_and_for_good_once_it_is_paid(world: World) -> None:
    booking = world.booking()
    deadline = world.value("select hold_expires_at::text from public.bookings")
    start_at = booking.columns["start_at"]
    for person in (booking.learner, booking.instructor.user_id):
        assert times(world, person) == [(start_at, deadline)]
    booking.pay()
    for person in (booking.learner, booking.instructor.user_id):
        assert times(world, person) == [(start_at, "infinity")]


def test_a_group_keeps_its_instructor_until_its_last_hold_expires(world: World) -> None:
    first = world.booking(max_participants=3)
    world.travel(by=timedelta(minutes=5))
    second = world.book(world.person("Cleo"), first.slot_id)["booking_id"]
    instructor, start_at = first.instructor.user_id, first.columns["start_at"]
    later = world.value("select max(hold_expires_at)::text from public.bookings")
    assert times(world, instructor) == [(start_at, later)]
    first.pay()
    assert times(world, instructor) == [(start_at, "infinity")]
    world.cancel(first.learner, first.id)
    assert times(world, instructor) == [(start_at, later)]
    assert second


@pytest.mark.parametrize("as_what", ["learner", "instructor"])
def test_one_schools_request_takes_the_time_of_an_overdue_hold_and_expires_no_order_elsewhere(
    school: School, as_what: str
) -> None:
    world = school.world
    here = book(world, school.learner, school.instructor, world.in_days(2))
    intent = here.intent()
    world.travel(by=QUARTER)
    if as_what == "learner":
        there = book(world, school.learner, world.instructor(), world.in_days(2))
    else:
        teacher = world.instructor(user_id=school.instructor.user_id)
        there = book(world, world.person(), teacher, world.in_days(2))
    assert (here.status, there.status) == ("held", "held")

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert here.status == "held"
    assert refunds(world) == [5310]
    world.maintain()
    assert (here.status, there.status) == ("expired", "held")


def test_a_late_payment_enters_the_time_again_that_another_school_has_given_back(
    school: School,
) -> None:
    world = school.world
    here = book(world, school.learner, school.instructor, world.in_days(2))
    intent = here.intent()
    world.travel(by=QUARTER)
    there = book(world, school.learner, world.instructor(), world.in_days(2))
    assert [at for at, _ in times(world, school.learner)] == [world.in_days(2)]
    world.cancel(school.learner, there.id)
    assert times(world, school.learner) == []

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert here.status == "confirmed"
    assert times(world, school.learner) == [(world.in_days(2), "infinity")]
    assert refunds(world) == []


def test_the_own_schools_overdue_hold_is_expired(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER)
    overlapping = world.slot(world.service(booking.instructor), world.in_days(2, 10, 30))
    world.book(world.person("Cleo"), overlapping)
    assert booking.status == "expired"


# Moves


@pytest.fixture
def late(world: World) -> Booking:
    """A paid lesson around midnight in London; the next day's lessons are dearer."""
    booking = world.booking(start_at=world.in_days(2, 22, 30))
    booking.pay()
    price_on(world, booking, world.in_days(3), 6000)
    return booking


def test_a_dearer_replacement_may_overlap_its_original_until_it_is_paid(
    world: World, late: Booking
) -> None:
    midnight, instructor = world.in_days(2, 23), late.instructor
    replacement = follow(late, move(world, late, midnight))
    assert (late.status, replacement.status) == ("confirmed", "held")
    assert len(times(world, instructor.user_id)) == len(times(world, late.learner)) == 2

    cleo, other = world.person("Cleo"), world.service(instructor)
    for minutes in (-50, 50):
        slot_id = world.slot(other, midnight + timedelta(minutes=minutes))
        with world.refusing("PT409", "slot_taken"):
            world.book(cleo, slot_id)
    replacement.pay()
    assert (late.status, replacement.status) == ("cancelled", "confirmed")
    for person in (late.learner, instructor.user_id):
        assert times(world, person) == [(midnight, "infinity")]
    assert world.book(cleo, world.slot(other, midnight - HOUR))["booking_id"]


def test_a_dearer_replacement_that_is_never_paid_leaves_the_original(
    world: World, late: Booking
) -> None:
    replacement = follow(late, move(world, late, world.in_days(2, 23)))
    world.travel(by=HOUR)
    world.maintain()
    assert (late.status, replacement.status) == ("confirmed", "expired")
    for person in (late.learner, late.instructor.user_id):
        assert times(world, person) == [(late.columns["start_at"], "infinity")]


def test_a_replacement_may_not_overlap_another_lesson(world: World, late: Booking) -> None:
    book(world, late.learner, world.instructor(), world.in_days(2, 23, 30))
    with (
        world.unchanged(leaving_out=["public.bookable_slots"]),
        world.refusing("PT409", "learner_busy"),
    ):
        move(world, late, world.in_days(2, 23))


# Rows


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"learner_id": None}, "a_time_is_taught_learnt_or_busy"),
        ({"learner_id": None, "instructor_id": "teacher"}, "a_time_is_taught_learnt_or_busy"),
        ({"instructor_id": "teacher"}, "a_time_is_taught_learnt_or_busy"),
        ({"slot_id": "slot"}, "a_time_is_taught_learnt_or_busy"),
        ({"booking_id": None}, ""),
        ({"during": "empty"}, "time_is_not_empty"),
    ],
)
def test_a_time_is_of_one_kind(world: World, columns: dict[str, str | None], rule: str) -> None:
    booking = world.booking()
    world.rows("delete from private.person_calendar where slot_id is not null")
    known = {"teacher": booking.instructor.id, "slot": booking.slot_id}
    assert (
        world.broken_rule(
            "private.person_calendar",
            **{name: known.get(value or "", value) for name, value in columns.items()},
        )
        == rule
    )
    with world.connection.transaction():
        world.rows("delete from private.person_calendar")
        world.cancel(booking.learner, booking.id)
