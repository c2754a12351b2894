"""What weekly windows mean, said once more in Python: the oracle of the slot tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SUNDAY, SATURDAY = 0, 6


@dataclass(frozen=True)
class Window:
    """Weekly hours; an end at or before the start is on the next day."""

    zone: str
    day_of_week: int
    start: time
    end: time
    effective_from: date | None = None
    effective_to: date | None = None

    def dates(self, first: date, last: date) -> Iterator[date]:
        """The days on which it opens."""
        for number in range((last - first).days + 1):
            day = first + DAY * number
            if weekday(day) == self.day_of_week and (self.effective_from or day) <= day <= (
                self.effective_to or day
            ):
                yield day


def weekday(day: date) -> int:
    """0 is Sunday, 6 is Saturday."""
    return day.isoweekday() % 7


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of a place ever show this time."""
    return instant(local, zone).astimezone(zone).replace(tzinfo=None) == local


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of a place show this time; the second moment, if there are two."""
    return local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def closing(local: datetime, zone: ZoneInfo) -> datetime:
    """When a window ends; where that time is skipped, the moment at which the clocks skip it."""
    moment = instant(local, zone)
    if exists(local, zone):
        return moment
    while moment.astimezone(zone).replace(tzinfo=None) < local:
        moment += timedelta(minutes=1)
    return moment


def slot_times(
    window: Window,
    duration: timedelta,
    buffers: timedelta,
    start: datetime,
    end: datetime,
) -> Iterator[datetime]:
    """The starts from `start` (inclusive) to `end` (exclusive), in order."""
    zone = ZoneInfo(window.zone)
    first = start.astimezone(zone).date() - DAY
    for day in window.dates(first, end.astimezone(zone).date()):
        local = datetime.combine(day, window.start)
        closes = datetime.combine(
            day + (DAY if window.end <= window.start else 0 * DAY), window.end
        )
        free_from = datetime.min.replace(tzinfo=UTC)
        while local + duration <= closes:
            at = instant(local, zone)
            if exists(local, zone) and at >= free_from and at + duration <= closing(closes, zone):
                free_from = at + duration + buffers
                if start <= at < end:
                    yield at
            local += duration + buffers


@cache
def changes(zone: str, year: int) -> list[date]:
    """The days of a year on which the clocks of a place change."""
    place = ZoneInfo(zone)
    new_year = datetime(year, 1, 1, tzinfo=UTC)
    hours = [(new_year + timedelta(hours=n)).astimezone(place) for n in range(366 * 24)]
    return [
        before.date()
        for before, after in pairwise(hours)
        if before.utcoffset() != after.utcoffset()
    ]
