"""Everything listed can be booked at that instant, nothing bookable is left out, nothing overlaps.

Calendars are drawn around changes of the clocks, listed, and compared with open_times.py, which
works them out again in Python. Then some of what is listed is booked, through either door, hold
or paid, and the next listing is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bookings.open_times import Calendar, OpenTime, Span
from tests.factories import MARKETPLACE, Instructor, World, refusal

# The days on which clocks change in 2027; in Kiritimati they never do.
CHANGES = {
    "Europe/London": [date(2027, 3, 28), date(2027, 10, 31)],
    "America/New_York": [date(2027, 3, 14), date(2027, 11, 7)],
    "Australia/Sydney": [date(2027, 4, 4), date(2027, 10, 3)],
    "Pacific/Kiritimati": [date(2027, 6, 30), date(2027, 12, 31)],
}
PLACES = [(zone, on) for zone, dates in CHANGES.items() for on in dates]
DAY = timedelta(days=1)
NOT_OPEN = {
    "time_not_offered",
    "slot_taken",
    "slot_in_the_past",
    "too_short_notice",
    "too_far_ahead",
}


@dataclass(frozen=True)
class Place:
    """Where and when a calendar is drawn."""

    zone: str
    on: date

    @property
    def midnight(self) -> datetime:
        return datetime.combine(self.on, time(), ZoneInfo(self.zone)).astimezone(UTC)


def clock_times(minute: int, length: int) -> tuple[str, str]:
    """The times at which a range begins and ends, as Postgres reads them."""
    end = minute + length
    return f"{minute // 60:02}:{minute % 60:02}", (
        "24:00" if end == 1440 else f"{end % 1440 // 60:02}:{end % 60:02}"
    )


ranges = st.builds(
    clock_times,
    # Half of all calendars open at night, when the clocks change.
    st.one_of(st.integers(0, 16), st.integers(0, 95)).map(lambda quarter: 15 * quarter),
    st.integers(1, 60).map(lambda quarter: 15 * quarter),
)
days = st.integers(-1, 2)
buffers = st.sampled_from([0, 0, 5, 15, 30])


def dates(place: Place) -> st.SearchStrategy[date]:
    return days.map(lambda number: place.on + number * DAY)


def zones(place: Place) -> st.SearchStrategy[str]:
    return st.sampled_from([place.zone] * 7 + list(CHANGES))


@st.composite
def windows(draw: st.DrawFn, place: Place) -> dict[str, Any]:
    start, end = draw(ranges)
    bounds = st.one_of(st.none(), st.none(), dates(place))
    first, last = draw(bounds), draw(bounds)
    if first is not None and last is not None:
        first, last = min(first, last), max(first, last)
    return {
        "day_of_week": draw(dates(place)).isoweekday() % 7,
        "start_time": start,
        "end_time": end,
        "time_zone": draw(zones(place)),
        "effective_from": first,
        "effective_to": last,
        "is_active": draw(st.sampled_from([True] * 5 + [False])),
    }


@st.composite
def exceptions(draw: st.DrawFn, place: Place) -> dict[str, Any]:
    start, end = draw(st.one_of(st.just(("00:00", "24:00")), ranges, ranges, ranges))
    first, last = sorted([draw(dates(place)), draw(dates(place))])
    return {
        "on_date": first,
        "last_date": draw(st.sampled_from([None, None, last])),
        "is_available": draw(st.booleans()),
        "start_time": start,
        "end_time": end,
        "time_zone": draw(zones(place)),
    }


instructors = st.fixed_dictionaries(
    {
        "buffer_before_minutes": buffers,
        "buffer_after_minutes": buffers,
        "minimum_notice_minutes": st.sampled_from([0, 0, 0, 90, 1440]),
        "horizon_days": st.sampled_from([1, 2, 3, 90]),
        "daily_cap": st.sampled_from([None, None, 1, 2]),
    }
)
services = st.fixed_dictionaries(
    {
        "duration_minutes": st.sampled_from([15, 30, 45, 60, 60, 90, 300]),
        "max_participants": st.sampled_from([1, 1, 1, 3]),
        "price_cents": st.sampled_from([0, 4500]),
    }
)


Offer = tuple[Instructor, UUID]


@dataclass
class Marketplace:
    """Somebody who gives two services in the marketplace, and one at a school.

    The same person learns from a tutor, who is there at all hours.
    """

    world: World
    place: Place
    at_school: Instructor
    offers: list[Offer]
    tutoring: Offer

    @property
    def span(self) -> Span:
        return Span(self.place.midnight - 2 * DAY, self.place.midnight + 3 * DAY)

    def listed(self, instructor: Instructor, service_id: UUID) -> list[OpenTime]:
        """What is listed, which must be what the oracle says."""
        span = self.span
        rows = self.world.open_times(instructor, service_id, span.start, span.end)
        listed = [OpenTime(**row) for row in rows]
        calendar = Calendar(self.world, instructor.id, service_id)
        assert listed == calendar.open_times(span.start, span.end)
        return listed

    def learner(self) -> UUID:
        """Somebody who may book at both places."""
        user_id = self.world.person()
        self.world.learner(self.at_school.org_id, user_id)
        return user_id

    def book(self, offer: Offer, time: OpenTime, *, by_slot: bool) -> None:
        """Books a listed time, which must be as it was listed."""
        instructor, service_id = offer
        if by_slot:
            assert time.slot_id is not None
            booked = self.world.book(self.learner(), time.slot_id)
        else:
            booked = self.world.request(self.learner(), instructor, service_id, time.start_at)
        booking = self.world.row("select * from bookings where id = %s", booked["booking_id"])
        assert (booking["start_at"], booking["end_at"]) == (time.start_at, time.end_at)
        service = self.world.row("select * from services where id = %s", service_id)
        minutes = (time.end_at - time.start_at) // timedelta(minutes=1)
        assert booking["price_cents"] == half_up(
            service["price_cents"] * minutes, service["duration_minutes"]
        )
        assert time.slot_id in (None, booking["slot_id"])

    def refusal_of(self, offer: Offer, at: datetime) -> str:
        """Why a time cannot be booked; '' if it can."""
        instructor, service_id = offer
        learner = self.learner()
        try:
            with undone(self.world):
                self.world.request(learner, instructor, service_id, at)
        except psycopg.Error as error:
            return refusal(error).code
        return ""

    def raster(self) -> set[datetime]:
        """Every quarter of an hour, and the second after it."""
        span, quarter = self.span, timedelta(minutes=15)
        quarters = range((span.end - span.start) // quarter)
        times = {span.start + number * quarter for number in quarters}
        return times | {at + timedelta(seconds=1) for at in times}

    def overlaps(self) -> list[tuple[Span, Span]]:
        """What the person teaches, learns or is busy with at one time, buffers included."""
        instructor, service_id = self.offers[0]
        taken = Calendar(self.world, instructor.id, service_id).taken
        return [(one, other) for one, other in combinations(taken, 2) if one.overlaps(other)]


def half_up(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)


@contextmanager
def undone(world: World) -> Iterator[None]:
    with world.connection.transaction(force_rollback=True):
        yield


Draw = Callable[[st.SearchStrategy[Any]], Any]
Choice = TypeVar("Choice")


def one_of(draw: Draw, choices: Sequence[Choice]) -> Choice:
    """Drawn by its number, so that a run can be replayed though its ids are new."""
    return choices[draw(st.integers(0, len(choices) - 1))]


def build_marketplace(world: World, place: Place, draw: Draw) -> Marketplace:
    world.travel(to=place.midnight - timedelta(seconds=draw(st.integers(-90_000, 90_000))))
    school, user_id = world.organization(time_zone=place.zone), world.person()
    instructor, at_school = (
        world.instructor(org_id=org_id, user_id=user_id, time_zone=place.zone, **draw(instructors))
        for org_id in (MARKETPLACE, school)
    )
    offers = [
        (teacher, world.service(teacher, **draw(services)))
        for teacher in (instructor, instructor, at_school)
    ]
    for teacher in (instructor, instructor, instructor, at_school, at_school):
        with suppress(psycopg.errors.UniqueViolation), world.connection.transaction():
            window = {"instructor_id": teacher.id, **draw(windows(place))}
            world.insert("availability_windows", window)
    tutor = world.instructor(time_zone="UTC")
    world.window(tutor, "00:00", "24:00", time_zone="UTC")
    tutoring = (tutor, world.service(tutor, duration_minutes=45))
    return Marketplace(world, place, at_school, offers, tutoring)


def add_exception(marketplace: Marketplace, draw: Draw) -> None:
    teacher, _ = one_of(draw, marketplace.offers)
    exception = {"instructor_id": teacher.id, **draw(exceptions(marketplace.place))}
    with suppress(psycopg.errors.UniqueViolation), marketplace.world.connection.transaction():
        marketplace.world.insert("availability_exceptions", exception)


def change_service(marketplace: Marketplace, draw: Draw) -> None:
    """Gives a service another length and other seats, whatever is listed or booked of it."""
    _, service_id = one_of(draw, marketplace.offers)
    changed = draw(services)
    marketplace.world.connection.execute(
        "update services set duration_minutes = %s, max_participants = %s where id = %s",
        [changed["duration_minutes"], changed["max_participants"], service_id],
    )


def publish(marketplace: Marketplace, draw: Draw) -> None:
    teacher, service_id = one_of(draw, marketplace.offers)
    horizon = Calendar(marketplace.world, teacher.id, service_id).instructor["horizon_days"]
    marketplace.world.publish(teacher, service_id, min(horizon, 5))


def let_holds_expire(marketplace: Marketplace, draw: Draw) -> None:
    """Nobody sweeps them."""
    marketplace.world.travel(by=timedelta(minutes=16))


def book(marketplace: Marketplace, draw: Draw) -> None:
    offer = one_of(draw, marketplace.offers)
    listed = marketplace.listed(*offer)
    if listed:
        time = one_of(draw, listed)
        marketplace.book(offer, time, by_slot=time.slot_id is not None and draw(st.booleans()))


def learn(marketplace: Marketplace, draw: Draw) -> None:
    """The instructor takes a lesson, unless they teach or are busy then, or have three unpaid."""
    world, (tutor, service_id) = marketplace.world, marketplace.tutoring
    teacher, _ = marketplace.offers[0]
    span = marketplace.span
    times = world.open_times(tutor, service_id, span.start, span.end)
    if times:
        at = one_of(draw, times)["start_at"]
        with unless("learner_busy", "too_many_holds"), world.connection.transaction():
            world.request(teacher.user_id, tutor, service_id, at)


def be_busy(marketplace: Marketplace, draw: Draw) -> None:
    """The instructor keeps a time free of lessons, unless there is one already."""
    teacher, _ = one_of(draw, marketplace.offers)
    start = marketplace.span.start + timedelta(minutes=draw(st.integers(0, 5 * 24 * 60)))
    with unless("instructor_busy"), marketplace.world.connection.transaction():
        marketplace.world.call(
            teacher.user_id,
            "public.add_busy_time",
            p_instructor_id=teacher.id,
            p_start_at=start,
            p_end_at=start + timedelta(minutes=draw(st.integers(1, 600))),
        )


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Takes these refusals for an answer."""
    try:
        yield
    except psycopg.Error as error:
        if refusal(error).code not in codes:
            raise


