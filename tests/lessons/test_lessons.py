"""A lesson starts at its time, by its instructor, once.
A lesson is completed once, by its instructor, after its time has come: then it is earned.
An instructor's public total counts the lessons that took place.
Whose lessons one may start and complete: one's own, and a school's for its admins.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World
from tests.lessons.steps import complete, confirmed, start


def test_the_instructor_starts_a_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    lesson_id = start(booking)
    lesson = world.row("select * from public.lessons")
    assert booking.status == "in_progress"
    assert lesson["id"] == lesson_id
    assert lesson["started_at"] == booking.columns["start_at"]
    assert lesson["ended_at"] is None
    assert lesson["duration_seconds"] is None
    parties = (lesson["booking_id"], lesson["instructor_id"], lesson["learner_id"])
    assert parties == (booking.id, booking.instructor.id, booking.columns["learner_id"])


@pytest.mark.parametrize(
    ("from_start", "code"),
    [
        (timedelta(minutes=-15, seconds=-1), "too_early"),
        (timedelta(minutes=-15), None),
        (timedelta(minutes=59, seconds=59), None),
        (timedelta(minutes=60), "too_late"),
    ],
)
def test_a_lesson_starts_from_a_quarter_before_its_time_until_its_end(
    world: World, from_start: timedelta, code: str | None
) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"] + from_start)
    if code is None:
        start(booking)
        assert booking.status == "in_progress"
    else:
        with world.unchanged(), world.refusing("PT422", code):
            start(booking)


def test_a_lesson_starts_once(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        start(booking)


@pytest.mark.parametrize("status", ["held", "expired"])
def test_a_booking_that_is_not_paid_for_has_no_lesson(world: World, status: str) -> None:
    booking = world.booking()
    world.connection.execute("update public.bookings set status = %s", [status])
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        start(booking)


def test_a_lesson_lasts_from_its_start_to_its_completion(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    world.travel(by=timedelta(minutes=65))
    lesson_id = complete(booking, notes="Parallel parking: done.")
    lesson = world.row("select * from public.lessons")
    assert lesson["id"] == lesson_id
    assert lesson["duration_seconds"] == 65 * 60
    assert lesson["notes"] == "Parallel parking: done."
    assert booking.status == "completed"


def test_a_lesson_that_was_never_started_counts_from_its_booked_time(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    complete(booking)
    lesson = world.row("select * from public.lessons")
    assert lesson["started_at"] == booking.columns["start_at"]
    assert lesson["duration_seconds"] == 60 * 60


def test_a_lesson_earns_the_instructors_share_once(world: World) -> None:
    booking = confirmed(world)
    booking.complete()
    earning = world.row("select * from public.earnings")
    assert (earning["kind"], earning["amount_cents"]) == ("lesson", 4500)
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        complete(booking)


@pytest.mark.parametrize("is_started", [False, True])
def test_its_instructor_cannot_complete_a_lesson_before_its_end(
    world: World, is_started: bool
) -> None:
    booking = confirmed(world)
    if is_started:
        booking.start()
    world.travel(to=booking.columns["end_at"] - timedelta(microseconds=1))
    for caller in (booking.instructor.user_id, world.admin()):
        with world.unchanged(), world.refusing("PT422", "too_early"):
            complete(booking, caller)
    world.travel(by=timedelta(microseconds=1))
    complete(booking)
    assert booking.status == "completed"


def test_with_the_learners_word_it_is_over_earlier(world: World) -> None:
    """From its start on; what the learner says beside is no summary of the instructor's."""
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"] - timedelta(microseconds=1))
    with world.unchanged(), world.refusing("PT422", "too_early"):
        complete(booking, booking.learner)
    world.travel(by=timedelta(minutes=30))
    complete(booking, booking.learner, notes="Great!")
    assert booking.status == "completed"
    lesson = world.row("select notes, ended_at from public.lessons")
    assert (lesson["notes"], lesson["ended_at"]) == (None, world.now())
    earning = world.row("select amount_cents, available_at from public.earnings")
    assert earning == {
        "amount_cents": 4500,
        "available_at": booking.columns["end_at"] + timedelta(hours=24),
    }


def test_the_word_of_a_guardian_counts_who_may_book(world: World) -> None:
    booking = confirmed(world)
    learner_id = booking.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True, pay=True)
    booker = world.guardian(learner_id, book=True)
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        complete(booking, viewer)
    complete(booking, booker)
    assert booking.status == "completed"


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_nobody_completes_a_lesson_to_which_somebody_is_said_not_to_have_come(
    world: World, who: str
) -> None:
    booking = confirmed(world)
    booking.start()
    world.travel(by=timedelta(minutes=15))
    claim_id = booking.say_missing(who)
    world.travel(to=booking.columns["end_at"])
    for caller in (booking.instructor.user_id, booking.learner):
        with world.unchanged(), world.refusing("PT409", "claim_open"):
            complete(booking, caller)
    claimant = booking.instructor.user_id if who == "learner" else booking.learner
    world.call(claimant, "public.withdraw_claim", p_claim_id=claim_id)
    complete(booking)
    assert booking.status == "completed"


