"""The same local time every so many weeks: all or nothing, or what is open, as one unpaid time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Instructor, World

WEEK = timedelta(weeks=1)
ALL, SKIP = "all_or_nothing", "skip_conflicts"


@pytest.fixture
def instructor(world: World) -> Instructor:
    """In London, open at all hours; it is the first of March 2027, a Monday."""
    world.travel(to=datetime.fromisoformat("2027-03-01 08:00+00"))
    instructor = world.instructor()
    world.window(instructor, "00:00", "24:00")
    return instructor


@pytest.fixture
def service_id(world: World, instructor: Instructor) -> UUID:
    return world.service(instructor)


@pytest.fixture
def learner(world: World) -> UUID:
    return world.person("Ben")


FIRST = datetime.fromisoformat("2027-03-15 17:00+00")


def series(
    world: World,
    learner: UUID,
    instructor: Instructor,
    service_id: UUID,
    occurrences: int | None = 4,
    first: datetime | str | None = FIRST,
    **arguments: Any,
) -> list[DictRow]:
    given = {
        "p_instructor_id": instructor.id,
        "p_service_id": service_id,
        "p_start_at": first,
        "p_occurrences": occurrences,
        **arguments,
    }
    named = ", ".join(f"{name} => %s" for name in given)
    with world.acting_as(learner):
        return world.rows(f"select * from public.request_booking_series({named})", *given.values())


def starts(rows: list[DictRow]) -> list[str]:
    return [f"{row['start_at'].astimezone(UTC):%m-%d %H:%M}" for row in rows]


@pytest.mark.parametrize("mode", [ALL, SKIP])
def test_the_local_time_stays_when_the_clocks_change(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID, mode: str
) -> None:
    rows = series(world, learner, instructor, service_id, p_mode=mode)
    assert starts(rows) == ["03-15 17:00", "03-22 17:00", "03-29 16:00", "04-05 16:00"]
    assert [row["occurrence"] for row in rows] == [1, 2, 3, 4]
    assert {row["refusal"] for row in rows} == {None}
    assert {row["order_id"] for row in rows} == {world.value("select id from public.orders")}
    booked = world.rows("select id, start_at, status from public.bookings order by start_at")
    assert [row["id"] for row in booked] == [row["booking_id"] for row in rows]
    assert {row["status"] for row in booked} == {"held"}


@pytest.mark.parametrize(
    ("zone", "first", "expected"),
    [
        ("America/New_York", "2027-03-08 14:00+00", ["03-08 14:00", "03-15 13:00"]),
        ("Australia/Sydney", "2027-03-29 22:00+00", ["03-29 22:00", "04-05 23:00"]),
        ("Pacific/Kiritimati", "2027-03-08 19:00+00", ["03-08 19:00", "03-15 19:00"]),
    ],
)
def test_the_local_time_is_the_instructors(
    world: World, learner: UUID, zone: str, first: str, expected: list[str]
) -> None:
    world.travel(to=datetime.fromisoformat("2027-03-01 08:00+00"))
    instructor = world.instructor(time_zone=zone)
    world.window(instructor)
    rows = series(world, learner, instructor, world.service(instructor), 2, first)
    assert starts(rows) == expected


def test_a_series_may_recur_every_other_week(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    rows = series(world, learner, instructor, service_id, 3, p_every_weeks=2)
    assert starts(rows) == ["03-15 17:00", "03-29 16:00", "04-12 16:00"]


def test_a_series_is_remembered_with_its_bookings(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    series(world, learner, instructor, service_id, 2, p_notes="Hills")
    remembered = world.row("select * from public.booking_series")
    assert remembered["time_zone"] == "Europe/London"
    assert (remembered["first_start_at"], remembered["occurrences"]) == (FIRST, 2)
    assert world.rows("select distinct series_id, learner_notes from public.bookings") == [
        {"series_id": remembered["id"], "learner_notes": "Hills"}
    ]


# Conflicts


def take(world: World, instructor: Instructor, at: datetime) -> None:
    world.request(world.person(), instructor, world.service(instructor), at)


@pytest.fixture
def third_is_taken(world: World, instructor: Instructor, service_id: UUID) -> None:
    take(world, instructor, FIRST + 2 * WEEK - timedelta(hours=1))


def test_one_conflict_refuses_all(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID, third_is_taken: None
) -> None:
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        series(world, learner, instructor, service_id)


def test_conflicts_can_be_skipped(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID, third_is_taken: None
) -> None:
    rows = series(world, learner, instructor, service_id, p_mode=SKIP)
    assert [row["refusal"] for row in rows] == [None, None, "slot_taken", None]
    assert [row["booking_id"] is None for row in rows] == [False, False, True, False]
    assert world.value("select count(*) from public.bookings where series_id is not null") == 3


def test_the_learners_own_conflicts_can_be_skipped(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    elsewhere = world.slot(world.service(world.instructor()), FIRST + WEEK)
    world.book(learner, elsewhere)
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        series(world, learner, instructor, service_id)
    rows = series(world, learner, instructor, service_id, p_mode=SKIP)
    assert [row["refusal"] for row in rows] == [None, "learner_busy", None, None]


def test_closed_dates_can_be_skipped(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    world.closing(instructor, (FIRST + WEEK).date())
    rows = series(world, learner, instructor, service_id, p_mode=SKIP)
    assert [row["refusal"] for row in rows] == [None, "time_not_offered", None, None]


def test_what_lies_outside_notice_and_horizon_can_be_skipped(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    world.connection.execute(
        "update public.instructors set minimum_notice_minutes = 21600, horizon_days = 30"
    )
    for first, code in ((FIRST, "too_short_notice"), (FIRST + WEEK, "too_far_ahead")):
        with world.unchanged(), world.refusing("PT422", code):
            series(world, learner, instructor, service_id, 3, first)
    rows = series(world, learner, instructor, service_id, 4, p_mode=SKIP)
    assert [row["refusal"] for row in rows] == ["too_short_notice", None, None, "too_far_ahead"]


def test_when_nothing_is_open_the_series_is_refused_in_either_mode(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    world.connection.execute("update public.availability_windows set is_active = false")
    for mode, code in ((ALL, "time_not_offered"), (SKIP, "slot_taken")):
        with world.unchanged(), world.refusing("PT409", code):
            series(world, learner, instructor, service_id, p_mode=mode)


def test_the_times_of_a_series_do_not_collide_with_each_other_in_a_group(
    world: World, learner: UUID, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=2)
    for person in (learner, world.person()):
        rows = series(world, person, instructor, service_id)
        assert {row["refusal"] for row in rows} == {None}
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        series(world, world.person(), instructor, service_id)


# Times that do not exist, or exist twice


def test_a_date_on_which_the_clocks_skip_the_time_has_none(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    """Half past one, on Sundays; on the 28th it does not come."""
    world.connection.execute("update public.availability_windows set start_time = '00:30'")
    first = datetime.fromisoformat("2027-03-21 01:30+00")
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        series(world, learner, instructor, service_id, 3, first)
    rows = series(world, learner, instructor, service_id, 3, first, p_mode=SKIP)
    assert [row["refusal"] for row in rows] == [None, "slot_taken", None]
    assert world.rows("select start_at from public.bookings order by start_at") == [
        {"start_at": first},
        {"start_at": datetime.fromisoformat("2027-04-04 00:30+00")},
    ]


def test_the_first_of_two_equal_local_times_is_not_taken_for_the_second(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    world.travel(to=datetime.fromisoformat("2027-10-20 08:00+00"))
    summer, winter = (datetime.fromisoformat(f"2027-10-31 0{hour}:00+00") for hour in (0, 1))
    with world.unchanged(), world.refusing("PT409", "time_not_offered"):
        series(world, learner, instructor, service_id, 2, summer)
    rows = series(world, learner, instructor, service_id, 2, winter)
    assert starts(rows) == ["10-31 01:00", "11-07 01:00"]


# Unpaid times


def test_a_series_is_one_unpaid_time(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    world.connection.execute("update public.organizations set max_open_holds = 2")
    series(world, learner, instructor, service_id, 5)
    other = world.service(instructor)
    world.request(learner, instructor, other, FIRST + timedelta(hours=1))
    with world.unchanged(), world.refusing("PT409", "too_many_holds"):
        world.request(learner, instructor, other, FIRST + timedelta(hours=2))


@pytest.mark.parametrize("mode", [ALL, SKIP])
def test_a_learner_with_too_many_unpaid_times_gets_no_series(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID, mode: str
) -> None:
    for hours in (1, 2, 3):
        world.request(learner, instructor, service_id, FIRST + timedelta(hours=hours))
    with world.unchanged(), world.refusing("PT409", "too_many_holds"):
        series(world, learner, instructor, service_id, p_mode=mode)


def test_each_booking_of_a_series_is_paid_or_expires_on_its_own(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    rows = series(world, learner, instructor, service_id, 2)
    world.travel(by=timedelta(minutes=15))
    world.maintain()
    assert world.rows("select distinct status from public.bookings") == [{"status": "expired"}]
    assert len(series(world, learner, instructor, service_id, 2)) == len(rows)


def test_a_series_of_a_service_that_needs_approval_is_requested(
    world: World, learner: UUID, instructor: Instructor
) -> None:
    service_id = world.service(instructor, requires_approval=True)
    series(world, learner, instructor, service_id, 3)
    assert world.rows("select distinct status from public.bookings") == [{"status": "requested"}]


# For whom


def test_a_guardian_books_a_series_for_a_ward(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    ward = world.child(MARKETPLACE)
    guardian = world.guardian(ward, book=True)
    series(world, guardian, instructor, service_id, 2, p_learner_id=ward)
    booked = world.rows("select distinct learner_id, booked_by from public.bookings")
    assert booked == [{"learner_id": ward, "booked_by": guardian}]


def test_a_series_for_somebody_else_is_refused(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID
) -> None:
    with world.unchanged(), world.refusing("42501", "not_yourself"):
        series(world, learner, instructor, service_id, p_learner_user_id=world.person())
    with world.unchanged(), world.refusing("42501", "not_yourself"):
        series(world, learner, instructor, service_id, p_learner_id=world.child(MARKETPLACE))


def test_a_series_of_ones_own_lessons_is_refused(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    for mode in (ALL, SKIP):
        with world.unchanged(), world.refusing("PT422", "own_lesson"):
            series(world, instructor.user_id, instructor, service_id, p_mode=mode)


def test_an_unknown_or_foreign_service_is_refused(
    world: World, learner: UUID, instructor: Instructor
) -> None:
    for unknown in (uuid4(), world.service(world.instructor()), None):
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            series(world, learner, instructor, unknown)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", [ALL, SKIP])
def test_a_service_that_is_not_offered_is_refused_in_either_mode(
    world: World, learner: UUID, instructor: Instructor, service_id: UUID, mode: str
) -> None:
    world.connection.execute("update public.services set is_active = false")
    with world.unchanged(), world.refusing("PT409", "service_inactive"):
        series(world, learner, instructor, service_id, p_mode=mode)


# Values that make no sense


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"occurrences": 1}, "a_series_is_of_two_to_a_year_of_weeks"),
        ({"occurrences": 0}, "a_series_is_of_two_to_a_year_of_weeks"),
        ({"occurrences": -3}, "a_series_is_of_two_to_a_year_of_weeks"),
        ({"occurrences": 53}, "a_series_is_of_two_to_a_year_of_weeks"),
        ({"occurrences": 2_000_000_000}, "a_series_is_of_two_to_a_year_of_weeks"),
        ({"occurrences": None}, "value_missing"),
        ({"first": None}, "value_missing"),
        ({"p_mode": None}, "value_missing"),
        ({"p_every_weeks": None}, "value_missing"),
        ({"p_every_weeks": 0}, "it_recurs_at_least_every_13_weeks"),
        ({"p_every_weeks": -1}, "it_recurs_at_least_every_13_weeks"),
        ({"p_every_weeks": 14}, "it_recurs_at_least_every_13_weeks"),
        ({"first": "infinity"}, "time_is_plausible"),
        ({"first": "-infinity"}, "time_is_plausible"),
        ({"first": "294276-12-31"}, "time_is_plausible"),
        ({"first": FIRST - 3 * WEEK}, "slot_in_the_past"),
        ({"p_notes": "n" * 5001}, "texts_are_short"),
    ],
)
@pytest.mark.parametrize("mode", [ALL, SKIP])
def test_values_that_make_no_sense_are_refused(
    world: World,
    learner: UUID,
    instructor: Instructor,
    service_id: UUID,
    arguments: dict[str, Any],
    code: str,
    mode: str,
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        series(world, learner, instructor, service_id, **({"p_mode": mode} | arguments))
