"""Who sees where a lesson led, as a line and as points."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import Booking, World
from tests.schools.conftest import School
from tests.trips.steps import Trip, on_the_road, point


def geojson(world: World, user_id: UUID, trip: Trip) -> dict[str, object]:
    found: dict[str, object] = world.call(user_id, "public.trip_geojson", p_trip_id=trip.id)
    return found


@pytest.fixture
def trip(world: World) -> Trip:
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    trip.send(trip.drive(3000, 200))
    return trip


def test_a_trip_is_a_feature_with_a_line(world: World, trip: Trip) -> None:
    trip.finish()
    feature = geojson(world, trip.booking.learner, trip)
    assert (feature["type"], feature["id"]) == ("Feature", str(trip.id))
    geometry = feature["geometry"]
    assert isinstance(geometry, dict)
    assert geometry["type"] == "LineString"
    (start_lng, start_lat), *_, (end_lng, end_lat) = geometry["coordinates"]
    assert (start_lng, start_lat, end_lng) == (-1.55, 53.8, -1.55)
    assert end_lat == pytest.approx(53.8 + 3000 / 111_195, abs=0.0002)
    properties = feature["properties"]
    assert isinstance(properties, dict)
    assert properties["distance_meters"] == trip.columns["distance_meters"]


def test_an_open_trip_shows_the_way_until_now(world: World, trip: Trip) -> None:
    shown = geojson(world, trip.booking.learner, trip)["geometry"]
    trip.finish()
    assert shown == geojson(world, trip.booking.learner, trip)["geometry"]


def test_without_places_there_is_no_line(world: World) -> None:
    trip = on_the_road(world)
    assert geojson(world, trip.booking.learner, trip)["geometry"] is None
    trip.send([point(trip.start)])
    trip.finish()
    assert geojson(world, trip.booking.learner, trip)["geometry"] is None


def test_points_come_in_pages(world: World, trip: Trip) -> None:
    learner, seen = trip.booking.learner, []
    after = None
    while page := world.ask(
        learner, "public.list_trip_points", p_trip_id=trip.id, p_after=after, p_limit=90
    ):
        seen += [row["ts"] for row in page]
        after = seen[-1]
    assert seen == [trip.start + timedelta(seconds=second) for second in range(201)]


def test_who_may_see_a_trip(world: World, trip: Trip) -> None:
    learner_id = trip.booking.columns["learner_id"]
    world.connection.execute(
        "update public.learner_details set date_of_birth = (private.clock() - interval '17 years')"
        " where learner_id = %s",
        [learner_id],
    )
    viewer, booker = world.guardian(learner_id, view=True), world.guardian(learner_id, book=True)
    for user_id in (trip.booking.learner, trip.booking.instructor.user_id, viewer):
        assert geojson(world, user_id, trip)
        assert world.ask(user_id, "public.list_trip_points", p_trip_id=trip.id)
        with world.acting_as(user_id):
            assert world.rows("select id from public.trips")
    # An admin sees the trip, as evidence of the lesson, and not every step of it.
    admin = world.admin()
    assert geojson(world, admin, trip)
    for user_id in (admin, booker, world.person(), world.instructor().user_id):
        with world.refusing("PT404", "trip_not_found"):
            world.ask(user_id, "public.list_trip_points", p_trip_id=trip.id)
    with world.refusing("PT404", "trip_not_found"):
        geojson(world, world.person(), trip)


def test_who_left_the_school_sees_its_trips_no_more(school: School) -> None:
    world = school.world
    instructor = school.instructor
    person = world.member(school.id, "learner")
    world.learner(school.id, person)
    slot_id = world.slot(world.service(instructor))
    booked = world.book(person, slot_id)
    booking = Booking(world, booked["booking_id"], person, instructor, slot_id)
    trip = on_the_road(world, booking)
    world.travel(to=booking.columns["end_at"])
    trip.send(trip.drive(3000, 200))
    trip.finish()
    booking.world.call(instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    assert geojson(world, instructor.user_id, trip)
    world.call(
        instructor.user_id,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=instructor.user_id,
        p_role="instructor",
    )
    with world.acting_as(instructor.user_id):
        assert world.rows("select id from public.trips") == []
    for function in ("public.trip_geojson", "public.list_trip_points", "public.finish_trip"):
        with world.refusing("PT404", "trip_not_found"):
            world.call(instructor.user_id, function, p_trip_id=trip.id)
    with world.refusing("PT404", "trip_not_found"):
        trip.send([point(trip.start)])
    assert geojson(world, person, trip)
