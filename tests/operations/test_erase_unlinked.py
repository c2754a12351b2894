"""Who has no login is erased by the school, with the same care for the books."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.factories import World
from tests.operations.test_erase_person import BOOKS, MARK, mark, traces
from tests.schools.conftest import School

CODES = {"erase_learner": "learner_not_found", "erase_instructor": "instructor_not_found"}


def erase(world: World, caller: UUID, function: str, party_id: UUID | None) -> None:
    parameter = {"erase_learner": "p_learner_id", "erase_instructor": "p_instructor_id"}[function]
    world.call(caller, f"public.{function}", **{parameter: party_id})


def managed(school: School, function: str) -> UUID:
    """A learner or an instructor without a login."""
    if function == "erase_learner":
        return school.world.learner(school.id)
    return school.world.managed_instructor(school.id)


def book(school: School, learner_id: UUID, instructor_id: UUID) -> UUID:
    """Has the school's admin book; the price is nothing, so the lesson is confirmed."""
    world = school.world
    slot = world.managed_slot(school.id, instructor_id)
    world.connection.execute("update public.services set price_cents = 0")
    (booked,) = world.ask(
        school.admin,
        "public.create_booking_with_payment",
        p_learner_user_id=None,
        p_slot_id=slot,
        p_learner_id=learner_id,
        p_notes=MARK,
    )
    booking_id: UUID = booked["booking_id"]
    return booking_id


def give(world: World, admin: UUID, booking_id: UUID) -> None:
    world.travel(by=timedelta(days=3))
    world.call(admin, "public.complete_lesson", p_booking_id=booking_id)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_school_erases_a_learner(school: School, caller: str) -> None:
    world, learner = school.world, managed(school, "erase_learner")
    give(world, school.admin, book(school, learner, world.managed_instructor(school.id)))
    address = f"{MARK}@example.org"
    mark(world, "learners", f"id = '{learner}'", full_name=MARK)
    mark(world, "learner_contacts", f"learner_id = '{learner}'", email=address, phone=MARK)
    mark(world, "learner_details", f"learner_id = '{learner}'", notes=MARK)
    before = {name: world.contents()[name] for name in BOOKS}
    erase(world, school.who(caller), "erase_learner", learner)
    assert traces(world) == set()
    assert {name: world.contents()[name] for name in BOOKS} == before
    assert world.value("select status::text from public.bookings") == "completed"


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_school_erases_an_instructor(school: School, caller: str) -> None:
    world, instructor = school.world, managed(school, "erase_instructor")
    give(world, school.admin, book(school, world.learner(school.id), instructor))
    mark(world, "bookings", "true", learner_notes=None)
    mark(world, "instructors", f"id = '{instructor}'", display_name=MARK, bio=MARK)
    mark(world, "instructor_details", f"instructor_id = '{instructor}'", phone=MARK)
    mark(world, "booking_notes", f"instructor_id = '{instructor}'", notes=MARK)
    erase(world, school.who(caller), "erase_instructor", instructor)
    assert traces(world) == set()
    assert not world.value("select is_active from instructors where id = %s", instructor)
    assert world.value("select status::text from public.bookings") == "completed"


both = pytest.mark.parametrize("function", CODES)


@both
def test_nobody_becomes_who_was_erased(school: School, function: str) -> None:
    world, party, invited = school.world, managed(school, function), school.world.person(MARK)
    role, bound = {
        "erase_learner": ("learner", "p_learner_id"),
        "erase_instructor": ("instructor", "p_instructor_id"),
    }[function]
    token = school.invite(school.owner, world.email(invited), role, **{bound: party})
    erase(world, school.owner, function, party)
    assert world.value("select email from public.invitations") == "erased@invalid"
    with world.refusing("PT404", "invitation_not_found"):
        school.accept(invited, token)


@both
@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, function: str, caller: str) -> None:
    world, person, party = school.world, school.who(caller), managed(school, function)
    with world.unchanged(), world.refusing("PT404", CODES[function]):
        erase(world, person, function, party)


@both
def test_an_unknown_one_is_not_found(school: School, function: str) -> None:
    for party in (uuid4(), None):
        with school.world.unchanged(), school.world.refusing("PT404", CODES[function]):
            erase(school.world, school.owner, function, party)


@both
def test_who_has_a_login_erases_themselves(school: School, function: str) -> None:
    world = school.world
    own = {
        "erase_learner": world.value("select id from public.learners"),
        "erase_instructor": school.instructor.id,
    }[function]
    for caller in (school.owner, world.admin()):
        with world.unchanged(), world.refusing("PT409", "has_a_login"):
            erase(world, caller, function, own)


@both
def test_lessons_ahead_come_first(school: School, function: str) -> None:
    world, party = school.world, managed(school, function)
    if function == "erase_learner":
        booking = book(school, party, world.managed_instructor(school.id))
    else:
        booking = book(school, world.learner(school.id), party)
    with world.unchanged(), world.refusing("PT409", "lessons_ahead"):
        erase(world, school.owner, function, party)
    give(world, school.admin, booking)
    erase(world, school.owner, function, party)


@both
def test_a_visitor_is_asked_to_sign_in(school: School, function: str) -> None:
    world, party = school.world, managed(school, function)
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(f"select public.{function}(%s)", party)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(f"select public.{function}(%s)", party)
