"""What the scenes share: the people, and the lessons that they agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from demo.people import Admin, Booking, Instructor, Learner, Row, Visitor
from demo.stage import Stage
from demo.story import Story


@dataclass(frozen=True)
class Offer:
    """What an instructor sells: money in the minor unit of the pound."""

    hourly_rate_cents: int
    opens: str
    closes: str
    title: str
    minutes: int
    price_cents: int | None = None


@dataclass
class Agreed:
    """A lesson that somebody booked."""

    learner: Learner
    instructor: Instructor
    day: str
    time: str
    booking: Booking


class Play:
    """The cast and the lessons."""

    def __init__(self, stage: Stage, story: Story) -> None:
        self.stage = stage
        self.story = story
        self.visitor = Visitor(stage)
        self.admin = Admin(stage, "Grace Bell")
        self.ivy = Instructor(stage, "Ivy Hart")
        self.omar = Instructor(stage, "Omar Reid")
        self.mei = Instructor(stage, "Mei Tan")
        self.sol = Instructor(stage, "Sol Vega")
        self.ada = Learner(stage, "Ada Quinn")
        self.ben = Learner(stage, "Ben Osei")
        self.cho = Learner(stage, "Cho Park")
        self.dev = Learner(stage, "Dev Nair")
        self.offers = {
            self.ivy: Offer(45_25, "09:00", "12:00", "City driving", 60),
            self.omar: Offer(38_00, "12:30", "17:00", "Motorway practice", 90),
            self.mei: Offer(52_00, "10:00", "13:00", "Mock driving test", 60),
            self.sol: Offer(40_00, "16:00", "19:00", "Parking clinic", 60, 36_50),
        }
        self.learners = (self.ada, self.ben, self.cho, self.dev)
        self.agreed: list[Agreed] = []
        self.onboarded: list[Instructor] = []

    @property
    def instructors(self) -> tuple[Instructor, ...]:
        """Everybody who teaches."""
        return tuple(self.offers)

    def found(self) -> list[Row]:
        """Return those of this story whom a visitor finds, beside the people of the seed."""
        own = {instructor.instructor_id for instructor in self.instructors}
        return [row for row in self.visitor.find_instructors() if row["id"] in own]

    def book(self, learner: Learner, instructor: Instructor, day: str, time: str) -> Agreed:
        """Find a free time as anybody can, and book it; raise Refused if it cannot be had."""
        start = self.stage.week.at(day, time)
        (slot,) = self.visitor.find_slots(
            instructor.service_id, start, start + timedelta(minutes=1)
        )
        agreed = Agreed(learner, instructor, day, time, learner.book(slot["id"]))
        self.agreed.append(agreed)
        return agreed

    def book_and_pay(self, learner: Learner, instructor: Instructor, day: str, time: str) -> Agreed:
        """Book, and pay with a card that works."""
        agreed = self.book(learner, instructor, day, time)
        learner.pay(learner.open_payment(agreed.booking))
        return agreed
