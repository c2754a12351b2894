"""The week that the demo plays: the one that begins on the coming Sunday, in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


class Week:
    """Names the moments of a week. It lies ahead, so that clocks only ever move forward."""

    def __init__(self, present: datetime | None = None) -> None:
        today = (present or datetime.now(UTC)).astimezone(LONDON).date()
        self.sunday: date = today + timedelta(days=7 - today.isoweekday() % 7)

    def at(self, day: str, local_time: str) -> datetime:
        """Return a moment such as ("Tuesday", "09:00"), by the clocks of London."""
        on = self.sunday + timedelta(days=DAYS.index(day))
        return datetime.combine(on, time.fromisoformat(local_time), LONDON)


def spell_short(moment: datetime, week: Week) -> str:
    """Write a moment for a table; one of a later week says how many weeks later it is."""
    local = moment.astimezone(LONDON)
    later = (local.date() - week.sunday).days // 7
    return f"{local:%a %H:%M}" + (f" +{later}w" if later else "")


def spell(moment: datetime) -> str:
    """Write a moment as people say it."""
    return f"{moment.astimezone(LONDON):%A %H:%M}"


def moment_of(text: str) -> datetime:
    """Read a moment as the Data API writes it."""
    return datetime.fromisoformat(text)
