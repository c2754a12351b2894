"""An alert is taken off the list by those whom it is for, once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.factories import Instructor, World


def resolve(world: World, user_id: UUID, alert_id: UUID) -> None:
    world.call(user_id, "public.resolve_alert", p_alert_id=alert_id)


@pytest.fixture
def instructor(world: World) -> Instructor:
    return world.instructor(org_id=world.organization())


def alert(world: World, instructor: Instructor, *, for_admins: bool = False) -> UUID:
    return world.insert(
        "public.alerts",
        {
            "org_id": instructor.org_id,
            "instructor_id": None if for_admins else instructor.id,
            "code": "payout_held",
            "message": "A payout waits.",
            "related_type": "payouts",
            "related_id": uuid4(),
            "idempotency_key": str(uuid4()),
        },
    )


def test_the_instructor_and_the_schools_admins_resolve_it(
    world: World, instructor: Instructor
) -> None:
    admin = world.member(instructor.org_id, "admin")
    for person in (instructor.user_id, admin):
        alert_id = alert(world, instructor)
        resolve(world, person, alert_id)
        resolved_at = world.value("select resolved_at from public.alerts where id = %s", alert_id)
        assert resolved_at == world.now()


def test_an_alert_is_resolved_once(world: World, instructor: Instructor) -> None:
    alert_id = alert(world, instructor)
    resolve(world, instructor.user_id, alert_id)
    with world.unchanged(), world.refusing("PT404", "alert_not_found"):
        resolve(world, instructor.user_id, alert_id)


def test_what_is_for_the_admins_alone_is_not_the_instructors(
    world: World, instructor: Instructor
) -> None:
    alert_id = alert(world, instructor, for_admins=True)
    with world.unchanged(), world.refusing("PT404", "alert_not_found"):
        resolve(world, instructor.user_id, alert_id)


def test_nobody_else_resolves_it(world: World, instructor: Instructor) -> None:
    alert_id = alert(world, instructor)
    other_owner = world.member(world.organization(), "owner")
    for person in (other_owner, world.instructor().user_id, world.person()):
        with world.unchanged(), world.refusing("PT404", "alert_not_found"):
            resolve(world, person, alert_id)
