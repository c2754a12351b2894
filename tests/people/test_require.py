"""What a function requires of its caller and its arguments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import Instructor, World


@pytest.mark.parametrize("given", ["gbp", "GBP", "Gbp"])
def test_a_known_currency_is_its_lower_case_code(world: World, given: str) -> None:
    assert world.value("select private.require_currency(%s)", given) == "gbp"


@pytest.mark.parametrize("given", [None, "", "xyz", " gbp", "gb", "gbp\n", "£", "%", "g_p"])
def test_any_other_is_refused(world: World, given: str | None) -> None:
    with world.refusing("PT422", "unknown_currency"):
        world.value("select private.require_currency(%s)", given)


WITHOUT = [{"aal": "aal1"}, {"aal": None}, {"aal": "AAL2"}, {"aal": ["aal2"]}]
each_weak_session = pytest.mark.parametrize("claims", WITHOUT, ids=str)


def verify(world: World, admin: UUID, instructor: Instructor, **claims: Any) -> None:
    with world.acting_as(admin, **claims):
        world.value(
            "select public.admin_verify_instructor(%s, 'verified', 'Licence seen.')", instructor.id
        )


@each_weak_session
def test_an_admin_of_the_platform_needs_a_second_factor(
    world: World, claims: dict[str, Any]
) -> None:
    admin, instructor = world.admin(), world.instructor(verification_status="pending")
    with world.unchanged(), world.refusing("42501", "second_factor_required"):
        verify(world, admin, instructor, **claims)
    verify(world, admin, instructor, aal="aal2")


@each_weak_session
def test_without_it_an_admin_is_a_person_like_any_other(
    world: World, claims: dict[str, Any]
) -> None:
    admin, school = world.admin(), world.organization()
    world.booking()
    for table in ("organizations", "bookings", "organization_members", "audit_logs", "my_roles"):
        with world.acting_as(admin, **claims):
            assert world.count(f"public.{table}") == 0, table
        with world.acting_as(admin):
            assert world.count(f"public.{table}") > 0, table
    with world.refusing("PT404", "organization_not_found"), world.acting_as(admin, **claims):
        world.value("select public.update_organization(%s, 'Mine')", school)


def test_a_platform_that_asks_for_none_takes_any_session(world: World) -> None:
    with world.in_studio():
        world.rows("update public.organizations set requires_second_factor = false")
    verify(world, world.admin(), world.instructor(verification_status="pending"), aal="aal1")


def test_nobody_else_becomes_an_admin_by_a_second_factor(world: World) -> None:
    instructor = world.instructor(verification_status="pending")
    for aal in ("aal1", "aal2"):
        with world.refusing("42501", "not_an_admin"):
            verify(world, instructor.user_id, instructor, aal=aal)
