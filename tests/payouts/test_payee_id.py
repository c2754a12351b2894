"""Who is paid for an instructor's work."""

from __future__ import annotations

from tests.factories import World


def test_a_school_that_is_the_payee_is_paid_for_its_instructor(world: World) -> None:
    instructor = world.instructor(org_id=world.organization())
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.id
    world.connection.execute("update public.instructor_details set payee = 'organization'")
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.org_id


def test_an_instructor_without_login_is_paid_through_the_school(world: World) -> None:
    instructor = world.instructor(org_id=world.organization())
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.id
    world.connection.execute("update public.instructors set user_id = null")
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.org_id
