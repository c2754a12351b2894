"""Tests of learners take the time of who enters them, and have a result."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import Booking, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

HOUR = timedelta(hours=1)


@pytest.fixture
def booking(world: World) -> Booking:
    """A learner with a lesson in five days."""
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    return booking


def add(booking: Booking, by: UUID, start_at: datetime, **arguments: Any) -> UUID:
    test_id: UUID = booking.world.call(
        by,
        "public.add_test",
        **{
            "p_learner_id": booking.columns["learner_id"],
            "p_kind": "practical",
            "p_start_at": start_at,
            "p_end_at": start_at + HOUR,
            "p_centre": "Morden",
        }
        | arguments,
    )
    return test_id


def finish(booking: Booking, by: UUID, test_id: UUID, outcome: str | None, note: str = "") -> None:
    booking.world.call(
        by,
        "public.record_test_result",
        p_test_id=test_id,
        p_outcome=outcome,
        p_note=note or None,
    )


def refused_lesson(world: World, learner: UUID, slot_id: UUID, code: str) -> None:
    with world.unchanged(), world.refusing("PT409", code):
        world.book(learner, slot_id)


def test_a_learners_test_keeps_them_from_lessons_until_it_is_cancelled(
    world: World, booking: Booking
) -> None:
    test_id = add(booking, booking.learner, world.in_days(8))
    slot_id = world.slot(world.service(world.instructor()), world.in_days(8))
    refused_lesson(world, booking.learner, slot_id, "learner_busy")
    finish(booking, booking.learner, test_id, "cancelled")
    world.book(booking.learner, slot_id)
    with world.unchanged(), world.refusing("PT404", "test_not_found"):
        finish(booking, booking.learner, test_id, "passed")


def test_the_instructor_who_goes_along_gives_no_lesson(world: World, booking: Booking) -> None:
    teacher = booking.instructor
    world.window(teacher, "00:00", "24:00")
    service_id = world.service(teacher)
    add(booking, teacher.user_id, world.in_days(8), p_instructor_id=teacher.id)
    day = world.open_times(teacher, service_id, world.in_days(8, 0), world.in_days(9, 0))
    assert world.in_days(8) not in {row["start_at"] for row in day}
    refused_lesson(world, world.person(), world.slot(service_id, world.in_days(8)), "slot_taken")
    # What an instructor enters takes nothing from an adult's calendar elsewhere.
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(8))
    world.book(booking.learner, elsewhere)


def test_a_learner_takes_no_time_from_the_instructor(world: World, booking: Booking) -> None:
    teacher = booking.instructor
    add(booking, booking.learner, world.in_days(8), p_instructor_id=teacher.id)
    with world.acting_as(teacher.user_id):
        (seen,) = world.rows("select kind, centre, start_at from public.learner_tests")
    assert seen == {"kind": "practical", "centre": "Morden", "start_at": world.in_days(8)}
    world.book(world.person(), world.slot(world.service(teacher), world.in_days(8)))


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_test_is_not_at_the_time_of_a_lesson(world: World, booking: Booking, who: str) -> None:
    teacher = booking.instructor
    start_at = booking.columns["start_at"] + HOUR / 2
    if who == "learner":
        with world.unchanged(), world.refusing("PT409", "learner_busy"):
            add(booking, booking.learner, start_at)
    else:
        with world.unchanged(), world.refusing("PT409", "instructor_busy"):
            add(booking, teacher.user_id, start_at, p_instructor_id=teacher.id)


def test_the_school_enters_tests_of_learners_without_a_login(world: World) -> None:
    org_id = world.organization()
    admin, ben = world.member(org_id, "admin"), world.learner(org_id)
    world.call(
        admin,
        "public.add_test",
        p_learner_id=ben,
        p_kind="theory",
        p_start_at=world.in_days(2),
        p_end_at=world.in_days(2) + HOUR,
    )
    taken = world.rows("select learner_id from private.person_calendar")
    assert [row["learner_id"] for row in taken] == [ben]


def test_a_guardian_enters_a_childs_test(world: World) -> None:
    org_id = world.organization()
    child = world.child(org_id, world.person())
    may, may_not = world.guardian(child, book=True), world.guardian(child, view=True)
    given = {
        "p_learner_id": child,
        "p_kind": "theory",
        "p_start_at": world.in_days(2),
        "p_end_at": world.in_days(2) + HOUR,
    }
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        world.call(may_not, "public.add_test", **given)
    world.call(may, "public.add_test", **given)
    with world.acting_as(may_not):
        assert world.count("public.learner_tests") == 1


def test_nobody_else_enters_or_reads_tests(world: World, booking: Booking) -> None:
    teacher, stranger = booking.instructor, world.instructor()
    test_id = add(booking, booking.learner, world.in_days(8))
    for other in (world.person(), stranger.user_id, teacher.user_id):
        with world.unchanged(), world.refusing("PT404", "learner_not_found"):
            add(booking, other, world.in_days(9))
        with world.unchanged(), world.refusing("PT404", "test_not_found"):
            finish(booking, other, test_id, "cancelled")
        with world.acting_as(other):
            assert world.count("public.learner_tests") == 0
    for by in (booking.learner, stranger.user_id):
        with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
            add(booking, by, world.in_days(9), p_instructor_id=stranger.id)
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        add(booking, booking.learner, world.in_days(9), p_learner_id=uuid4())


def test_a_result_is_noted_afterwards_and_can_be_corrected(world: World, booking: Booking) -> None:
    teacher = booking.instructor
    test_id = add(booking, teacher.user_id, world.in_days(8), p_instructor_id=teacher.id)
    with world.unchanged(), world.refusing("PT422", "too_early"):
        finish(booking, teacher.user_id, test_id, "passed")
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        finish(booking, teacher.user_id, test_id, None)
    world.travel(to=world.in_days(8))
    finish(booking, teacher.user_id, test_id, "failed", "Mirrors")
    finish(booking, booking.learner, test_id, "passed", "3 minor faults")
    row = world.row("select outcome, note from public.learner_tests where id = %s", test_id)
    assert row == {"outcome": "passed", "note": "3 minor faults"}
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        finish(booking, booking.learner, test_id, "passed", "x" * 1001)


def test_a_test_of_the_past_takes_no_time(world: World, booking: Booking) -> None:
    test_id = add(booking, booking.learner, world.in_days(-8))
    finish(booking, booking.learner, test_id, "failed")
    assert (
        world.value("select count(*) from private.person_calendar where entry_id = %s", test_id)
        == 0
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"p_kind": None}, "value_missing"),
        ({"p_kind": ""}, "texts_are_short"),
        ({"p_kind": "a\nb"}, "texts_are_lines"),
        ({"p_end_at": "2026-01-01T00:00Z"}, "end_is_after_start"),
        ({"p_end_at": "infinity"}, "time_is_plausible"),
        ({"p_end_at": "2027-01-01T00:00Z"}, "test_is_a_day_at_most"),
        ({"p_centre": "x" * 201}, "texts_are_short"),
    ],
)
def test_what_is_no_test_is_refused(
    world: World, booking: Booking, change: dict[str, Any], code: str
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        add(booking, booking.learner, world.in_days(8), **change)


def test_erasure_forgets_where_and_how(world: World, booking: Booking) -> None:
    add(booking, booking.learner, world.in_days(8))
    world.connection.execute("select private.erase_tests(%s)", [booking.columns["learner_id"]])
    row = world.row("select kind, centre, note from public.learner_tests")
    assert row == {"kind": "erased", "centre": None, "note": None}
    world.book(booking.learner, world.slot(world.service(world.instructor()), world.in_days(8)))


def fill(booking: Booking, number: int) -> None:
    """The learner has had so many tests, years ago."""
    booking.world.connection.execute(
        "insert into public.learner_tests (org_id, learner_id, kind, start_at, end_at)"
        " select org_id, learner_id, 'theory', start_at - nth * interval '1 day',"
        " end_at - nth * interval '1 day'"
        " from public.bookings, generate_series(1, %s) nth where id = %s",
        [number, booking.id],
    )


def test_a_learner_has_a_hundred_tests_at_most(world: World, booking: Booking) -> None:
    fill(booking, 99)
    add(booking, booking.learner, world.in_days(8))
    with world.unchanged(), world.refusing("PT409", "too_many_tests"):
        add(booking, booking.learner, world.in_days(9))


def test_calls_at_once_add_no_more_than_a_hundred_tests(
    cluster: Cluster, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    fill(booking, 98)

    def act(connection: psycopg.Connection[Any], nth: int) -> str:
        racing = World(connection)
        place = Booking(racing, booking.id, booking.learner, booking.instructor, booking.slot_id)
        add(place, booking.learner, world.in_days(10 + nth))
        return "added"

    with Racers(cluster.admin_url(world.connection.info.dbname), 5) as racers:
        came_of = racers.race(act)
    assert came_of.count("added") == 2
    assert came_of.count(Refusal("PT409", "too_many_tests")) == 3
    assert world.count("public.learner_tests") == 100
