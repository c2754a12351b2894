"""Three organizations with people, lessons and money in each, and how everybody stands to a row.

A person's audience for a row follows from the parties that the row names and from how the town was
built. No policy is asked: this is what policies are measured against.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from tests.factories import MARKETPLACE, Booking, Instructor, World

Audience = Literal[
    "self",
    "learner",
    "instructor",
    "fellow_learner",
    "fellow_instructor",
    "org_admin",
    "foreign_learner",
    "foreign_instructor",
    "foreign_admin",
    "platform_admin",
    "newcomer",
    "guest",
    "visitor",
]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

Kind = Literal["learner", "instructor", "admin", "platform_admin", "newcomer", "guest", "visitor"]


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests; `id` is the learner's or the instructor's."""

    name: str
    kind: Kind
    user_id: UUID | None = None
    org_id: UUID | None = None
    id: UUID | None = None

    @property
    def role(self) -> Literal["anon", "authenticated"]:
        return "anon" if self.kind == "visitor" else "authenticated"

    @property
    def claims(self) -> dict[str, Any]:
        """What a verified token says of this person beside the role and the id."""
        return {"is_anonymous": True} if self.kind == "guest" else {}


@dataclass(frozen=True)
class Parties:
    """Whom a row names: a person's login, a learner, an instructor, an organization."""

    person: UUID | None = None
    learner: UUID | None = None
    instructor: UUID | None = None
    org: UUID | None = None


@dataclass(frozen=True)
class Story:
    """An instructor, and the one learner who has booked them."""

    instructor: Person
    learner: Person | None = None

    def has(self, parties: Parties) -> bool:
        return any(
            person is not None
            and (party == person.id or (parties.person and parties.person == person.user_id))
            for person, party in (
                (self.instructor, parties.instructor),
                (self.learner, parties.learner),
            )
        )


@dataclass(frozen=True)
class Town:
    people: tuple[Person, ...]
    stories: tuple[Story, ...]
    values: dict[str, Any]
    """What matrix.toml calls by name, such as {booking}."""

    def person(self, name: str) -> Person:
        (found,) = [person for person in self.people if person.name == name]
        return found

    def audience(self, person: Person, parties: Parties) -> Audience:
        """How a person stands to a row that names these parties."""
        if person.kind in ("guest", "visitor"):
            return person.kind
        if person.user_id == parties.person:
            return "self"
        story = next((story for story in self.stories if story.has(parties)), None)
        if story and person in (story.learner, story.instructor):
            return "learner" if person == story.learner else "instructor"
        if person.kind in ("platform_admin", "newcomer"):
            return person.kind
        org_id = story.instructor.org_id if story else parties.org
        is_fellow = person.org_id == org_id
        if person.kind == "admin":
            return "org_admin" if is_fellow else "foreign_admin"
        if person.kind == "learner":
            return "fellow_learner" if is_fellow else "foreign_learner"
        return "fellow_instructor" if is_fellow else "foreign_instructor"


