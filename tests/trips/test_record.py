"""A trip takes the points of its lesson, from its instructor, in any order, each once."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.factories import World
from tests.trips.steps import on_the_road, point


def test_a_trip_belongs_to_its_lesson(world: World) -> None:
    trip = on_the_road(world)
    lesson = world.row("select * from public.lessons")
    row = trip.columns
    assert (row["lesson_id"], row["instructor_id"], row["learner_id"]) == (
        lesson["id"],
        lesson["instructor_id"],
        lesson["learner_id"],
    )
    assert (row["started_at"], row["ended_at"], row["distance_meters"]) == (world.now(), None, None)


def test_starting_twice_is_one_trip(world: World) -> None:
    trip = on_the_road(world)
    again = world.call(
        trip.booking.instructor.user_id, "public.start_trip", p_booking_id=trip.booking.id
    )
    assert again == trip.id
    trip.finish()
    another = world.call(
        trip.booking.instructor.user_id, "public.start_trip", p_booking_id=trip.booking.id
    )
    assert another != trip.id


def test_no_trip_before_its_lesson(world: World) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "lesson_not_in_progress"):
        world.call(booking.instructor.user_id, "public.start_trip", p_booking_id=booking.id)


def test_no_trip_after_its_lesson(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.start()
    world.travel(to=booking.columns["end_at"] + timedelta(minutes=30))
    with world.unchanged(), world.refusing("PT409", "lesson_not_in_progress"):
        world.call(booking.instructor.user_id, "public.start_trip", p_booking_id=booking.id)


def test_the_new_ones_of_a_batch_are_told(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=10))
    times = [trip.start + timedelta(seconds=second) for second in range(6)]
    assert trip.send([point(at) for at in times[:4]]) == times[:4]
    # The phone got no answer, and sends the batch again with what came meanwhile, twice in one.
    assert trip.send([point(at, north=9) for at in times + times]) == times[4:]
    assert trip.send([point(at) for at in times]) == []
    assert trip.send([]) == []
    kept = world.rows("select ts, lat from private.trip_points order by ts")
    assert [row["ts"] for row in kept] == times
    assert kept[0]["lat"] == kept[3]["lat"] != kept[4]["lat"]


def test_a_point_is_kept_as_it_was_sent(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(hours=1, minutes=20))
    sent = {"ts": "2026-06-12T10:00:07.25Z", "lat": "51.50070049", "lng": -0.1246}
    sent |= {"ts": (trip.start + timedelta(seconds=7.25)).isoformat(), "speed_kph": 31.456}
    trip.send([sent | {"accuracy_meters": 6, "battery": "full"}])
    row = world.row("select * from private.trip_points")
    assert [str(row[name]) for name in ("lat", "lng", "speed_kph", "accuracy_meters")] == [
        "51.500700",
        "-0.124600",
        "31.46",
        "6.00",
    ]
    assert row["ts"] == trip.start + timedelta(seconds=7.25)
    assert row["received_at"] == world.now()


def test_a_thousand_points_are_a_batch_and_no_more(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=30))
    points = [point(trip.start + timedelta(seconds=second)) for second in range(1001)]
    with world.unchanged(), world.refusing("PT422", "too_many_points"):
        trip.send(points)
    assert len(trip.send(points[:1000])) == 1000


def test_ten_megabytes_are_refused(world: World) -> None:
    trip = on_the_road(world)
    with world.unchanged(), world.refusing("PT422", "too_many_points"):
        trip.send([point(trip.start)] * 100_000)


@pytest.mark.slow
def test_a_million_points_are_refused(world: World) -> None:
    trip = on_the_road(world)
    with world.unchanged(), world.refusing("PT422", "too_many_points"):
        trip.send([{}] * 1_000_000)


@pytest.mark.parametrize(
    "change",
    [
        {"lat": 90.000001},
        {"lat": -91},
        {"lng": 180.5},
        {"lng": 1e300},
        {"lat": None},
        {"lng": None},
        {"ts": None},
        {"ts": "yesterday, at noon"},
        {"lat": "NaN"},
        {"speed_kph": -1},
        {"speed_kph": "NaN"},
        {"accuracy_meters": -1},
        {"speed_kph": {}},
    ],
)
def test_what_is_no_point_is_refused_with_its_batch(
    world: World, change: dict[str, object]
) -> None:
    trip = on_the_road(world)
    good = point(trip.start)
    with world.unchanged(), world.refusing("PT422", "bad_point"):
        trip.send([good, point(trip.start + timedelta(seconds=1)) | change])


@pytest.mark.parametrize("points", [{}, "x", 7, None, [7], ["x"], [[]], [None]])
def test_what_is_no_list_of_points_is_refused(world: World, points: object) -> None:
    trip = on_the_road(world)
    with world.unchanged(), world.refusing("PT422", "bad_point"):
        trip.send(points)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (timedelta(minutes=10), None),
        (timedelta(minutes=12), None),
        (timedelta(minutes=12, seconds=1), "point_in_future"),
        (timedelta(days=3650), "point_in_future"),
        (timedelta(minutes=-2), None),
        (timedelta(minutes=-2, seconds=-1), "point_outside_lesson"),
        (timedelta(days=-365), "point_outside_lesson"),
    ],
)
def test_points_are_of_the_lesson_and_not_of_the_future(
    world: World, at: timedelta, code: str | None
) -> None:
    """The phone's clock may be two minutes wrong."""
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=10))
    points = [point(trip.start), point(trip.start + at)]
    if code is None:
        assert trip.start + at in trip.send(points)
    else:
        with world.unchanged(), world.refusing("PT422", code):
            trip.send(points)


