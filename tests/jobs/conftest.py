"""Paydays, each in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT
from tests.jobs.payday import SEED, Payday, a_payday, earn
from tools.cluster import Cluster


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakeStripe) -> FakeStripe:
    """A stand-in for Stripe in which nothing has happened but a top-up of 1,000.00."""
    shared_fake.reset(seed=SEED, starts_at=INSTANT.timestamp())
    shared_fake.add_funds(100_000, source="tu_first")
    return shared_fake


@pytest.fixture(scope="session")
def payday_template(cluster: Cluster, template: str, shared_fake: FakeStripe) -> str:
    """A database on a payday, to clone."""
    cluster.create_database("payday", template)
    shared_fake.reset(seed=SEED)
    with psycopg.connect(cluster.admin_url("payday"), autocommit=True) as connection:
        earn(World(connection), shared_fake)
    return "payday"


@pytest.fixture
def payday(
    cluster: Cluster,
    payday_template: str,
    shared_fake: FakeStripe,
    request: pytest.FixtureRequest,
) -> Iterator[Payday]:
    """Everybody has earned, and nobody is paid yet."""
    name = f"payday_{abs(hash(request.node.nodeid))}"
    with a_payday(cluster, payday_template, name, shared_fake) as payday:
        yield payday


@pytest.fixture
def office(
    cluster: Cluster, fresh_database: str, committed_world: World, fake: FakeStripe
) -> Payday:
    """A marketplace without anybody in it, and the job that empties its outbox."""
    top_up = {"id": "tu_first", "amount": 100_000, "currency": "gbp", "status": "succeeded"}
    assert committed_world.deliver("topup.succeeded", top_up) == "processed"
    return Payday(committed_world, fake, cluster, fresh_database)
