"""A hold freezes the price, keeps the time until its deadline, and blocks nothing after it.
The limits within which a published time can be booked, to the second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import World

QUARTER = timedelta(minutes=15)


# The price


def test_the_price_is_frozen_when_the_time_is_held(world: World) -> None:
    booking = world.booking()
    frozen = booking.columns
    world.connection.execute("update public.services set price_cents = 9900")
    world.connection.execute("update public.instructors set hourly_rate_cents = 9900")
    world.connection.execute(
        "update public.organizations set fee_bps = 5000, fee_mode = 'included'"
    )
    world.connection.execute("update public.instructor_details set fee_bps = 2500")

    assert booking.open_payment()["amount_cents"] == 5310
    assert booking.pay() == "processed"
    paid = booking.columns
    prices = [name for name in frozen if name.endswith("_cents") or name.startswith("fee_")]
    assert {name: paid[name] for name in prices} == {name: frozen[name] for name in prices}
    assert world.ledger()["platform_fees"] == -810


def test_the_hourly_rate_is_of_the_lessons_length_rounded_half_up(world: World) -> None:
    booking = world.booking(world.instructor(hourly_rate_cents=3334), duration_minutes=45)
    assert booking.columns["price_cents"] == 2501


# The deadline


def test_a_hold_lasts_for_the_organizations_checkout_minutes(world: World) -> None:
    assert world.booking().columns["hold_expires_at"] == world.now() + QUARTER


def test_a_hold_ends_with_the_start_of_the_lesson_at_the_latest(world: World) -> None:
    start_at = world.now() + timedelta(minutes=5)
    assert world.booking(start_at=start_at).columns["hold_expires_at"] == start_at


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_expired_hold_does_not_block_its_slot(world: World, is_swept: bool) -> None:
    booking = world.booking()
    world.travel(by=QUARTER)
    if is_swept:
        world.maintain()
    world.book(world.person("Cleo"), booking.slot_id)
    assert booking.status == "expired"


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_expired_hold_does_not_block_its_instructor(world: World, is_swept: bool) -> None:
    booking = world.booking()
    overlapping = world.slot(world.service(booking.instructor), world.in_days(2, 10, 30))
    world.travel(by=QUARTER)
    if is_swept:
        world.maintain()
    world.book(world.person("Cleo"), overlapping)
    assert booking.status == "expired"


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_expired_hold_does_not_block_its_learner(world: World, is_swept: bool) -> None:
    booking = world.booking()
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(2))
    world.travel(by=QUARTER)
    if is_swept:
        world.maintain()
    world.book(booking.learner, elsewhere)
    assert booking.status == "expired"


def test_an_expired_hold_with_the_widest_buffers_does_not_block(world: World) -> None:
    instructor = world.instructor(buffer_before_minutes=240, buffer_after_minutes=240)
    booking = world.booking(instructor)
    near = world.slot(world.service(instructor), world.in_days(2, 18, 59))
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), near)
    world.travel(by=QUARTER)
    world.book(world.person("Cleo"), near)
    assert booking.status == "expired"


def test_an_expired_hold_far_from_the_wanted_time_is_left_to_the_sweep(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER)
    world.book(
        world.person("Cleo"), world.slot(world.service(booking.instructor), world.in_days(9))
    )
    assert booking.status == "held"


def test_a_hold_blocks_until_the_second_of_its_deadline(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER - timedelta(seconds=1))
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), booking.slot_id)


# A learner's own limits


def test_a_learner_holds_three_unpaid_times_and_no_more(world: World) -> None:
    learner = world.person("Ben")
    first, second, third, fourth = (
        world.slot(world.service(world.instructor()), world.in_days(day)) for day in (2, 3, 4, 5)
    )
    for slot_id in (first, second, third):
        world.book(learner, slot_id)
    with world.unchanged(), world.refusing("PT409", "too_many_holds"):
        world.book(learner, fourth)
    world.book(world.person("Cleo"), fourth)


def test_a_paid_booking_is_no_open_hold(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    service_id = world.service(world.instructor())
    for day in (3, 4, 5):
        world.book(booking.learner, world.slot(service_id, world.in_days(day)))
    assert world.value("select count(*) from public.bookings where status = 'held'") == 3


def test_expired_holds_are_no_open_holds(world: World) -> None:
    learner, service_id = world.person("Ben"), world.service(world.instructor())
    for day in (2, 3, 4):
        world.book(learner, world.slot(service_id, world.in_days(day)))
    world.travel(by=QUARTER)
    world.book(learner, world.slot(service_id, world.in_days(5)))
    assert world.value("select count(*) from public.bookings where status = 'held'") == 1


def test_open_holds_in_another_organization_count_too(world: World) -> None:
    learner, school = world.person("Ben"), world.organization()
    world.learner(school, learner)
    service_id = world.service(world.instructor(org_id=school))
    for day in (2, 3, 4):
        world.book(learner, world.slot(service_id, world.in_days(day)))
    elsewhere = world.slot(world.service(world.instructor()), world.in_days(5))
    with world.refusing("PT409", "too_many_holds"):
        world.book(learner, elsewhere)


def test_a_learner_cannot_have_two_lessons_at_once(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    overlapping = world.slot(world.service(world.instructor()), world.in_days(2, 10, 59))
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.book(booking.learner, overlapping)


def test_a_learner_cannot_have_two_lessons_at_once_in_two_organizations(world: World) -> None:
    booking = world.booking()
    school = world.organization()
    world.learner(school, booking.learner)
    elsewhere = world.slot(world.service(world.instructor(org_id=school)), world.in_days(2, 9, 30))
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.book(booking.learner, elsewhere)


def test_one_lesson_may_begin_when_another_ends(world: World) -> None:
    booking = world.booking()
    world.book(booking.learner, world.slot(world.service(world.instructor()), world.in_days(2, 11)))
    world.book(world.person(), world.slot(world.service(booking.instructor), world.in_days(2, 11)))
    assert world.count("public.bookings") == 3


# The instructor's calendar


def test_two_lessons_of_one_instructor_never_overlap(world: World) -> None:
    booking = world.booking()
    overlapping = world.slot(world.service(booking.instructor), world.in_days(2, 9, 1))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), overlapping)


@pytest.mark.parametrize(
    ("before", "after", "minute", "is_free"),
    [
        (0, 15, 14, False),
        (0, 15, 15, True),
        (15, 0, 14, False),
        (15, 0, 15, True),
        (10, 20, 29, False),
        (10, 20, 30, True),
    ],
)
def test_buffers_are_kept_free_between_lessons(
    world: World, before: int, after: int, minute: int, is_free: bool
) -> None:
    instructor = world.instructor(buffer_before_minutes=before, buffer_after_minutes=after)
    world.booking(instructor)
    next_slot = world.slot(world.service(instructor), world.in_days(2, 11, minute))
    if is_free:
        world.book(world.person("Cleo"), next_slot)
    else:
        with world.refusing("PT409", "slot_taken"):
            world.book(world.person("Cleo"), next_slot)


def test_one_login_teaching_in_two_organizations_has_one_calendar(world: World) -> None:
    booking = world.booking()
    school = world.organization()
    at_school = world.instructor(org_id=school, user_id=booking.instructor.user_id)
    pupil = world.person("Cleo")
    world.learner(school, pupil)
    overlapping = world.slot(world.service(at_school), world.in_days(2, 10, 30))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(pupil, overlapping)
    world.book(pupil, world.slot(world.service(at_school), world.in_days(2, 11)))


def test_two_instructors_without_login_have_calendars_of_their_own(world: World) -> None:
    school = world.organization()
    first, second = (world.instructor(org_id=school) for _ in range(2))
    world.connection.execute("update public.instructors set user_id = null")
    world.connection.execute("update public.instructors set verification_status = 'verified'")
    for instructor in (first, second):
        pupil = world.person()
        world.learner(school, pupil)
        world.book(pupil, world.slot(world.service(instructor)))
    assert taught_times(world) == 2


def taught_times(world: World) -> int:
    number: int = world.value(
        "select count(*) from private.person_calendar where slot_id is not null"
    )
    return number


# Groups


def test_a_group_lesson_has_as_many_seats_as_the_service_says(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor(), max_participants=3))
    for _ in range(3):
        world.book(world.person(), slot_id)
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(world.person(), slot_id)
    assert taught_times(world) == 1


def test_a_seat_that_comes_free_can_be_booked_again(world: World) -> None:
    first = world.booking(max_participants=2)
    world.travel(by=timedelta(minutes=10))
    world.book(world.person("Cleo"), first.slot_id)
    world.travel(by=timedelta(minutes=6))
    world.book(world.person("Dora"), first.slot_id)
    assert first.status == "expired"
    assert world.value("select current_bookings from public.bookable_slots") == 2


def test_the_last_seat_that_comes_free_frees_the_instructor(world: World) -> None:
    first = world.booking(max_participants=2)
    world.book(world.person("Cleo"), first.slot_id)
    world.travel(by=QUARTER)
    world.maintain()
    assert world.count("private.person_calendar") == 0
    overlapping = world.slot(world.service(first.instructor), world.in_days(2, 10, 30))
    world.book(world.person("Dora"), overlapping)


def test_a_group_lesson_occupies_its_instructor(world: World) -> None:
    group = world.booking(max_participants=5)
    overlapping = world.slot(world.service(group.instructor), world.in_days(2, 10, 30))
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), overlapping)


def test_a_group_lesson_finds_no_seat_where_its_instructor_is_taken(world: World) -> None:
    single = world.booking()
    group = world.slot(
        world.service(single.instructor, max_participants=5), world.in_days(2, 10, 30)
    )
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), group)


SECOND = timedelta(seconds=1)


def test_a_slot_can_be_booked_until_the_second_in_which_it_begins(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    start_at = world.in_days(2)
    world.travel(to=start_at)
    with world.refusing("PT422", "slot_in_the_past"):
        world.book(world.person(), slot_id)
    world.travel(to=start_at - SECOND)
    world.book(world.person(), slot_id)


def test_the_instructors_notice_counts_to_the_second(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor(minimum_notice_minutes=120)))
    last_moment = world.in_days(2) - timedelta(hours=2)
    world.travel(to=last_moment + SECOND)
    with world.refusing("PT422", "too_short_notice"):
        world.book(world.person(), slot_id)
    world.travel(to=last_moment)
    world.book(world.person(), slot_id)


def test_the_instructors_horizon_counts_to_the_second(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor(horizon_days=30)), world.in_days(40))
    first_moment = world.in_days(40) - timedelta(days=30)
    world.travel(to=first_moment - SECOND)
    with world.refusing("PT422", "too_far_ahead"):
        world.book(world.person(), slot_id)
    world.travel(to=first_moment)
    world.book(world.person(), slot_id)


def test_the_sessions_time_zone_does_not_move_the_horizon(world: World) -> None:
    """A day of the horizon has 24 hours, also where the clocks change within it."""
    world.travel(to=datetime(2027, 3, 20, 10, tzinfo=UTC))
    slot_id = world.slot(world.service(world.instructor(horizon_days=30)), world.in_days(30))
    world.connection.execute("set local time zone 'Europe/London'")
    world.book(world.person(), slot_id)


@pytest.mark.parametrize(
    "change",
    [
        "is_active = false",
        "is_available = false",
        "verification_status = 'pending'",
        "verification_status = 'rejected'",
    ],
)
def test_an_instructor_takes_no_bookings(world: World, change: str) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    world.connection.execute(f"update public.instructors set {change}")
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.book(world.person(), slot_id)


def test_a_lesson_that_is_not_offered_any_more_keeps_the_bookings_it_has(world: World) -> None:
    booking = world.booking()
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("update public.instructors set is_available = false")
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"