@pytest.mark.parametrize("status", ["held", "expired"])
def test_an_unpaid_lesson_is_not_earned(world: World, status: str) -> None:
    booking = world.booking()
    world.connection.execute("update public.bookings set status = %s", [status])
    world.travel(to=booking.columns["end_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        complete(booking)


def test_strangers_cannot_complete_a_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    for caller in (world.instructor().user_id, world.person()):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            complete(booking, caller)


def test_notes_that_are_too_long_are_refused(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        complete(booking, notes="n" * 10_001)


def test_notes_of_the_start_are_kept_unless_replaced(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    world.connection.execute("update public.lessons set notes = 'So far, so good.'")
    world.travel(to=booking.columns["end_at"])
    complete(booking)
    assert world.value("select notes from public.lessons") == "So far, so good."


def test_every_learner_of_a_group_earns_the_instructor_a_share(world: World) -> None:
    first = confirmed(world, max_participants=2)
    cleo = world.person("Cleo")
    booked = world.book(cleo, first.slot_id)
    second = Booking(world, booked["booking_id"], cleo, first.instructor, first.slot_id)
    assert second.pay() == "processed"
    world.travel(to=first.columns["end_at"])
    complete(first)
    complete(second)
    assert world.value("select sum(amount_cents) from public.earnings") == 9000
    assert world.count("public.lessons") == 2


def test_completed_lessons_are_counted_for_their_instructor_alone(world: World) -> None:
    ann, zoe = world.instructor(name="Ann"), world.instructor(name="Zoe")
    world.lesson(ann)
    world.lesson(ann)
    assert world.booking(zoe).pay() == "processed"
    counts = world.rows("select display_name, lesson_count from public.instructors order by 1")
    assert [tuple(count.values()) for count in counts] == [("Ann", 2), ("Zoe", 0)]


def test_an_instructor_cannot_set_the_total(world: World) -> None:
    ann = world.instructor()
    with world.unchanged(), world.refusing("42501"), world.acting_as(ann.user_id):
        world.rows("update public.instructors set lesson_count = 99")


def test_another_instructors_lesson_is_as_unknown_as_none(world: World) -> None:
    booking, stranger = confirmed(world), world.instructor()
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, stranger.user_id)
    with world.refusing("PT404", "booking_not_found"):
        world.call(stranger.user_id, "public.start_lesson", p_booking_id=uuid4())


def test_the_learner_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, booking.learner)


def test_nobody_signed_in_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    query = "select public.start_lesson(%s)"
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(query, booking.id)
    with (
        world.refusing("42501", "sign_in_required"),
        world.acting_as(booking.instructor.user_id, is_anonymous=True),
    ):
        world.rows(query, booking.id)


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_admin_of_the_school_starts_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    admin = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    start(booking, admin)
    assert booking.status == "in_progress"


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_other_members_of_the_school_cannot_start_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    member = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, member)


def test_an_admin_of_another_school_cannot_start_a_lesson(world: World) -> None:
    booking = confirmed(world)
    admin = world.member(world.organization(), "admin")
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, admin)


def write_notes(booking: Booking, by: UUID, notes: str | None = "Mirrors!") -> None:
    booking.world.call(by, "public.write_lesson_notes", p_booking_id=booking.id, p_notes=notes)


@pytest.mark.parametrize("completed_by", ["learner", "nobody"])
def test_the_summary_is_written_also_when_somebody_else_completed_the_lesson(
    world: World, completed_by: str
) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    if completed_by == "learner":
        complete(booking, booking.learner)
    else:
        world.travel(by=timedelta(hours=24))
        world.maintain()
    assert booking.status == "completed"
    write_notes(booking, booking.instructor.user_id)
    write_notes(booking, world.admin(), "Mirrors, signals!")
    with world.acting_as(booking.learner):
        assert world.value("select notes from public.lessons") == "Mirrors, signals!"


def test_the_summary_is_the_instructors_for_14_days(world: World) -> None:
    booking = confirmed(world)
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        write_notes(booking, booking.instructor.user_id)
    booking.complete()
    for stranger in (booking.learner, world.person(), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            write_notes(booking, stranger)
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        write_notes(booking, booking.instructor.user_id, "x" * 10001)
    world.travel(to=booking.columns["end_at"] + timedelta(days=14))
    write_notes(booking, booking.instructor.user_id)
    world.travel(by=timedelta(microseconds=1))
    with world.unchanged(), world.refusing("PT422", "too_late"):
        write_notes(booking, booking.instructor.user_id, None)
