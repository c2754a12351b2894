"""Orders of several lessons in a line each."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import DictRow

from tests.factories import Booking, World, intent_object

MONDAY = datetime.fromisoformat("2027-03-01 08:00+00")
FIRST = datetime.fromisoformat("2027-03-15 17:00+00")


def series(world: World, number: int = 3, mode: str = "all_or_nothing") -> list[Booking]:
    """Held lessons at the same time of so many weeks, at 53.10 each."""
    world.travel(to=MONDAY)
    instructor = world.instructor()
    world.window(instructor, "00:00", "24:00")
    service_id = world.service(instructor)
    learner = world.person("Ben")
    rows = world.ask(
        learner,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=service_id,
        p_start_at=FIRST,
        p_occurrences=number,
        p_mode=mode,
    )
    slots = [
        world.value("select slot_id from public.bookings where id = %s", row["booking_id"])
        for row in rows
    ]
    return [
        Booking(world, row["booking_id"], learner, instructor, slot_id)
        for row, slot_id in zip(rows, slots, strict=True)
    ]


def succeed(world: World, payment: DictRow) -> None:
    intent = intent_object(payment, "succeeded")
    assert world.deliver("payment_intent.succeeded", intent) == "processed"


def statuses(lessons: list[Booking]) -> list[str]:
    return [lesson.status for lesson in lessons]


def refunds(world: World) -> list[tuple[int, str]]:
    rows = world.rows("select amount_cents, status::text from public.refunds order by amount_cents")
    return [(row["amount_cents"], row["status"]) for row in rows]
