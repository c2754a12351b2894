"""Each audience gets its bookings in pages, by time, and nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Instructor, World

WEEK = timedelta(weeks=1)


def my_bookings(world: World, user_id: UUID, **arguments: Any) -> list[DictRow]:
    named = ", ".join(f"{name} => %s" for name in arguments)
    with world.acting_as(user_id):
        return world.rows(f"select * from public.my_bookings({named})", *arguments.values())


def after(row: DictRow) -> dict[str, Any]:
    return {"p_after_start_at": row["start_at"], "p_after_id": row["id"]}


@pytest.fixture
def instructor(world: World) -> Instructor:
    world.connection.execute(
        "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
    )
    return world.instructor()


def book(world: World, user_id: UUID, service_id: UUID, at: datetime) -> UUID:
    booked: UUID = world.book(user_id, world.slot(service_id, at))["booking_id"]
    return booked


def test_the_list_is_of_booking_details_in_the_order_of_their_times(
    world: World, instructor: Instructor
) -> None:
    learner, service_id = world.person("Ben"), world.service(instructor, title="Hills")
    booked = [book(world, learner, service_id, world.in_days(day)) for day in (4, 2, 3)]
    rows = my_bookings(world, learner)
    assert [row["id"] for row in rows] == [booked[1], booked[2], booked[0]]
    with world.acting_as(learner):
        assert rows == world.rows("select * from public.booking_details order by start_at")
    assert (rows[0]["session_title"], rows[0]["status"]) == ("Hills", "pending")


def test_bookings_in_every_organization_are_listed(world: World, instructor: Instructor) -> None:
    learner, school = world.person(), world.organization()
    world.learner(school, learner)
    at_school = world.service(world.instructor(org_id=school))
    book(world, learner, world.service(instructor), world.in_days(2))
    book(world, learner, at_school, world.in_days(3))
    assert [row["org_id"] for row in my_bookings(world, learner)] == [MARKETPLACE, school]


def test_only_those_from_a_moment_on_are_listed(world: World, instructor: Instructor) -> None:
    learner, service_id = world.person(), world.service(instructor)
    for day in (2, 3, 4):
        book(world, learner, service_id, world.in_days(day))
    assert len(my_bookings(world, learner, p_from=world.in_days(3))) == 2
    assert len(my_bookings(world, learner, p_from=None)) == 3
    assert my_bookings(world, learner, p_from="infinity") == []


# Whose


def test_nobody_elses_bookings_are_listed(world: World, instructor: Instructor) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    owner = world.member(MARKETPLACE, "owner")
    for other in (world.person(), instructor.user_id, owner, world.admin()):
        assert my_bookings(world, other) == []
    with world.acting_as(learner, is_anonymous=True):
        assert world.rows("select * from public.my_bookings()") == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("select * from public.my_bookings()")


def test_a_guardian_who_may_view_sees_the_wards_bookings(
    world: World, instructor: Instructor
) -> None:
    ward = world.child(MARKETPLACE)
    guardian, payer = world.guardian(ward, view=True, book=True), world.guardian(ward, pay=True)
    slot_id = world.slot(world.service(instructor))
    booked = world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)
    assert [row["id"] for row in my_bookings(world, guardian)] == [booked["booking_id"]]
    assert my_bookings(world, payer) == []


def test_a_booking_stays_listed_when_what_was_booked_is_offered_no_more(
    world: World, instructor: Instructor
) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("update public.instructors set is_active = false")
    assert len(my_bookings(world, learner)) == 1


def test_a_ward_at_a_school_keeps_a_booking_of_a_service_that_any_instructor_gave(
    world: World,
) -> None:
    """Neither the guardian nor a learner who has left belongs to the school."""
    school = world.organization()
    learner = world.person()
    ward = world.child(school, learner)
    guardian = world.guardian(ward, view=True, book=True)
    instructor = world.instructor(org_id=school)
    service_id = world.insert(
        "public.services",
        {"org_id": school, "title": "Any", "duration_minutes": 60, "currency": "gbp"},
    )
    slot_id = world.slot(service_id, instructor_id=instructor.id)
    world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("delete from public.organization_members where role = 'learner'")
    assert len(my_bookings(world, guardian)) == 1
    assert len(my_bookings(world, learner)) == 1


def test_the_instructors_notes_stay_hidden(world: World, instructor: Instructor) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    world.connection.execute("update public.booking_notes set notes = 'Nervous.'")
    assert my_bookings(world, learner)[0]["expert_notes"] is None


# Pages


def test_the_familys_pages_are_complete_and_without_duplicates_while_others_are_booked(
    world: World, instructor: Instructor
) -> None:
    """Times are shared by many rows: groups of one family begin together."""
    wards = [world.child(MARKETPLACE) for _ in range(3)]
    guardian = world.person("Gil")
    for ward in wards:
        link_id = world.call(
            world.admin(),
            "public.link_guardian",
            p_learner_id=ward,
            p_guardian_email=world.email(guardian),
            p_can_book=True,
        )
        world.call(guardian, "public.give_guardian_consent", p_learner_guardian_id=link_id)
    service_id = world.service(instructor, max_participants=10, price_cents=0)

    def book_wards(day: int) -> set[UUID]:
        slot_id = world.slot(service_id, world.in_days(day))
        return {
            world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)["booking_id"]
            for ward in wards
        }

    expected = [book_wards(day) for day in (2, 4, 6, 8)]
    first = my_bookings(world, guardian, p_limit=4)
    book_wards(3)  # before the last row seen
    expected.append(book_wards(9))  # after it
    pages = [first]
    while page := my_bookings(world, guardian, p_limit=4, **after(pages[-1][-1])):
        pages.append(page)
    listed = [row["id"] for page in pages for row in page]
    assert [len(page) for page in pages] == [4, 4, 4, 3]
    assert sorted(listed) == sorted(set().union(*expected))


@pytest.mark.parametrize(("asked", "given"), [(None, 50), (0, 1), (-5, 1), (1000, 200), (7, 7)])
def test_a_page_has_one_to_two_hundred_rows(
    world: World, instructor: Instructor, asked: int | None, given: int
) -> None:
    booking = world.booking(instructor)
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute(
            "create temporary table copy as select booking.*"
            " from public.bookings booking, generate_series(1, 210);"
            " alter table copy drop column due_cents, drop column keeps_seat,"
            " drop column is_partly_kept;"
            " update copy set id = gen_random_uuid(), status = 'expired';"
        )
        columns = world.value(
            "select string_agg(attname, ', ' order by attnum) from pg_attribute"
            " where attrelid = 'copy'::regclass and attnum > 0 and not attisdropped"
        )
        world.connection.execute(
            f"insert into public.bookings ({columns}) select {columns} from copy"
        )
        assert len(my_bookings(world, booking.learner, p_limit=asked)) == given


HOUR = timedelta(hours=1)


def day(world: World, user_id: UUID, instructor: Instructor, on: date | str) -> list[str]:
    """The times (UTC) at which the lessons of a date begin."""
    with world.acting_as(user_id):
        rows = world.rows("select start_at from public.instructor_day(%s, %s)", instructor.id, on)
    return [f"{row['start_at'].astimezone(UTC):%m-%d %H:%M}" for row in rows]


def lessons(world: World, instructor: Instructor, first: datetime, number: int) -> None:
    """A lesson an hour, of half an hour, from `first` on."""
    service_id = world.service(instructor, duration_minutes=30, price_cents=0)
    for hour in range(number):
        world.book(world.person(), world.slot(service_id, first + hour * HOUR))


@pytest.mark.parametrize(
    ("zone", "on", "first", "number"),
    [
        # A day of 23 hours, one of 25, and one of 24.
        ("Europe/London", date(2027, 3, 28), "2027-03-28 00:00+00", 23),
        ("Europe/London", date(2027, 10, 31), "2027-10-30 23:00+00", 25),
        ("Australia/Sydney", date(2027, 10, 3), "2027-10-02 14:00+00", 23),
        ("America/New_York", date(2027, 11, 7), "2027-11-07 04:00+00", 25),
        ("Pacific/Kiritimati", date(2027, 6, 1), "2027-05-31 10:00+00", 24),
        ("Etc/GMT+12", date(2027, 6, 1), "2027-06-01 12:00+00", 24),
        # Where midnight itself is skipped, or comes twice.
        ("Africa/Cairo", date(2027, 4, 30), "2027-04-29 22:00+00", 23),
        ("America/Havana", date(2027, 11, 7), "2027-11-07 04:00+00", 25),
    ],
)
def test_a_day_is_the_instructors_whole_local_day(
    world: World, zone: str, on: date, first: str, number: int
) -> None:
    midnight = datetime.fromisoformat(first)
    world.travel(to=midnight - 5 * HOUR)
    instructor = world.instructor(time_zone=zone)
    lessons(world, instructor, midnight - 2 * HOUR, number + 4)
    assert day(world, instructor.user_id, instructor, on) == [
        f"{midnight + hour * HOUR:%m-%d %H:%M}" for hour in range(number)
    ]


def test_a_full_day_comes_in_pages(world: World) -> None:
    instructor = world.instructor(time_zone="UTC")
    lessons(world, instructor, world.in_days(2, 8), 7)

    def page(**arguments: Any) -> list[DictRow]:
        on = world.in_days(2).date()
        given = {"p_instructor_id": instructor.id, "p_on": on, **arguments}
        return world.ask(instructor.user_id, "public.instructor_day", **given)

    everything, seen, cursor = page(), list[DictRow](), dict[str, Any]()
    assert len(everything) == 7
    while rows := page(p_limit=3, **cursor):
        seen += rows
        cursor = after(rows[-1])
    assert seen == everything


def test_what_was_cancelled_declined_or_expired_is_left_out(world: World) -> None:
    instructor = world.instructor(time_zone="UTC")
    service_id = world.service(instructor, requires_approval=True)
    for hour in (9, 10, 11):
        world.book(world.person(), world.slot(service_id, world.in_days(2, hour)))
    first = world.row("select id from public.bookings order by start_at limit 1")
    world.call(instructor.user_id, "public.decline_booking", p_booking_id=first["id"])
    on = world.in_days(2).date()
    assert len(day(world, instructor.user_id, instructor, on)) == 2
    world.travel(by=timedelta(days=1))
    world.maintain()
    assert day(world, instructor.user_id, instructor, on) == []


def test_the_instructor_and_the_admins_see_it_and_nobody_else(world: World) -> None:
    school = world.organization(max_open_holds=100, max_held_lessons=1000)
    instructor, colleague = world.instructor(org_id=school), world.instructor(org_id=school)
    learner = world.person()
    world.learner(school, learner)
    world.book(learner, world.slot(world.service(instructor)))
    on = world.in_days(2).date()
    for user_id in (instructor.user_id, world.member(school, "admin"), world.admin()):
        assert len(day(world, user_id, instructor, on)) == 1
    for user_id in (
        learner,
        colleague.user_id,
        world.person(),
        world.member(school, "learner"),
        world.member(world.organization(), "owner"),
    ):
        assert day(world, user_id, instructor, on) == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("select * from public.instructor_day(%s, %s)", instructor.id, on)


def test_an_instructor_of_two_organizations_has_a_day_in_each(world: World) -> None:
    here = world.instructor()
    school = world.organization()
    there = world.instructor(org_id=school, user_id=here.user_id)
    assert (here.org_id, there.org_id) == (MARKETPLACE, school)
    world.book(world.person(), world.slot(world.service(here)))
    on = world.in_days(2).date()
    assert len(day(world, here.user_id, here, on)) == 1
    assert day(world, here.user_id, there, on) == []


@pytest.mark.parametrize("on", [None, "1900-01-01", "2100-01-01"])
def test_days_that_never_come_are_empty(world: World, on: str | None) -> None:
    booking = world.booking()
    instructor = booking.instructor
    with world.unchanged():
        assert day(world, instructor.user_id, instructor, on) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "on", ["infinity", "-infinity", "0001-01-01", "9999-12-31", "294276-12-31", "5874897-12-31"]
)
def test_a_day_at_the_end_of_time_is_refused(world: World, on: str) -> None:
    instructor = world.booking().instructor
    with world.unchanged(), world.refusing("PT422", "date_is_plausible"):
        day(world, instructor.user_id, instructor, on)


def test_an_unknown_instructor_has_no_day(world: World) -> None:
    booking = world.booking()
    unknown = Instructor(uuid4(), booking.instructor.user_id)
    assert day(world, unknown.user_id, unknown, world.in_days(2).date()) == []


@pytest.fixture
def school(world: World) -> UUID:
    return world.organization(max_open_holds=100, max_held_lessons=1000)


def bookings(world: World, user_id: UUID, school: UUID | None, **arguments: Any) -> list[DictRow]:
    given = {
        "p_org_id": school,
        "p_from": world.in_days(0),
        "p_to": world.in_days(30),
    } | arguments
    named = ", ".join(f"{name} => %s" for name in given)
    with world.acting_as(user_id):
        return world.rows(f"select * from public.organization_bookings({named})", *given.values())


def book_at_school(world: World, school: UUID, day: int, number: int = 1) -> list[UUID]:
    """Lessons of as many instructors, all at ten."""
    booked = []
    for _ in range(number):
        learner = world.person()
        world.learner(school, learner)
        slot_id = world.slot(world.service(world.instructor(org_id=school)), world.in_days(day))
        booked.append(world.book(learner, slot_id)["booking_id"])
    return booked


def test_admins_see_what_is_booked_between_two_moments(world: World, school: UUID) -> None:
    booked = [book_at_school(world, school, day)[0] for day in (2, 3, 4)]
    for role in ("owner", "admin"):
        user_id = world.member(school, role)
        assert [row["id"] for row in bookings(world, user_id, school)] == booked
        some = bookings(world, user_id, school, p_from=world.in_days(2), p_to=world.in_days(4))
        assert [row["id"] for row in some] == booked[:2]
    assert len(bookings(world, world.admin(), school)) == 3


def test_nobody_else_sees_them(world: World, school: UUID) -> None:
    book_at_school(world, school, 2)
    party = world.row(
        "select learner.user_id as learner, instructor.user_id as instructor"
        " from public.learners learner, public.instructors instructor"
    )
    owner_elsewhere = world.member(world.organization(), "owner")
    for user_id in (*party.values(), owner_elsewhere, world.member(school, "instructor")):
        assert bookings(world, user_id, school) == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(
            "select * from public.organization_bookings(%s, '-infinity', 'infinity')", school
        )


def test_another_organizations_bookings_are_not_among_them(world: World, school: UUID) -> None:
    other = world.organization()
    owner = world.member(school, "owner")
    world.member(other, "owner", owner)
    here, there = book_at_school(world, school, 2), book_at_school(world, other, 2)
    assert [row["id"] for row in bookings(world, owner, school)] == here
    assert [row["id"] for row in bookings(world, owner, other)] == there


def test_the_organizations_pages_are_complete_and_without_duplicates_while_others_are_booked(
    world: World, school: UUID
) -> None:
    owner = world.member(school, "owner")
    expected = [id for day in (2, 4, 6) for id in book_at_school(world, school, day, 3)]
    pages = [bookings(world, owner, school, p_limit=4)]
    book_at_school(world, school, 3)
    expected += book_at_school(world, school, 7, 2)
    while page := bookings(
        world,
        owner,
        school,
        p_limit=4,
        p_after_start_at=pages[-1][-1]["start_at"],
        p_after_id=pages[-1][-1]["id"],
    ):
        pages.append(page)
    assert sorted(row["id"] for page in pages for row in page) == sorted(expected)
    assert [len(page) for page in pages] == [4, 4, 3]


@pytest.mark.parametrize(
    "arguments",
    [
        {"p_from": None},
        {"p_to": None},
        {"p_from": "infinity"},
        {"p_to": "-infinity"},
        {"p_org_id": None},
    ],
)
def test_a_range_without_sense_is_empty(
    world: World, school: UUID, arguments: dict[str, Any]
) -> None:
    owner = world.member(school, "owner")
    book_at_school(world, school, 2)
    assert bookings(world, owner, school, **arguments) == []
    both = {"p_from": world.in_days(2) + timedelta(days=1), "p_to": world.in_days(2)}
    assert bookings(world, owner, school, **both) == []