STEPS = [
    *(book, book, book, learn, learn, be_busy),
    *(publish, add_exception, change_service, let_holds_expire),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "on"),
    [
        pytest.param(zone, on, marks=() if zone == "Europe/London" else pytest.mark.slow)
        for zone, on in PLACES
    ],
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_is_listed_can_be_booked_and_nothing_else(
    world: World, zone: str, on: date, data: st.DataObject
) -> None:
    with undone(world):
        marketplace = build_marketplace(world, Place(zone, on), data.draw)
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=8)):
            step(marketplace, data.draw)
        assert marketplace.overlaps() == []

        for offer in marketplace.offers:
            listed = marketplace.listed(*offer)
            for time in some(data, listed):
                with undone(world):
                    marketplace.book(offer, time, by_slot=False)
                if time.slot_id is not None:
                    with undone(world):
                        marketplace.book(offer, time, by_slot=True)
            unlisted = marketplace.raster() - {time.start_at for time in listed}
            for at in some(data, sorted(unlisted)):
                assert marketplace.refusal_of(offer, at) in NOT_OPEN


def some(data: st.DataObject, choices: Sequence[Choice]) -> Sequence[Choice]:
    """A few of many, the first and the last among them."""
    if len(choices) <= 4:
        return choices
    return [choices[0], choices[-1], one_of(data.draw, choices), one_of(data.draw, choices)]
