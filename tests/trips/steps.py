"""A lesson on the road, and the points that a phone sends of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, cos, pi, radians, sin, sqrt
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.factories import Booking, World

LEEDS = (53.8, -1.55)
EARTH = 6_371_008.8
Point = dict[str, Any]


@dataclass(frozen=True)
class Trip:
    world: World
    booking: Booking
    id: UUID

    @property
    def columns(self) -> dict[str, Any]:
        return self.world.row("select * from public.trips where id = %s", self.id)

    @property
    def start(self) -> datetime:
        start: datetime = self.booking.columns["start_at"]
        return start

    def send(
        self, points: object, by: UUID | None = None, sent_at: datetime | str | None = None
    ) -> list[datetime]:
        new: list[datetime] = self.world.call(
            by or self.booking.instructor.user_id,
            "public.record_trip_points",
            p_trip_id=self.id,
            p_points=Jsonb(points),
            p_sent_at=sent_at,
        )
        return new

    def finish(self, by: UUID | None = None) -> dict[str, Any]:
        caller = by or self.booking.instructor.user_id
        (measured,) = self.world.ask(caller, "public.finish_trip", p_trip_id=self.id)
        return measured

    def drive(self, meters: float, seconds: int, **columns: Any) -> list[Point]:
        """Points of a straight drive northwards from the start of the lesson, one a second."""
        return [
            point(
                self.start + timedelta(seconds=second), north=meters * second / seconds, **columns
            )
            for second in range(seconds + 1)
        ]


def on_the_road(world: World, booking: Booking | None = None) -> Trip:
    """A trip that has just been started, with its lesson."""
    booking = booking or world.booking()
    if booking.status == "held":
        booking.pay()
    booking.start()
    trip_id = world.call(booking.instructor.user_id, "public.start_trip", p_booking_id=booking.id)
    return Trip(world, booking, trip_id)


def point(at: datetime, *, north: float = 0, east: float = 0, **columns: Any) -> Point:
    """A point so many metres from the middle of Leeds."""
    lat = LEEDS[0] + north / EARTH * 180 / pi
    lng = LEEDS[1] + east / EARTH / cos(radians(LEEDS[0])) * 180 / pi
    return {"ts": at.isoformat(), "lat": lat, "lng": lng, **columns}


def meters(points: Iterable[tuple[float, float]]) -> float:
    """The length of a line of (latitude, longitude), worked out apart from the database."""
    places = [(radians(lat), radians(lng)) for lat, lng in points]
    total = 0.0
    for (lat, lng), (other_lat, other_lng) in pairwise(places):
        half = sin((other_lat - lat) / 2) ** 2
        half += cos(lat) * cos(other_lat) * sin((other_lng - lng) / 2) ** 2
        total += 2 * EARTH * asin(sqrt(half))
    return total
