"""What a visitor is offered: times in UTC and in the instructor's, and what is left of each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import Instructor, World

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOT_FOUND = ("PT404", "slot_not_found")


@pytest.fixture
def instructor(world: World) -> Instructor:
    """In London, from nine to noon every day; it is the day before the clocks change."""
    world.travel(to=datetime.fromisoformat("2027-03-27 06:00+00"))
    instructor = world.instructor()
    world.window(instructor, "09:00", "12:00")
    return instructor


def listed(world: World, instructor: Instructor, service_id: UUID, days: int = 2) -> list[DictRow]:
    return world.open_times(instructor, service_id, world.now(), world.in_days(days, 0))


def starts(rows: list[DictRow]) -> list[str]:
    return [f"{row['start_at'].astimezone(UTC):%d %H:%M}" for row in rows]


def test_times_are_listed_in_utc_and_in_the_instructors_local_time(
    world: World, instructor: Instructor
) -> None:
    rows = listed(world, instructor, world.service(instructor))
    assert starts(rows) == ["27 09:00", "27 10:00", "27 11:00", "28 08:00", "28 09:00", "28 10:00"]
    assert rows[3] == {
        "start_at": datetime.fromisoformat("2027-03-28 08:00+00"),
        "end_at": datetime.fromisoformat("2027-03-28 09:00+00"),
        "local_start": datetime.fromisoformat("2027-03-28 09:00"),
        "local_end": datetime.fromisoformat("2027-03-28 10:00"),
        "time_zone": "Europe/London",
        "slot_id": None,
        "seats_left": 1,
    }


def test_the_range_includes_its_beginning_and_not_its_end(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    first, last = (datetime.fromisoformat(f"2027-03-27 {hour}:00+00") for hour in ("09", "11"))
    assert starts(world.open_times(instructor, service_id, first, last)) == ["27 09:00", "27 10:00"]


def test_a_published_time_is_listed_once_with_its_slot(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    world.publish(instructor, service_id, days=1)
    rows = listed(world, instructor, service_id, days=1)
    published = world.rows("select id from public.bookable_slots order by start_at")
    assert [row["slot_id"] for row in rows] == [slot["id"] for slot in published]
    assert len(rows) == 3


def test_a_published_time_outside_the_opening_hours_is_listed_too(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    slot_id = world.slot(service_id, world.in_days(0, 20))
    (evening,) = [row for row in listed(world, instructor, service_id) if row["slot_id"]]
    assert (evening["slot_id"], evening["start_at"]) == (slot_id, world.in_days(0, 20))


# What is taken


def test_a_taken_time_goes_with_all_that_it_overlaps_buffers_included(
    world: World, instructor: Instructor
) -> None:
    world.connection.execute("update public.instructors set buffer_before_minutes = 30")
    service_id, short = world.service(instructor), world.service(instructor, duration_minutes=30)
    world.request(world.person(), instructor, service_id, world.in_days(0, 10, 30))
    assert starts(listed(world, instructor, service_id, days=1)) == ["27 09:00"]
    assert starts(listed(world, instructor, short, days=1)) == ["27 09:00"]


def test_an_expired_hold_takes_nothing_swept_or_not(world: World, instructor: Instructor) -> None:
    service_id = world.service(instructor)
    before = listed(world, instructor, service_id)
    world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    assert len(listed(world, instructor, service_id)) == len(before) - 1
    world.travel(by=15 * MINUTE - timedelta(seconds=1))
    assert len(listed(world, instructor, service_id)) == len(before) - 1
    world.travel(by=timedelta(seconds=1))
    assert listed(world, instructor, service_id) == before


def test_a_group_has_as_many_seats_left_as_nobody_took(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=3)
    for left in (2, 1):
        world.request(world.person(), instructor, service_id, world.in_days(0, 10))
        seats = {
            row["start_at"]: row["seats_left"] for row in listed(world, instructor, service_id)
        }
        assert seats[world.in_days(0, 10)] == left
        assert seats[world.in_days(0, 9)] == 3
    world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    assert "27 10:00" not in starts(listed(world, instructor, service_id))


def test_a_group_that_somebody_joined_stays_as_it_was_when_the_service_changes(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=3)
    world.request(world.person(), instructor, service_id, world.in_days(0, 9))
    world.connection.execute(
        "update public.services set duration_minutes = 30, max_participants = 9"
    )
    first, second = listed(world, instructor, service_id)[:2]
    assert (first["end_at"], first["seats_left"]) == (world.in_days(0, 10), 2)
    assert (second["end_at"], second["seats_left"]) == (world.in_days(0, 10, 30), 9)

    booked = world.request(world.person(), instructor, service_id, world.in_days(0, 9))
    end_at = world.value("select end_at from public.bookings where id = %s", booked["booking_id"])
    assert end_at == world.in_days(0, 10)


def test_a_time_made_for_one_learner_is_offered_to_others_only_as_a_time(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    learner = world.person()
    world.request(learner, instructor, service_id, world.in_days(0, 10))
    slot_id = world.value("select id from public.bookable_slots")
    world.travel(by=15 * MINUTE)
    world.maintain()

    assert {row["slot_id"] for row in listed(world, instructor, service_id)} == {None}
    other = world.person()
    for role, user_id in (("anon", None), ("authenticated", other)):
        with world.acting_as(user_id, role):
            assert world.rows("select * from public.bookable_slots") == []
    with world.unchanged(), world.refusing("PT404", "slot_not_found"):
        world.book(other, slot_id)
    world.request(other, instructor, service_id, world.in_days(0, 10))
    assert world.value("select count(*) from public.bookable_slots") == 1


def test_a_person_who_teaches_at_two_places_is_at_one_of_them(
    world: World, instructor: Instructor
) -> None:
    school = world.organization()
    at_school = world.instructor(org_id=school, user_id=instructor.user_id)
    world.window(at_school, "09:30", "12:00")
    service_id = world.service(instructor)
    world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    assert starts(listed(world, at_school, world.service(at_school), days=1)) == []


# A closed day


@pytest.mark.parametrize("way", ["published", "requested"])
def test_a_closed_day_sells_no_more_seats_of_a_group(
    world: World, instructor: Instructor, way: str
) -> None:
    service_id = world.service(instructor, max_participants=6)
    if way == "published":
        world.publish(instructor, service_id, days=1)
    world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    assert starts(listed(world, instructor, service_id, 1)) == ["27 09:00", "27 10:00", "27 11:00"]
    slot_id = world.value("select slot_id from public.bookings")
    world.closing(instructor, world.now().date())

    assert listed(world, instructor, service_id, 1) == []
    with world.acting_as(None, "anon"):
        assert world.rows("select * from public.bookable_slots") == []
    with world.refusing("PT409", "time_not_offered"):
        world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    with world.refusing(*(("PT409", "slot_taken") if way == "published" else NOT_FOUND)):
        world.book(world.person(), slot_id)


def test_a_slot_that_was_published_on_a_closed_day_is_not_sold(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    world.closing(instructor, world.now().date())
    slot_id = world.slot(service_id, world.in_days(0, 10))
    assert listed(world, instructor, service_id, 1) == []
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person(), slot_id)


def test_a_late_payment_does_not_buy_a_closed_day(world: World, instructor: Instructor) -> None:
    booking = world.booking(instructor, start_at=world.in_days(0, 10))
    booking.open_payment()
    intent = booking.intent()
    world.travel(by=15 * MINUTE)
    world.maintain()
    world.closing(instructor, world.now().date())
    world.deliver("payment_intent.succeeded", intent)
    assert booking.status == "expired"
    assert world.count("public.refunds") == 1


def test_a_withdrawn_group_keeps_who_is_in_it_and_sells_no_other_seat_by_its_id(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=6)
    world.publish(instructor, service_id, days=1)
    booked = world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    arguments = {"p_from": world.now(), "p_to": world.in_days(1, 0)}
    world.call(instructor.user_id, "public.unpublish_slots", p_service_id=service_id, **arguments)
    with world.acting_as(None, "anon"):
        assert world.rows("select * from public.bookable_slots") == []
    booking = world.row("select * from bookings where id = %s", booked["booking_id"])
    assert booking["status"] == "held"


# The instructor's limits


def test_notice_and_horizon_bound_what_is_listed_to_the_second(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    world.connection.execute(
        "update public.instructors set minimum_notice_minutes = 240, horizon_days = 1"
    )
    world.travel(by=timedelta(seconds=1))
    assert starts(listed(world, instructor, service_id, 3)) == ["27 11:00"]
    world.travel(by=-timedelta(seconds=1))
    assert starts(listed(world, instructor, service_id, 3)) == ["27 10:00", "27 11:00"]
    world.travel(by=timedelta(hours=2))
    assert starts(listed(world, instructor, service_id, 3)) == ["28 08:00"]


def test_a_time_is_listed_until_the_moment_at_which_it_begins(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    world.travel(to=world.in_days(0, 9) - timedelta(microseconds=1))
    assert starts(listed(world, instructor, service_id, 1))[0] == "27 09:00"
    world.travel(to=world.in_days(0, 9))
    assert starts(listed(world, instructor, service_id, 1))[0] == "27 10:00"


def test_a_full_day_is_a_day_of_the_instructors_own(world: World) -> None:
    world.travel(to=datetime.fromisoformat("2027-06-01 00:00+00"))
    instructor = world.instructor(time_zone="Pacific/Kiritimati", daily_cap=1)
    world.window(instructor, "22:00", "02:00")
    service_id = world.service(instructor)
    # Ten in the evening of the 3rd on the island.
    world.request(world.person(), instructor, service_id, world.in_days(2, 8))
    rows = world.open_times(instructor, service_id, world.in_days(2, 0), world.in_days(3, 0))
    assert [f"{row['local_start']:%d %H}" for row in rows] == ["04 00", "04 01"]


def test_a_full_day_counts_by_the_lesson_whatever_its_buffers_are_now(
    world: World, instructor: Instructor
) -> None:
    world.window(instructor, "00:00", "01:00")
    world.connection.execute(
        "update public.instructors set daily_cap = 1, buffer_before_minutes = 60"
    )
    service_id = world.service(instructor)
    world.request(world.person(), instructor, service_id, world.in_days(1, 0))
    world.connection.execute("update public.instructors set buffer_before_minutes = 0")
    assert starts(listed(world, instructor, service_id)) == [
        "27 09:00",
        "27 10:00",
        "27 11:00",
        "28 23:00",  # the 29th, in London
    ]


def test_a_full_day_still_takes_learners_into_a_group(world: World, instructor: Instructor) -> None:
    world.connection.execute("update public.instructors set daily_cap = 1")
    service_id = world.service(instructor, max_participants=2)
    world.request(world.person(), instructor, service_id, world.in_days(0, 10))
    assert starts(listed(world, instructor, service_id, 1)) == ["27 10:00"]


@pytest.mark.parametrize(
    "change",
    [
        "instructors set is_active = false",
        "instructors set is_available = false",
        "instructors set verification_status = 'pending'",
        "services set is_active = false",
    ],
)
def test_who_takes_no_bookings_is_not_listed(
    world: World, instructor: Instructor, change: str
) -> None:
    service_id = world.service(instructor)
    assert listed(world, instructor, service_id) != []
    world.connection.execute(f"update public.{change}")
    assert listed(world, instructor, service_id) == []


# What cannot be paid cannot be booked


@pytest.mark.parametrize("price", [1, 24])
def test_a_price_below_what_a_card_can_pay_is_not_listed(
    world: World, instructor: Instructor, price: int
) -> None:
    service_id = world.service(instructor, price_cents=price)
    assert listed(world, instructor, service_id) == []


def test_a_service_without_a_price_in_its_currency_is_not_listed(
    world: World, instructor: Instructor
) -> None:
    assert listed(world, instructor, world.service(instructor, currency="eur")) == []


def test_a_free_lesson_is_listed(world: World, instructor: Instructor) -> None:
    assert len(listed(world, instructor, world.service(instructor, price_cents=0))) == 6


def test_where_a_rate_card_gives_the_only_price_its_dates_are_listed(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, price_cents=10)
    card_id = world.insert(
        "public.rate_cards",
        {
            "org_id": instructor.org_id,
            "name": "Easter",
            "currency": "gbp",
            "valid_from": date(2027, 3, 28),
            "valid_to": date(2027, 3, 28),
        },
    )
    world.insert(
        "public.rate_card_items",
        {
            "org_id": instructor.org_id,
            "rate_card_id": card_id,
            "service_id": service_id,
            "currency": "gbp",
            "price_cents": 5000,
        },
    )
    assert starts(listed(world, instructor, service_id, 4)) == ["28 08:00", "28 09:00", "28 10:00"]
    world.request(world.person(), instructor, service_id, world.in_days(1, 8))
    with world.unchanged(), world.refusing("PT422", "amount_too_small"):
        world.request(world.person(), instructor, service_id, world.in_days(0, 9))


# Page by page


def test_a_long_list_comes_in_pages(world: World, instructor: Instructor) -> None:
    world.window(instructor, "12:00", "24:00")
    service_id = world.service(instructor, duration_minutes=15)
    world.publish(instructor, service_id, days=3)
    start, end = world.now(), world.in_days(40, 0)

    def page(limit: int | None, after: datetime | None = None) -> list[DictRow]:
        return world.ask(
            None,
            "public.list_open_slots",
            p_instructor_id=instructor.id,
            p_service_id=service_id,
            p_from=start,
            p_to=end,
            p_limit=limit,
            p_after=after,
        )

    everything = page(1000)
    assert len(everything) == 1000
    everything += page(1000, everything[-1]["start_at"])
    everything += page(1000, everything[-1]["start_at"])
    assert len({row["start_at"] for row in everything}) == len(everything) == 40 * 15 * 4
    assert world.open_times(instructor, service_id, start, end) == everything[:500]
    assert page(None) == everything[:500]
    seen, after = list[DictRow](), None
    while rows := page(333, after):
        seen += rows
        after = rows[-1]["start_at"]
    assert seen == everything
    assert [len(page(limit)) for limit in (0, -1, 1, 5000)] == [1, 1, 1, 1000]
    for beyond in ("infinity", "294276-12-31 23:59:59.999999+00", end.isoformat()):
        assert page(5, beyond) == []  # type: ignore[arg-type]
    assert page(5, "-infinity") == everything[:5]  # type: ignore[arg-type]


# Questions that make no sense


@pytest.mark.parametrize(("start", "end"), [(-40, -10), (100, 130), (-60, 2), (80, 110)])
def test_ranges_in_the_past_and_beyond_the_horizon_are_merely_empty_there(
    world: World, instructor: Instructor, start: int, end: int
) -> None:
    service_id = world.service(instructor)
    rows = world.open_times(instructor, service_id, world.in_days(start, 0), world.in_days(end, 0))
    today, horizon = 0, 90
    expected = max(0, min(end, horizon) - max(start, today)) * 3
    assert len(rows) == expected


def ask(world: World, *arguments: Any) -> None:
    with world.acting_as(None, "anon"):
        world.rows("select * from public.list_open_slots(%s, %s, %s, %s)", *arguments)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, "2027-04-01"),
        ("2027-04-01", None),
        ("2027-04-01", "2027-04-01"),
        ("2027-04-02", "2027-04-01"),
        ("-infinity", "2027-04-01"),
        ("2027-04-01", "infinity"),
        ("infinity", "infinity"),
        ("2027-04-01", "2028-05-05"),
    ],
)
def test_ranges_without_an_end_or_too_long_are_refused(
    world: World, instructor: Instructor, start: str | None, end: str | None
) -> None:
    service_id = world.service(instructor)
    with world.unchanged(), world.refusing("PT422", "bad_time_range"):
        ask(world, instructor.id, service_id, start, end)


def test_unknown_and_foreign_services_are_refused(world: World, instructor: Instructor) -> None:
    own, foreign = world.service(instructor), world.service(world.instructor())
    at_school = world.instructor(org_id=world.organization())
    for instructor_id, service_id in (
        (instructor.id, foreign),
        (instructor.id, uuid4()),
        (uuid4(), own),
        (at_school.id, own),
        (None, own),
        (instructor.id, None),
    ):
        with world.refusing("PT404", "service_not_found"):
            ask(world, instructor_id, service_id, world.in_days(0), world.in_days(1))
