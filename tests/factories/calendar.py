"""What is offered, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories.people import Instructor, People

_numbers = count(1)


class Calendar(People):
    # What is offered

    def service(self, instructor: Instructor, **columns: Any) -> UUID:
        """A lesson of 60 minutes at the hourly rate. Columns as in public.services."""
        given = {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "title": f"Lesson {next(_numbers)}",
            "duration_minutes": 60,
            "currency": "gbp",
        } | columns
        return self.insert("public.services", given)

    def hourly(self, **columns: Any) -> tuple[Instructor, UUID]:
        """An instructor at 45.00 an hour, and a service of an hour that is priced by it."""
        instructor = self.instructor(hourly_rate_cents=4500, currency="gbp")
        return instructor, self.service(instructor, **({"price_cents": None} | columns))

    def managed_slot(
        self, org_id: UUID, instructor_id: UUID, start_at: datetime | None = None
    ) -> UUID:
        """A published time of an instructor without a login. Times as in slot()."""
        service_id = self.insert(
            "public.services",
            {
                "org_id": org_id,
                "instructor_id": instructor_id,
                "title": f"Lesson {next(_numbers)}",
                "duration_minutes": 60,
                "currency": "gbp",
            },
        )
        return self.slot(service_id, start_at)

    def slot(self, service_id: UUID, start_at: datetime | None = None, **columns: Any) -> UUID:
        """A published time of a service, two days ahead at ten unless said otherwise."""
        service = self.row("select * from public.services where id = %s", service_id)
        start_at = start_at or self.in_days(2)
        given = {
            "org_id": service["org_id"],
            "service_id": service_id,
            "instructor_id": service["instructor_id"],
            "start_at": start_at,
            "end_at": start_at + timedelta(minutes=service["duration_minutes"]),
            "max_bookings": service["max_participants"],
        } | columns
        return self.insert("public.bookable_slots", given)

    # Hours

    def window(
        self,
        instructor: Instructor,
        start: str = "09:00",
        end: str = "17:00",
        *,
        days: Iterable[int] = range(7),
        **columns: Any,
    ) -> list[UUID]:
        """Weekly hours in the instructor's local time; 0 is Sunday."""
        given = {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "start_time": start,
            "end_time": end,
        } | columns
        return [
            self.insert("public.availability_windows", given | {"day_of_week": day}) for day in days
        ]

    def closing(self, instructor: Instructor, on_date: date, **columns: Any) -> UUID:
        """A date on which an instructor is closed, or from start_time to end_time of it."""
        given = {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "on_date": on_date,
            "is_available": False,
        }
        return self.insert("public.availability_exceptions", given | columns)

    def opening(
        self, instructor: Instructor, on_date: date, start: str, end: str, **columns: Any
    ) -> UUID:
        """Hours of a single date."""
        times = {"start_time": start, "end_time": end, "is_available": True}
        return self.closing(instructor, on_date, **times, **columns)

    def publish(self, instructor: Instructor, service_id: UUID, days: int = 7) -> int:
        """Publishes the instructor's hours of the next days; how many slots are new."""
        published: int = self.call(
            instructor.user_id,
            "public.publish_slots",
            p_service_id=service_id,
            p_from=self.now(),
            p_to=self.now() + timedelta(days=days),
            p_instructor_id=instructor.id,
        )
        return published

    def open_times(
        self, instructor: Instructor, service_id: UUID, start: datetime, end: datetime
    ) -> list[DictRow]:
        """What a visitor is offered between two moments."""
        with self.acting_as(None, "anon"):
            return self.rows(
                "select * from public.list_open_slots(%s, %s, %s, %s)",
                instructor.id,
                service_id,
                start,
                end,
            )
