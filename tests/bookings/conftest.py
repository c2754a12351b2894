"""Whatever a test does here, books and calendar agree when it ends. And the crowds that race."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import World
from tests.health import healthy_committed_world, healthy_world
from tests.races import Racers
from tests.schools.conftest import school
from tools.cluster import Cluster

__all__ = ["healthy_committed_world", "healthy_world", "school"]

CLIENTS = 32
ROUNDS = [5, pytest.param(50, marks=pytest.mark.slow)]


@pytest.fixture
def marketplace(committed_world: World) -> World:
    """A marketplace whose learners may keep many unpaid times."""
    committed_world.connection.execute(
        "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
    )
    return committed_world


@pytest.fixture
def clients(cluster: Cluster, fresh_database: str) -> Iterator[Racers]:
    """32 clients of the Data API."""
    with Racers(cluster.url("authenticator", fresh_database), CLIENTS) as racers:
        yield racers


@pytest.fixture
def learners(clients: Racers, marketplace: World) -> Racers:
    """32 clients of the Data API, each signed in as a learner of their own."""
    for connection in clients.connections:
        sign_in(connection, marketplace.person())
    return clients


def sign_in(connection: psycopg.Connection[Any], user_id: UUID) -> None:
    claims = json.dumps({"role": "authenticated", "sub": str(user_id)})
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    connection.execute("set role authenticated")
