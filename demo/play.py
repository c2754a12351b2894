"""What the scenes share: the people, and the lessons that they agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from demo.people import Admin, Booking, Customer, Instructor, Learner, Person, Row, Visitor
from demo.school_people import Guardian, Owner, Pupil
from demo.stage import Stage
from demo.story import Story

SCHOOL = "Blake Driving School"


@dataclass(frozen=True)
class Lesson:
    """What is taught, and what of its price is the instructor's, or the school's."""

    title: str
    minutes: int
    share_cents: int


@dataclass(frozen=True)
class Offer:
    """What an instructor sells: money in the minor unit of the pound."""

    hourly_rate_cents: int
    opens: str
    closes: str
    title: str
    minutes: int
    price_cents: int | None = None

    @property
    def lesson(self) -> Lesson:
        """Return the lesson; the fee comes on top, so that all of the price is the instructor's."""
        share_cents = self.price_cents or self.hourly_rate_cents * self.minutes // 60
        return Lesson(self.title, self.minutes, share_cents)


@dataclass
class Agreed:
    """A lesson that somebody booked."""

    customer: Customer
    instructor: Instructor
    day: str
    time: str
    lesson: Lesson
    booking: Booking
    is_cancelled: bool = False
    returned_share_cents: int = 0

    @property
    def earned_cents(self) -> int:
        """Return what is left of the share."""
        return self.lesson.share_cents - self.returned_share_cents


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived, without the links below it."""

    sender: str
    recipient: str
    subject: str
    lines: list[str]
    attached: list[str]


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
        self.nora = Owner(stage, "Nora Blake")
        self.tom = Instructor(stage, "Tom Ellis")
        self.tom.payee = SCHOOL
        self.pip = Pupil(stage, "Pip Moss")
        self.ruth = Guardian(stage, "Ruth Moss")
        self.ella = Instructor(stage, "Ella Frost")
        self.zara = Instructor(stage, "Zara Lind")
        self.hugo = Learner(stage, "Hugo Lane")
        self.iris = Learner(stage, "Iris Dale")
        self.kit = Learner(stage, "Kit Doyle")
        self.learners = (self.ada, self.ben, self.cho, self.dev)
        self.agreed: list[Agreed] = []
        self.services: dict[Lesson, str] = {}
        self.onboarded: set[str] = set()
        self.way: Row = {}
        self.driven: Agreed | None = None
        self.mails: list[Mail] = []

    @property
    def instructors(self) -> tuple[Instructor, ...]:
        """Everybody who teaches."""
        return *self.offers, self.tom, self.ella, self.zara

    def agree(
        self,
        customer: Customer,
        instructor: Instructor,
        day: str,
        time: str,
        lesson: Lesson,
        booking: Booking,
    ) -> Agreed:
        """Remember what was booked."""
        agreed = Agreed(customer, instructor, day, time, lesson, booking)
        self.agreed.append(agreed)
        return agreed

    def agreed_on(self, customer: Customer, day: str) -> Agreed:
        """Return the lesson that somebody has on a day."""
        (agreed,) = [one for one in self.agreed if (one.customer, one.day) == (customer, day)]
        return agreed

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
        lesson = self.offers[instructor].lesson
        return self.agree(learner, instructor, day, time, lesson, learner.book(slot["id"]))

    def book_and_pay(self, learner: Learner, instructor: Instructor, day: str, time: str) -> Agreed:
        """Book, and pay with a card that works."""
        agreed = self.book(learner, instructor, day, time)
        learner.pay_for(agreed.booking)
        return agreed

    def onboard(self, payee: Person, name: str, **organization: str) -> bool:
        """Follow the link to Stripe's form, and fill it in."""
        link = payee.ask_for_onboarding(**organization)
        is_finished = self.stage.stripe.onboard(payee.account_id(), name, link)
        if is_finished:
            self.onboarded.add(name)
        return is_finished
