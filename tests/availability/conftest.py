"""An instructor with weekly windows."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.availability.local_time import Window
from tests.factories import Instructor, World


class Diary:
    """An instructor's lesson and the windows in which it is given."""

    def __init__(self, world: World, instructor: Instructor, service_id: UUID) -> None:
        self.world = world
        self.instructor = instructor
        self.service_id = service_id

    def open(self, window: Window, *, is_active: bool = True) -> UUID:
        window_id: UUID = self.world.value(
            """
            insert into public.availability_windows (
                instructor_id, time_zone, day_of_week, start_time, end_time, effective_from,
                effective_to, is_active
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            returning id
            """,
            self.instructor.id,
            window.zone,
            window.day_of_week,
            window.start,
            window.end,
            window.effective_from,
            window.effective_to,
            is_active,
        )
        return window_id

    def set_buffers(self, before: int, after: int = 0) -> None:
        self.world.connection.execute(
            "update public.instructors set buffer_before_minutes = %s, buffer_after_minutes = %s"
            " where id = %s",
            [before, after, self.instructor.id],
        )

    def set_duration(self, minutes: int) -> None:
        self.world.connection.execute(
            "update public.services set duration_minutes = %s where id = %s",
            [minutes, self.service_id],
        )

    def slot_times(self, start: datetime, end: datetime) -> list[DictRow]:
        """Starts and ends in UTC: Python reckons with instants of one place in its local time."""
        rows = self.world.rows(
            "select * from private.slot_times(%s, %s, %s, %s) order by start_at",
            self.service_id,
            self.instructor.id,
            start,
            end,
        )
        return [
            row | {name: row[name].astimezone(UTC) for name in ("start_at", "end_at")}
            for row in rows
        ]

    def starts(self, start: datetime, end: datetime) -> list[datetime]:
        return [row["start_at"] for row in self.slot_times(start, end)]

    def publish(
        self,
        start: object,
        end: object,
        *,
        person: UUID | None = None,
        instructor_id: UUID | None = None,
    ) -> int:
        """Publishes as the instructor, unless another person is named."""
        published: int = self.world.call(
            person or self.instructor.user_id,
            "public.publish_slots",
            p_service_id=self.service_id,
            p_from=start,
            p_to=end,
            p_instructor_id=instructor_id,
        )
        return published

    def slots(self) -> list[DictRow]:
        return self.world.rows("select * from public.bookable_slots order by start_at")


def diary_of(world: World, instructor: Instructor, **service: object) -> Diary:
    return Diary(world, instructor, world.service(instructor, **service))


@pytest.fixture
def diary(world: World) -> Diary:
    """Ann gives lessons of an hour, and has no windows yet."""
    return diary_of(world, world.instructor())
