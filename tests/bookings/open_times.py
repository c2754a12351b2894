"""What is open, worked out once more: in Python, from the rows of the tables, a minute at a time.

Where the backend computes with ranges in SQL and "at time zone", this walks local dates with
zoneinfo and compares every two things that could collide. Neither knows of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.rows import DictRow

from tests.factories import World

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class OpenTime:
    """A row of list_open_slots."""

    start_at: datetime
    end_at: datetime
    local_start: datetime
    local_end: datetime
    time_zone: str
    slot_id: UUID | None
    seats_left: int


@dataclass(frozen=True)
class Span:
    """From start (inclusive) to end (exclusive)."""

    start: datetime
    end: datetime

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Lesson:
    """A slot of which seats are taken, with what its instructor keeps free around it."""

    slot_id: UUID
    start_at: datetime
    occupied: Span
    seats_taken: int


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks ever show this local time."""
    return later(local, zone).astimezone(zone).replace(tzinfo=None) == local


def later(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time; of one that occurs twice, the second."""
    return local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Where a range begins or ends: the first moment that shows this time or a later one."""
    while not exists(local, zone):
        local += MINUTE
    return later(local, zone)


def dates(row: DictRow) -> list[date]:
    """The dates on which an exception begins."""
    number: int = (row["last_date"] - row["on_date"]).days + 1
    return [row["on_date"] + day * DAY for day in range(number)]


def local_range(row: DictRow, on: date) -> tuple[datetime, datetime]:
    """The local times of a window or an exception that begins on a date."""
    midnight = datetime.combine(on, time())
    start, end = (
        midnight + timedelta(minutes=int(row[name])) for name in ("first_minute", "last_minute")
    )
    return start, end + (DAY if end <= start else timedelta())


class Calendar:
    """Everything that decides when a service of an instructor is open."""

    def __init__(self, world: World, instructor_id: UUID, service_id: UUID) -> None:
        self.now = world.now()
        self.instructor = world.row("select * from instructors where id = %s", instructor_id)
        self.service = world.row("select * from services where id = %s", service_id)
        # A time of 24:00 is no time in Python.
        minutes = (
            "time_zone, extract(epoch from start_time) / 60 as first_minute,"
            " extract(epoch from end_time) / 60 as last_minute"
        )
        self.windows = world.rows(
            f"select {minutes}, day_of_week, effective_from, effective_to"
            " from availability_windows where instructor_id = %s and is_active",
            instructor_id,
        )
        self.exceptions = world.rows(
            f"select {minutes}, on_date, coalesce(last_date, on_date) as last_date, is_available"
            " from availability_exceptions where instructor_id = %s",
            instructor_id,
        )
        self.slots = world.rows(
            "select * from bookable_slots where instructor_id = %s and service_id = %s",
            instructor_id,
            service_id,
        )
        self.lessons = [
            Lesson(
                row["slot_id"],
                row["start_at"],
                Span(
                    row["start_at"] - row["buffer_before_minutes"] * MINUTE,
                    row["end_at"] + row["buffer_after_minutes"] * MINUTE,
                ),
                row["seats_taken"],
            )
            for row in world.rows(
                "select booking.slot_id, booking.start_at, booking.end_at, count(*) as seats_taken,"
                " teacher.buffer_before_minutes, teacher.buffer_after_minutes"
                " from bookings booking join instructors teacher on teacher.id = instructor_id"
                " where coalesce(teacher.user_id, teacher.id) = %s"
                " and status in ('held', 'requested', 'confirmed', 'in_progress', 'completed')"
                " and (status not in ('held', 'requested') or hold_expires_at > %s)"
                " group by 1, 2, 3, 5, 6",
                self.instructor["user_id"] or instructor_id,
                self.now,
            )
        ]

        # What else the person does: lessons of their own, and what they say they are busy with.
        self.engagements = [
            Span(row["start_at"], row["end_at"])
            for row in world.rows(
                "select booking.start_at, booking.end_at"
                " from bookings booking join learners learner on learner.id = learner_id"
                " where learner.user_id = %s"
                " and booking.status in ('held', 'requested', 'confirmed', 'in_progress')"
                " and (booking.status not in ('held', 'requested') or hold_expires_at > %s)"
                " union all"
                " select busy.start_at, busy.end_at"
                " from busy_times busy join instructors teacher on teacher.id = instructor_id"
                " where coalesce(teacher.user_id, teacher.id) = %s",
                self.instructor["user_id"],
                self.now,
                self.instructor["user_id"] or instructor_id,
            )
        ]

    @property
    def taken(self) -> list[Span]:
        """When the person teaches, what is kept free around lessons included, or is engaged."""
        return [lesson.occupied for lesson in self.lessons] + self.engagements

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.instructor["time_zone"])

    @property
    def duration(self) -> timedelta:
        minutes: int = self.service["duration_minutes"]
        return minutes * MINUTE

    def openings(self, near: Span) -> Iterator[tuple[datetime, datetime, ZoneInfo]]:
        """Opening hours in local time, of windows and of single dates."""
        first, last = near.start.date() - 3 * DAY, near.end.date() + 3 * DAY
        for number in range((last - first).days):
            on = first + number * DAY
            for window in self.windows:
                if (
                    on.isoweekday() % 7 == window["day_of_week"]
                    and on >= (window["effective_from"] or on)
                    and on <= (window["effective_to"] or on)
                ):
                    yield *local_range(window, on), ZoneInfo(window["time_zone"])
        for opened in self.exceptions:
            if opened["is_available"]:
                for on in dates(opened):
                    yield *local_range(opened, on), ZoneInfo(opened["time_zone"])

    def closings(self) -> Iterator[Span]:
        for closed in self.exceptions:
            if not closed["is_available"]:
                zone = ZoneInfo(closed["time_zone"])
                for on in dates(closed):
                    start, end = local_range(closed, on)
                    yield Span(instant(start, zone), instant(end, zone))

    def is_open_throughout(self, span: Span) -> bool:
        """Whether the instructor is open, wherever lessons would begin."""
        openings = [
            Span(instant(start, zone), instant(end, zone))
            for start, end, zone in self.openings(span)
        ]
        at = span.start
        while at < span.end:
            if not any(opening.start <= at < opening.end for opening in openings):
                return False
            at += MINUTE
        return not any(closing.overlaps(span) for closing in self.closings())

    def template(self, near: Span) -> Iterator[datetime]:
        """When lessons would begin, if nobody had booked any."""
        step = self.duration + MINUTE * (
            self.instructor["buffer_before_minutes"] + self.instructor["buffer_after_minutes"]
        )
        closings = list(self.closings())
        for start, end, zone in self.openings(near):
            local, earliest = start, instant(start, zone)
            while local + self.duration <= end:
                lesson = Span(later(local, zone), later(local, zone) + self.duration)
                if exists(local, zone) and lesson.end <= instant(end, zone):
                    # Where the clocks skip an hour, a lesson may begin before its neighbour ends.
                    is_clear = lesson.start >= earliest
                    if is_clear and not any(closing.overlaps(lesson) for closing in closings):
                        yield lesson.start
                    earliest = lesson.start + step
                local += step

    def takes_bookings_at(self, start_at: datetime) -> bool:
        """Whether notice and horizon allow it, of an instructor who takes bookings at all."""
        return bool(
            self.instructor["is_active"]
            and self.instructor["is_available"]
            and self.instructor["verification_status"] == "verified"
            and self.service["is_active"]
            and start_at > self.now
            and start_at >= self.now + self.instructor["minimum_notice_minutes"] * MINUTE
            and start_at <= self.now + self.instructor["horizon_days"] * 24 * 60 * MINUTE
        )

    def is_day_full(self, start_at: datetime) -> bool:
        lessons = Counter(lesson.start_at.astimezone(self.zone).date() for lesson in self.lessons)
        cap = self.instructor["daily_cap"]
        return cap is not None and lessons[start_at.astimezone(self.zone).date()] >= cap

    def open_times(self, start: datetime, end: datetime) -> list[OpenTime]:
        """What list_open_slots should list."""
        slots = {slot["start_at"]: slot for slot in self.slots}
        template = set(self.template(Span(start, end)))
        found = [
            self._open_time(at, slots.get(at), at in template)
            for at in template | set(slots)
            if start <= at < end and self.takes_bookings_at(at)
        ]
        return sorted(time for time in found if time is not None)

    def _open_time(
        self, start_at: datetime, slot: DictRow | None, is_in_template: bool
    ) -> OpenTime | None:
        end_at, seats = start_at + self.duration, self.service["max_participants"]
        taken, is_offered = 0, False
        if slot is not None:
            taken = sum(
                lesson.seats_taken for lesson in self.lessons if lesson.slot_id == slot["id"]
            )
            is_offered = slot["is_published"] and not slot["is_withdrawn_when_free"]
            if taken:
                end_at, seats = slot["end_at"], slot["max_bookings"]
        if taken >= seats or not (is_offered or is_in_template):
            return None
        if any(closing.overlaps(Span(start_at, end_at)) for closing in self.closings()):
            return None
        wanted = Span(
            start_at - self.instructor["buffer_before_minutes"] * MINUTE,
            end_at + self.instructor["buffer_after_minutes"] * MINUTE,
        )
        if not taken and (
            self.is_day_full(start_at) or any(span.overlaps(wanted) for span in self.taken)
        ):
            return None
        return OpenTime(
            start_at.astimezone(UTC),
            end_at.astimezone(UTC),
            start_at.astimezone(self.zone).replace(tzinfo=None, fold=0),
            end_at.astimezone(self.zone).replace(tzinfo=None, fold=0),
            self.instructor["time_zone"],
            slot["id"] if slot is not None and is_offered else None,
            seats - taken,
        )
