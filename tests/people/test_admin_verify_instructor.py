"""Only an admin of the platform verifies an instructor, and says why."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.factories import Instructor, World

REASON = "Licence seen"


@pytest.fixture
def candidate(world: World) -> Instructor:
    return world.instructor(verification_status="pending")


def verify(
    world: World,
    caller: UUID,
    instructor_id: UUID,
    status: str = "verified",
    reason: str | None = REASON,
) -> None:
    world.call(
        caller,
        "public.admin_verify_instructor",
        p_instructor_id=instructor_id,
        p_verification_status=status,
        p_reason=reason,
    )


def status(world: World, instructor: Instructor) -> str:
    found: str = world.value(
        "select verification_status::text from public.instructors where id = %s", instructor.id
    )
    return found


@pytest.mark.parametrize("decision", ["verified", "rejected", "pending"])
def test_an_admin_decides(world: World, candidate: Instructor, decision: str) -> None:
    verify(world, world.admin(), candidate.id, decision)
    assert status(world, candidate) == decision


def test_the_decision_is_audited_with_its_reason(world: World, candidate: Instructor) -> None:
    admin = world.admin()
    verify(world, admin, candidate.id)
    entry = world.row("select * from public.audit_logs order by id desc limit 1")
    assert (entry["entity_id"], entry["action"]) == (str(candidate.id), "update")
    assert entry["old_values"] == {"verification_status": "pending"}
    assert entry["new_values"] == {"verification_status": "verified"}
    assert (entry["user_id"], entry["actor_kind"], entry["reason"]) == (admin, "user", REASON)


def test_nobody_else_decides(world: World, candidate: Instructor) -> None:
    school_admin = world.member(candidate.org_id, "owner")
    for caller in (world.person(), candidate.user_id, school_admin):
        with world.refusing("42501", "not_an_admin"):
            verify(world, caller, candidate.id)
    with world.refusing("42501", "not_an_admin"), world.acting_as(None):
        world.value("select public.admin_verify_instructor(%s, 'verified', 'Me')", candidate.id)
    assert status(world, candidate) == "pending"


def test_an_instructor_cannot_verify_their_own_row(world: World, candidate: Instructor) -> None:
    with world.refusing("42501"), world.acting_as(candidate.user_id):
        world.connection.execute("update public.instructors set verification_status = 'verified'")
    assert status(world, candidate) == "pending"


@pytest.mark.parametrize("reason", [None, "", "  ", "ok", "  a  ", "x" * 501])
def test_a_decision_needs_a_reason(world: World, candidate: Instructor, reason: str | None) -> None:
    with world.refusing("PT422", "reason_required"):
        verify(world, world.admin(), candidate.id, reason=reason)
    assert status(world, candidate) == "pending"


def test_an_unknown_instructor_is_not_found(world: World, candidate: Instructor) -> None:
    with world.refusing("PT404", "instructor_not_found"):
        verify(world, world.admin(), uuid4())
    assert status(world, candidate) == "pending"


def test_there_is_no_other_decision(world: World, candidate: Instructor) -> None:
    admin = world.admin()
    with world.refusing("22P02"):
        verify(world, admin, candidate.id, "maybe")
    assert status(world, candidate) == "pending"
