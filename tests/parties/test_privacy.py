"""What is private: a learner's data, an instructor's notes and contacts, and who sees each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, World
from tests.schools.conftest import School


@dataclass(frozen=True)
class Marketplace:
    """A learner with a guardian and an instructor, others who are near, and others who are not."""

    world: World
    learner_id: UUID
    people: dict[str, UUID]

    def seers(self, query: str) -> set[str]:
        """Who sees a row of a query that takes the learner's id."""
        found = set()
        for name, person in self.people.items():
            with self.world.acting_as(person):
                if self.world.rows(query, self.learner_id):
                    found.add(name)
        return found


@pytest.fixture
def marketplace(school: School) -> Marketplace:
    world = school.world
    learner_id = world.value("select id from public.learners where user_id = %s", school.learner)
    booked_elsewhere = world.instructor(name="Max")
    world.book(
        school.learner,
        world.slot(world.service(school.instructor)),
        p_notes="I am nervous",
    )
    world.book(school.learner, world.slot(world.service(booked_elsewhere), world.in_days(3)))
    world.connection.execute("update public.booking_notes set notes = 'Mirrors!'")
    return Marketplace(
        world,
        learner_id,
        {
            "learner": school.learner,
            "viewing guardian": world.guardian(learner_id, view=True),
            "booking guardian": world.guardian(learner_id, book=True),
            "paying guardian": world.guardian(learner_id, pay=True),
            "instructor": school.instructor.user_id,
            "colleague": world.member(
                school.id, "instructor", world.instructor(org_id=school.id).user_id
            ),
            "instructor elsewhere": booked_elsewhere.user_id,
            "owner": school.owner,
            "admin": school.admin,
            "fellow learner": world.member(school.id, "learner"),
            "owner elsewhere": world.member(world.organization(), "owner"),
            "platform admin": world.admin(),
            "stranger": world.person(),
        },
    )


ADMINS = {"owner", "admin", "platform admin"}
FAMILY = {"learner", "viewing guardian"}


def test_who_sees_a_learner(marketplace: Marketplace) -> None:
    seers = marketplace.seers("select * from public.learners where id = %s")
    assert seers == FAMILY | ADMINS | {"instructor"}


def test_who_sees_a_learners_details(marketplace: Marketplace) -> None:
    seers = marketplace.seers("select * from public.learner_details where learner_id = %s")
    assert seers == FAMILY | ADMINS


def test_who_sees_a_booking_and_the_learners_notes(marketplace: Marketplace) -> None:
    seers = marketplace.seers(
        "select * from public.bookings where learner_id = %s and learner_notes = 'I am nervous'"
    )
    assert seers == FAMILY | ADMINS | {"instructor"}


def test_who_sees_the_instructors_own_notes(marketplace: Marketplace) -> None:
    seers = marketplace.seers(
        "select * from public.booking_notes note"
        " join public.bookings booking on booking.id = note.booking_id"
        " where booking.learner_id = %s and note.notes = 'Mirrors!'"
        " and booking.learner_notes is not null"
    )
    assert seers == ADMINS | {"instructor"}
    seers = marketplace.seers(
        "select * from public.booking_details where learner_id = %s and expert_notes is not null"
        " and learner_notes is not null"
    )
    assert seers == ADMINS | {"instructor"}


def test_who_sees_a_learners_guardians(marketplace: Marketplace) -> None:
    seers = marketplace.seers(
        "select * from public.learner_guardians where learner_id = %s and can_pay and not can_view"
    )
    assert seers == {"learner", "paying guardian"} | ADMINS
    seers = marketplace.seers(
        "select * from public.guardians where id in"
        " (select guardian_id from public.learner_guardians where learner_id = %s and can_pay)"
    )
    assert seers == {"learner", "paying guardian"} | ADMINS


def test_a_visitor_sees_nobody_who_learns(marketplace: Marketplace) -> None:
    world = marketplace.world
    for table in ("learners", "learner_details", "bookings", "guardians", "learner_guardians"):
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.count(f"public.{table}")
        with world.acting_as(None):
            assert world.count(f"public.{table}") == 0


@pytest.mark.parametrize(
    ("statement", "who"),
    [
        ("update public.learners set full_name = 'Ben' where id = %s", {"learner"} | ADMINS),
        (
            "update public.learner_contacts set phone = '1' where learner_id = %s",
            {"learner"} | ADMINS,
        ),
        ("update public.learner_details set notes = 'Late' where learner_id = %s", ADMINS),
    ],
)
def test_who_changes_a_learner(marketplace: Marketplace, statement: str, who: set[str]) -> None:
    changers = set()
    for name, person in marketplace.people.items():
        with marketplace.world.acting_as(person):
            if marketplace.world.connection.execute(statement, [marketplace.learner_id]).rowcount:
                changers.add(name)
    assert changers == who


def test_only_the_instructor_writes_the_notes(marketplace: Marketplace) -> None:
    writers = set()
    for name, person in marketplace.people.items():
        with marketplace.world.acting_as(person):
            changed = marketplace.world.connection.execute(
                "update public.booking_notes set notes = 'x' where org_id <> %s", [MARKETPLACE]
            )
            if changed.rowcount:
                writers.add(name)
    assert writers == {"instructor"}


def test_who_sees_an_instructors_licence_and_terms(marketplace: Marketplace) -> None:
    seers = marketplace.seers(
        "select * from public.instructor_details details"
        " join public.instructor_learners pair on pair.instructor_id = details.instructor_id"
        f" where pair.learner_id = %s and details.org_id <> '{MARKETPLACE}'"
    )
    assert seers == ADMINS | {"instructor"}
    with marketplace.world.acting_as(marketplace.people["learner"]):
        assert marketplace.world.count("public.instructor_details") == 0


def test_nobody_sees_anothers_profile(marketplace: Marketplace) -> None:
    for person in marketplace.people.values():
        with marketplace.world.acting_as(person):
            assert [row["id"] for row in marketplace.world.rows("select id from profiles")] == [
                person
            ]


def test_one_school_sees_nothing_of_another(marketplace: Marketplace) -> None:
    world = marketplace.world
    with world.acting_as(marketplace.people["owner elsewhere"]):
        for table in (
            *("learners", "learner_details", "bookings", "booking_notes", "guardians"),
            *("learner_guardians", "instructor_learners", "instructor_details", "payments"),
        ):
            assert world.count(f"public.{table}") == 0


def test_an_instructor_who_was_never_booked_sees_no_learner(school: School) -> None:
    world = school.world
    with world.acting_as(school.instructor.user_id):
        assert world.count("public.learners") == 0
    world.book(school.learner, world.slot(world.service(school.instructor)))
    with world.acting_as(school.instructor.user_id):
        assert world.count("public.learners") == 1
