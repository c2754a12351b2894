"""Random histories of lessons: an independent model says which reminders a learner must get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.factories import Booking, Instructor, World
from tests.messages.conftest import Post

LEADS = (timedelta(hours=24), timedelta(hours=2))
HOME = ZoneInfo("Europe/London")


@dataclass
class Reminder:
    """What is to be said of a lesson, not before an instant."""

    booking_id: UUID
    start_at: datetime
    due_at: datetime
    not_before: datetime


@dataclass
class Model:
    """Knows lessons and the rules of reminders, and nothing of the database."""

    confirmed: dict[UUID, datetime] = field(default_factory=dict)
    waiting: list[Reminder] = field(default_factory=list)
    wants_mail: bool = True

    def book(self, booking_id: UUID, start_at: datetime, now: datetime) -> None:
        self.confirmed[booking_id] = start_at
        due = (start_at - lead for lead in LEADS)
        self.waiting += [Reminder(booking_id, start_at, at, at) for at in due if at > now]

    def end(self, booking_id: UUID) -> None:
        del self.confirmed[booking_id]

    def poll(self, now: datetime) -> list[UUID]:
        """Which lessons the learner is reminded of by mail at this moment."""
        sent = []
        due = [it for it in self.waiting if it.due_at <= now]
        for reminder in [it for it in due if it.not_before <= now]:
            self.waiting.remove(reminder)
            is_true = self.confirmed.get(reminder.booking_id) == reminder.start_at > now
            is_latest = all(
                reminder.due_at >= it.due_at for it in due if it.booking_id == reminder.booking_id
            )
            if not is_true or not is_latest or not self.wants_mail:
                continue
            opens_at = next_opening(now)
            if opens_at == now:
                sent.append(reminder.booking_id)
            elif opens_at <= reminder.start_at:
                reminder.not_before = opens_at
                self.waiting.append(reminder)
        return sorted(sent)


def next_opening(now: datetime) -> datetime:
    """When mails that can wait are sent: between 8 and 21 o'clock at home."""
    local = now.astimezone(HOME)
    if 8 <= local.hour < 21:
        return now
    day = local.date() + timedelta(days=1 if local.hour >= 21 else 0)
    return datetime.combine(day, time(8), HOME)


class History:
    """One learner, one instructor, and what happens to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.post, self.random = world, Post(world), Random(seed)
        self.model = Model()
        self.instructor: Instructor = world.instructor()
        self.learner = world.person("Ben")
        self.service_id = world.service(self.instructor, price_cents=0)
        self.lessons: list[Booking] = []

    def step(self) -> None:
        self.random.choice([self.book, self.move, self.cancel, self.choose, self.wait, self.wait])()
        self.poll()

    def book(self) -> None:
        start_at = self._free_time()
        slot_id = self.world.slot(self.service_id, start_at)
        booked = self.world.book(self.learner, slot_id)
        booking = Booking(self.world, booked["booking_id"], self.learner, self.instructor, slot_id)
        self.lessons.append(booking)
        self.model.book(booking.id, start_at, self.world.now())

    def move(self) -> None:
        if booking := self._one_ahead(timedelta(hours=25)):
            start_at = self._free_time()
            slot_id = self.world.slot(self.service_id, start_at)
            (moved,) = self.world.ask(
                self.learner,
                "public.reschedule_booking",
                p_booking_id=booking.id,
                p_start_at=start_at,
            )
            replacement = Booking(
                self.world, moved["booking_id"], self.learner, self.instructor, slot_id
            )
            self.lessons.append(replacement)
            self.model.end(booking.id)
            self.model.book(replacement.id, start_at, self.world.now())

    def cancel(self) -> None:
        if booking := self._one_ahead(timedelta(0)):
            self.world.cancel(self.learner, booking.id)
            self.model.end(booking.id)

    def choose(self) -> None:
        self.model.wants_mail = self.random.random() < 0.7
        self.post.prefer(self.learner, "email", is_on=self.model.wants_mail, kind="lesson_reminder")

    def wait(self) -> None:
        self.world.travel(by=timedelta(minutes=self.random.randint(1, 30 * 60)))

    def poll(self) -> None:
        self.post.send()
        got = self.world.rows(
            "select related_id from public.messages where kind = 'lesson_reminder'"
            " and channel = 'email' and recipient_id = %s and sent_at = %s",
            self.learner,
            self.world.now(),
        )
        assert sorted(row["related_id"] for row in got) == self.model.poll(self.world.now())
        # Two polls at one instant: the second one has nothing left.
        self.world.travel(by=timedelta(seconds=1))

    def _free_time(self) -> datetime:
        taken = {booking.columns["start_at"] for booking in self.lessons}
        while True:
            day, hour = self.random.randint(1, 6), self.random.randint(0, 23)
            start_at = self.world.in_days(day, hour)
            if all(abs(start_at - other) > timedelta(hours=1) for other in taken):
                return start_at

    def _one_ahead(self, least: timedelta) -> Booking | None:
        ahead = [
            booking
            for booking in self.lessons
            if self.model.confirmed.get(booking.id, self.world.now()) > self.world.now() + least
        ]
        return self.random.choice(ahead) if ahead else None


def play(db: psycopg.Connection, world: World, seed: int) -> None:
    with db.transaction(force_rollback=True):
        now = world.now()
        history = History(world, seed)
        for _ in range(15):
            history.step()
    world.travel(to=now)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_reminders_are_those_of_the_model(db: psycopg.Connection, world: World, part: int) -> None:
    for seed in range(part, 20, 4):
        play(db, world, seed)


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_reminders_are_those_of_the_model_in_200_histories(
    db: psycopg.Connection, world: World, part: int
) -> None:
    for seed in range(1000 + part, 1200, 10):
        play(db, world, seed)


def test_the_model_would_see_a_reminder_of_a_cancelled_lesson(world: World) -> None:
    """A check of the check: without the guard the histories differ."""
    world.connection.execute(
        "create or replace function private.is_booking_message_true("
        "p_kind text, p_about_at timestamptz, p_booking public.bookings)"
        " returns boolean language sql stable set search_path = '', pg_temp return true"
    )
    world.connection.execute("drop trigger on_booking_changed on public.bookings")
    history = History(world, 1)
    booking = world.booking(history.instructor, start_at=world.in_days(3), price_cents=0)
    world.connection.execute(
        "insert into private.planned_messages values"
        " (%s, %s, 'lesson_reminder', private.clock(), private.clock(), private.clock())",
        [booking.columns["org_id"], booking.id],
    )
    history.learner = booking.learner
    with pytest.raises(AssertionError):
        history.poll()