def build(world: World) -> Town:
    """Settles everybody: a week of lessons, a payday, and lessons to come."""
    elm, oak = world.organization(name="Elm"), world.organization(name="Oak")
    ann, eve = _instructor(world, "Ann", elm), _instructor(world, "Eve", elm)
    una = _instructor(world, "Una", elm, verification_status="pending")
    ian, max_ = _instructor(world, "Ian", oak), _instructor(world, "Max", MARKETPLACE)
    ben, cleo = _learner(world, "Ben", elm), _learner(world, "Cleo", elm)
    lea, mia = _learner(world, "Lea", oak), _learner(world, "Mia", MARKETPLACE)
    stories = (Story(ann, ben), Story(eve, cleo), Story(ian, lea), Story(max_, mia), Story(una))

    for person in (ann, eve, max_):
        world.onboard(_as_instructor(person))
    _pay_to_organization(world, ian)
    for story in stories[:4]:
        _weekly_hours(world, story.instructor)
        lesson = _book(world, story, world.in_days(2))
        lesson.complete()
        lesson.refund(1000)
    _weekly_hours(world, una)
    world.travel(by=timedelta(days=9))
    assert len(world.run_payouts()) == 3

    due = _book(world, stories[0], world.now() + timedelta(minutes=30))
    world.travel(to=due.columns["start_at"])
    next_lesson = _book(world, stories[0], world.now() + timedelta(minutes=70))
    world.travel(to=next_lesson.columns["start_at"] - timedelta(minutes=5))
    free_slots = {story: _free_slot(world, story.instructor) for story in stories[:4]}
    world.service(_as_instructor(ann), title="Not offered any more", is_active=False)
    world.service(_as_instructor(ann), title="Given by anybody", instructor_id=None)
    world.connection.execute(
        "update public.instructors set is_active = false where id = %s", [eve.id]
    )

    admins = (
        Person("Ada", "admin", world.member(elm, "admin"), elm),
        Person("Otto", "admin", world.member(oak, "owner"), oak),
        Person("Pat", "platform_admin", world.admin()),
    )
    guests = tuple(
        Person(f"guest with {person.name}'s id", "guest", person.user_id)
        for person in (ben, ann, *admins[::2])
    )
    return Town(
        people=(
            *(ben, ann, cleo, eve, una, *admins, lea, ian, mia, max_),
            Person("Nia", "newcomer", world.person("Nia")),
            *guests,
            Person("visitor", "visitor"),
        ),
        stories=stories,
        values={
            "elm": elm,
            "ann": ann.id,
            "ann_user": ann.user_id,
            "ben_user": ben.user_id,
            "una": una.id,
            "max": max_.id,
            "ann_service": world.value(
                "select service_id from public.bookings where id = %s", due.id
            ),
            "ann_free_slot": free_slots[stories[0]],
            "max_free_slot": free_slots[stories[3]],
            "due_booking": due.id,
            "next_booking": next_lesson.id,
            "tomorrow": world.in_days(1).isoformat(),
            "next_week": world.in_days(7).isoformat(),
        },
    )


def _instructor(world: World, name: str, org_id: UUID, **columns: Any) -> Person:
    made = world.instructor(name=name, org_id=org_id, **columns)
    world.member(org_id, "instructor", made.user_id)
    return Person(name, "instructor", made.user_id, org_id, made.id)


def _learner(world: World, name: str, org_id: UUID) -> Person:
    user_id = world.member(org_id, "learner", world.person(name))
    return Person(name, "learner", user_id, org_id, world.learner(org_id, user_id, name))


def _as_instructor(person: Person) -> Instructor:
    assert person.id is not None
    assert person.user_id is not None
    assert person.org_id is not None
    return Instructor(person.id, person.user_id, person.org_id)


def _pay_to_organization(world: World, person: Person) -> None:
    """Has a school paid for an instructor's lessons, into an account of the school's."""
    world.connection.execute(
        "update public.instructor_details set payee = 'organization' where instructor_id = %s",
        [person.id],
    )
    account_id = world.value(
        "insert into public.stripe_connect_accounts"
        " (org_id, stripe_account_id, status, payouts_enabled, transfers_enabled)"
        " values (%s, 'acct_school', 'ready', true, true) returning id",
        person.org_id,
    )
    world.connection.execute(
        "insert into public.connect_account_details (connect_account_id, org_id) values (%s, %s)",
        [account_id, person.org_id],
    )


def _weekly_hours(world: World, person: Person) -> None:
    world.connection.execute(
        "insert into public.availability_windows (instructor_id, day_of_week, start_time, end_time)"
        " values (%s, 1, '09:00', '12:00')",
        [person.id],
    )


def _book(world: World, story: Story, start_at: datetime) -> Booking:
    """A lesson that is booked and paid."""
    instructor = _as_instructor(story.instructor)
    slot_id = world.slot(world.service(instructor), start_at)
    assert story.learner is not None
    assert story.learner.user_id is not None
    booked = world.book(story.learner.user_id, slot_id)
    booking = Booking(world, booked["booking_id"], story.learner.user_id, instructor, slot_id)
    assert booking.pay() == "processed"
    return booking


def _free_slot(world: World, person: Person) -> UUID:
    return world.slot(world.service(_as_instructor(person)), world.in_days(3))
