"""The platform's own organization has money and nothing else: no people, no services, no terms."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, World
from tests.ledger.conftest import PLATFORM
from tools.cluster import ROOT


def test_one_organization_is_the_platform(world: World) -> None:
    assert world.value("select private.platform_id()") == PLATFORM
    assert world.value("select id from public.organizations where is_platform") == PLATFORM
    for columns in ({"is_platform": True}, {"is_platform": True, "is_marketplace": True}):
        with world.refusing("23514", "one_organization_is_the_platform"):
            world.organization(**columns)
    for change in ("is_platform = false", "id = gen_random_uuid()", "is_marketplace = true"):
        with world.refusing("23514", "one_organization_is_the_platform"):
            world.rows(f"update public.organizations set {change} where id = %s", PLATFORM)


def test_nobody_belongs_to_it(world: World) -> None:
    person = world.person()
    with world.refusing("23514", "the_platform_has_no_people"):
        world.member(PLATFORM, "owner", person)
    with world.refusing("23514", "the_platform_has_no_people"):
        world.instructor(org_id=PLATFORM)
    with world.refusing("23514", "the_platform_has_no_people"):
        world.insert("public.learners", {"org_id": PLATFORM, "full_name": "Leo"})
    invitation = {
        "org_id": PLATFORM,
        "email": "leo@example.com",
        "role": "learner",
        "expires_at": world.now() + timedelta(days=1),
    }
    with world.refusing("23514", "the_platform_has_no_people"):
        world.insert("public.invitations", invitation)


def test_it_sells_nothing(world: World) -> None:
    service = {"org_id": PLATFORM, "title": "Time", "duration_minutes": 60, "currency": "gbp"}
    with world.refusing("23514", "the_platform_sells_nothing"):
        world.insert("public.services", service)


def test_it_is_not_listed(world: World) -> None:
    assert world.ask(None, "public.find_organization", p_slug="platform") == []
    assert world.ask(None, "public.find_organization", p_slug="marketplace")


@pytest.mark.parametrize("function", ["update_organization", "admin_set_terms"])
def test_nobody_administers_it(world: World, function: str) -> None:
    """Neither does an admin of the platform, who administers every other organization."""
    admin = world.admin()
    with world.acting_as(admin):
        seen = {row["id"] for row in world.rows("select id from public.organizations")}
    assert MARKETPLACE in seen
    assert PLATFORM not in seen
    reason = {"p_reason": "A test."} if function == "admin_set_terms" else {}
    with world.unchanged(), world.refusing("PT404", "organization_not_found"):
        world.call(admin, f"public.{function}", p_org_id=PLATFORM, **reason)


def test_it_has_no_payday(world: World) -> None:
    for org_id in (PLATFORM, uuid4()):
        with world.refusing("PT404", "organization_not_found"):
            world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=org_id)


SNIPPET = ROOT / "supabase" / "snippets" / "make_a_platform_admin.sql"


def test_the_saved_query_makes_an_admin_and_says_so_if_nobody_has_the_address(world: World) -> None:
    snippet, person = SNIPPET.read_text(), world.person("Ann")
    email = world.value("select email from public.profiles where id = %s", person)
    assert "somebody@example.com" in snippet
    with (
        pytest.raises(psycopg.errors.RaiseException, match="Nobody has signed up"),
        world.connection.transaction(),
    ):
        world.connection.execute(snippet.encode())
    assert world.count("private.platform_admins") == 0
    world.connection.execute(snippet.replace("somebody@example.com", email.upper()).encode())
    assert world.value("select user_id from private.platform_admins") == person