@pytest.mark.parametrize("fast", [timedelta(minutes=10), -timedelta(hours=1), timedelta(hours=23)])
def test_a_phone_says_what_its_clock_shows(world: World, fast: timedelta) -> None:
    """Its points are of the lesson then, though its clock is wrong, and stay as they were sent."""
    trip = on_the_road(world)
    now = world.travel(by=timedelta(minutes=10))
    points = [point(trip.start + fast), point(now + fast)]
    code = "point_in_future" if fast > timedelta() else "point_outside_lesson"
    with world.unchanged(), world.refusing("PT422", code):
        trip.send(points)
    assert trip.send(points, sent_at=now + fast) == [trip.start + fast, now + fast]
    assert trip.columns["phone_skew_seconds"] == -fast.total_seconds()
    assert trip.send(points, sent_at=now + fast + timedelta(seconds=9)) == []
    assert trip.columns["phone_skew_seconds"] == -fast.total_seconds()
    trip.send(points, sent_at=now + fast + timedelta(seconds=10))
    trip.send([])
    assert trip.columns["phone_skew_seconds"] == -fast.total_seconds() - 10


@pytest.mark.parametrize(
    ("at", "code"), [(133, "point_in_future"), (-121, "point_outside_lesson"), (130, None)]
)
def test_by_its_own_clock_nothing_is_of_the_future(world: World, at: int, code: str | None) -> None:
    trip = on_the_road(world)
    fast = timedelta(minutes=30)
    world.travel(by=timedelta(seconds=10))
    points = [point(trip.start + fast + timedelta(seconds=at))]
    sent_at = trip.start + fast + timedelta(seconds=10)
    if code is None:
        assert len(trip.send(points, sent_at=sent_at)) == 1
    else:
        with world.unchanged(), world.refusing("PT422", code):
            trip.send(points, sent_at=sent_at)


@pytest.mark.parametrize("sent_at", ["infinity", "-infinity", "2017-06-01T10:00:00Z"])
def test_a_clock_that_is_days_wrong_is_to_be_set(world: World, sent_at: str) -> None:
    trip = on_the_road(world)
    with world.unchanged(), world.refusing("PT422", "bad_clock"):
        trip.send([point(trip.start)], sent_at=sent_at)


