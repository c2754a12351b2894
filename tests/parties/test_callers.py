"""A guardian may view, book and pay, each only if it was granted, and only until the ward is 18."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from uuid import UUID

import psycopg
import pytest

from tests.factories import Booking, Instructor, World, refusal
from tests.schools.conftest import School

SCOPES = ("view", "book", "pay")
COMBINATIONS = [
    frozenset(scope for scope, is_granted in zip(SCOPES, granted, strict=True) if is_granted)
    for granted in product((False, True), repeat=3)
]

# What a guardian who may view sees of a ward, and how many rows of it there are.
VIEWED = {
    "learners": 1,
    "learner_details": 1,
    "bookings": 3,
    "booking_series": 1,
    "lessons": 1,
    "payments": 1,
    "refunds": 1,
    "instructor_learners": 1,
}
NEVER_VIEWED = ("booking_notes", "earnings", "payouts", "instructor_details", "audit_logs")


@dataclass(frozen=True)
class Ward:
    """A child who has had a lesson, and has two to come that are not paid."""

    world: World
    learner_id: UUID
    instructor: Instructor
    unpaid: UUID

    @property
    def birthday(self) -> datetime:
        """When the child turns 18."""
        moment: datetime = self.world.value(
            "select (date_of_birth + interval '18 years') at time zone 'UTC'"
            " from public.learner_details where learner_id = %s",
            self.learner_id,
        )
        return moment

    def guardian(self, scopes: frozenset[str]) -> UUID:
        return self.world.guardian(self.learner_id, **dict.fromkeys(scopes, True))


@pytest.fixture
def ward(school: School) -> Ward:
    world = school.world
    kit = world.person("Kit")
    child = world.child(school.id, kit, age=17)
    world.guardian(child)
    # An instructor whom only those see who have booked them.
    instructor = world.instructor(name="Eve", org_id=school.id)
    slot = world.slot(world.service(instructor))
    booked = world.book(kit, slot)
    lesson = Booking(world, booked["booking_id"], kit, instructor, slot)
    lesson.pay()
    lesson.complete()
    lesson.refund(1000)
    world.window(instructor)
    series = world.ask(
        kit,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=world.service(instructor),
        p_start_at=world.in_days(2),
        p_occurrences=2,
        p_learner_id=child,
    )
    world.book(world.person(), world.slot(world.service(world.instructor())))
    return Ward(world, child, instructor, series[0]["booking_id"])


def seen(world: World, person: UUID) -> dict[str, int]:
    with world.acting_as(person):
        return {name: world.count(f"public.{name}") for name in (*VIEWED, *NEVER_VIEWED)}


def outcome(world: World, act: Callable[[], object]) -> str:
    """The code of a refusal, or that it was done."""
    try:
        with world.connection.transaction():
            act()
    except psycopg.Error as error:
        return refusal(error).code
    return "done"


def book(ward: Ward, person: UUID, days_ahead: int = 4) -> str:
    """Books for the ward, in the ways that a frontend would; what came of it."""
    world = ward.world
    slots = [
        world.slot(world.service(ward.instructor), world.in_days(days_ahead, hour=hour))
        for hour in (12, 14)
    ]
    outcomes = {
        outcome(
            world,
            partial(
                world.ask,
                person,
                "public.create_booking_with_payment",
                p_learner_user_id=own_id,
                p_slot_id=slot,
                p_learner_id=ward.learner_id,
            ),
        )
        for slot, own_id in zip(slots, (person, None), strict=True)
    }
    (agreed,) = outcomes
    return agreed


def pay(ward: Ward, person: UUID) -> str:
    """Opens the payment of the unpaid lesson; what came of it."""
    return outcome(
        ward.world,
        lambda: ward.world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=person,
            p_ordered_id=ward.unpaid,
        ),
    )


@pytest.mark.parametrize("scopes", COMBINATIONS, ids=lambda scopes: "+".join(sorted(scopes)) or "-")
def test_each_scope_opens_its_own_door_and_no_other(ward: Ward, scopes: frozenset[str]) -> None:
    world, guardian = ward.world, ward.guardian(scopes)
    nothing = dict.fromkeys((*VIEWED, *NEVER_VIEWED), 0)
    assert seen(world, guardian) == (nothing | VIEWED if "view" in scopes else nothing)
    refused = "may_not_book" if "view" in scopes else "not_yourself"
    assert book(ward, guardian) == ("done" if "book" in scopes else refused)
    assert pay(ward, guardian) == ("done" if "pay" in scopes else "order_not_found")


def test_a_guardian_of_nobody_else_sees_and_does_nothing(ward: Ward, school: School) -> None:
    world = ward.world
    other = world.guardian(world.child(school.id), view=True, book=True, pay=True)
    assert seen(world, other)["bookings"] == 0
    assert book(ward, other) == "not_yourself"
    assert pay(ward, other) == "order_not_found"


def test_viewing_includes_the_instructors_of_the_ward(ward: Ward) -> None:
    world = ward.world
    viewer = ward.guardian(frozenset({"view"}))
    payer = ward.guardian(frozenset({"book", "pay"}))
    world.connection.execute("update public.instructors set verification_status = 'rejected'")
    for person, instructors in ((viewer, [ward.instructor.id]), (payer, [])):
        with world.acting_as(person):
            assert [row["id"] for row in world.rows("select id from instructors")] == instructors


def test_a_viewers_list_of_bookings_is_the_wards(ward: Ward) -> None:
    viewer = ward.guardian(frozenset({"view"}))
    listed = ward.world.ask(viewer, "public.my_bookings")
    assert {row["learner_id"] for row in listed} == {ward.learner_id}
    assert {row["expert_notes"] for row in listed} == {None}
    assert len(listed) == 3


def test_who_booked_and_who_paid_is_remembered(ward: Ward) -> None:
    world, guardian = ward.world, ward.guardian(frozenset({"book", "pay"}))
    assert (book(ward, guardian), pay(ward, guardian)) == ("done", "done")
    payment = world.row(
        "select * from public.payments where order_id = private.order_of_booking(%s)", ward.unpaid
    )
    assert (payment["payer_id"], payment["learner_id"]) == (guardian, ward.learner_id)
    booked = world.rows("select * from public.bookings where booked_by = %s", guardian)
    assert {row["learner_id"] for row in booked} == {ward.learner_id}
    # Who paid sees the payment, also without a right to view.
    with world.acting_as(guardian):
        assert [row["id"] for row in world.rows("select id from payments")] == [payment["id"]]


def test_every_right_lapses_on_the_eighteenth_birthday(ward: Ward) -> None:
    world, guardian = ward.world, ward.guardian(frozenset(SCOPES))
    birthday = ward.birthday
    world.travel(to=birthday - timedelta(seconds=1))
    assert seen(world, guardian)["bookings"] == 3
    assert book(ward, guardian) == "done"
    assert pay(ward, guardian) == "hold_expired"

    world.travel(to=birthday)
    assert {name: seen(world, guardian)[name] for name in VIEWED} == dict.fromkeys(VIEWED, 0)
    assert book(ward, guardian, days_ahead=6) == "not_yourself"
    assert pay(ward, guardian) == "order_not_found"


def test_every_right_ends_with_the_guardianship(ward: Ward, school: School) -> None:
    world, guardian = ward.world, ward.guardian(frozenset(SCOPES))
    link_id = world.value(
        "select link.id from public.learner_guardians link"
        " join public.guardians guardian on guardian.id = link.guardian_id"
        " where guardian.user_id = %s",
        guardian,
    )
    world.call(school.admin, "public.revoke_guardian", p_learner_guardian_id=link_id)
    assert seen(world, guardian) == dict.fromkeys((*VIEWED, *NEVER_VIEWED), 0)
    assert book(ward, guardian) == "not_yourself"
    assert pay(ward, guardian) == "order_not_found"


def test_a_guardian_changes_nothing_of_the_ward(ward: Ward) -> None:
    world, guardian = ward.world, ward.guardian(frozenset(SCOPES))
    with world.unchanged(), world.acting_as(guardian):
        changed = world.connection.execute("update public.learners set full_name = 'Mine'")
        assert changed.rowcount == 0
        changed = world.connection.execute("update public.learner_details set notes = 'Mine'")
        assert changed.rowcount == 0
