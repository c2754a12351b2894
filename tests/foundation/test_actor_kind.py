"""The login says who acts, then the verified claims; what remains came through Studio."""

from __future__ import annotations

import json

import pytest

from tests.factories import Service, World


@pytest.fixture
def asked(world: World) -> World:
    """Triggers ask as the tables' owner, whoever has signed in."""
    world.connection.execute(
        """
        create function pg_temp.actor_kind() returns text language sql security definer
            return private.actor_kind()
        """
    )
    return world


@pytest.mark.parametrize(
    ("role", "kind"), [("authenticated", "user"), ("anon", "user"), ("service_role", "service")]
)
def test_a_request_acts_as_its_role(asked: World, role: str, kind: str) -> None:
    with asked.acting_as(asked.person(), role):
        assert asked.value("select pg_temp.actor_kind()") == kind


def test_studio_has_no_claims(asked: World) -> None:
    with asked.in_studio():
        assert asked.value("select pg_temp.actor_kind()") == "studio"


@pytest.mark.parametrize(("login", "kind"), [("webhook_service", "service"), ("jobs", "job")])
@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_claims_do_not_turn_a_service_into_somebody_else(
    asked: World, login: Service, kind: str, role: str
) -> None:
    with asked.serving_as(login):
        claims = json.dumps({"role": role})
        asked.connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        assert asked.value("select pg_temp.actor_kind()") == kind