@pytest.mark.parametrize(("after", "is_taken"), [(29, True), (31, False)])
@pytest.mark.parametrize("ends_early", [False, True])
def test_half_an_hour_after_the_lesson_nothing_is_tracked(
    world: World, after: int, is_taken: bool, ends_early: bool
) -> None:
    trip = on_the_road(world)
    end = trip.booking.columns["end_at"]
    if ends_early:
        end = world.travel(by=timedelta(minutes=20))
        world.call(trip.booking.learner, "public.complete_lesson", p_booking_id=trip.booking.id)
    at = end + timedelta(minutes=after)
    world.travel(to=at + timedelta(hours=3))
    if is_taken:
        assert trip.send([point(at)]) == [at]
    else:
        with world.unchanged(), world.refusing("PT422", "point_outside_lesson"):
            trip.send([point(at)])


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "2035-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(world: World, moment: str) -> None:
    trip = on_the_road(world)
    code = "point_outside_lesson" if moment == "-infinity" else "point_in_future"
    with world.unchanged(), world.refusing("PT422", code):
        trip.send([point(trip.start) | {"ts": moment}])


def test_a_trip_is_its_instructors_alone(world: World) -> None:
    trip = on_the_road(world)
    strangers = [world.instructor().user_id, trip.booking.learner, world.admin(), world.person()]
    for stranger in strangers:
        with world.unchanged(), world.refusing("PT404", "trip_not_found"):
            trip.send([point(trip.start)], stranger)
        with world.unchanged(), world.refusing("PT404", "trip_not_found"):
            trip.finish(stranger)
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            world.call(stranger, "public.start_trip", p_booking_id=trip.booking.id)
    with world.unchanged(), world.refusing("PT404", "trip_not_found"):
        world.call(trip.booking.instructor.user_id, "public.finish_trip", p_trip_id=uuid4())


def test_late_batches_are_taken_for_a_week(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=30))
    trip.finish()
    world.travel(by=timedelta(days=7))
    trip.send([point(trip.start)])
    world.travel(by=timedelta(microseconds=1))
    with world.unchanged(), world.refusing("PT409", "trip_closed"):
        trip.send([point(trip.start + timedelta(seconds=1))])


def test_the_order_of_arrival_means_nothing(world: World) -> None:
    """A drive in shuffled batches, some of them after the end, measures as it would at once."""
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=10))
    points = trip.drive(5000, 400)
    shuffled = random.Random(7).sample(points, len(points))
    for first in range(0, 300, 50):
        trip.send(shuffled[first : first + 50])
    assert trip.finish()["distance_meters"] < 5000
    for first in range(300, len(points), 25):
        trip.send(shuffled[first : first + 25])
    late = trip.columns
    assert 4990 <= late["distance_meters"] <= 5000
    assert late["point_count"] == 401

    world.travel(to=datetime(2026, 8, 1, tzinfo=UTC))
    at_once = on_the_road(world, world.booking(start_at=world.in_days(2)))
    world.travel(by=timedelta(minutes=10))
    at_once.send(at_once.drive(5000, 400))
    assert at_once.finish()["distance_meters"] == late["distance_meters"]
    assert at_once.columns["line"] == late["line"]


def test_points_lie_in_the_partition_of_their_month(world: World) -> None:
    world.maintain()
    trip = on_the_road(world)
    trip.send([point(trip.start)])
    where = world.value("select tableoid::regclass::text from private.trip_points")
    assert where == f"private.trip_points_{trip.start:%Y_%m}"
    concerns = {row["concern"] for row in world.serve("jobs", "private.needs_attention")}
    assert "default_partition_used" not in concerns


def test_without_maintenance_no_point_is_lost_and_somebody_is_told(world: World) -> None:
    world.travel(to=datetime(2031, 6, 10, tzinfo=UTC))
    trip = on_the_road(world)
    trip.send([point(trip.start)])
    assert world.count("private.trip_points_default") == 1
    concerns = {row["concern"] for row in world.serve("jobs", "private.needs_attention")}
    assert "default_partition_used" in concerns
