"""Paydays, each in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.jobs.payday import SEED, Payday, earn, open_account
from tests.stack import Cluster


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakeStripe) -> FakeStripe:
    """A stand-in for Stripe in which nothing has happened but a top-up of 1,000.00."""
    shared_fake.reset(seed=SEED)
    shared_fake.add_funds(100_000)
    return shared_fake


@pytest.fixture(scope="session")
def payday_template(cluster: Cluster, template: str, shared_fake: FakeStripe) -> str:
    """A database on a payday, to clone."""
    cluster.create_database("payday", template)
    shared_fake.reset(seed=SEED)
    shared_fake.add_funds(100_000)
    with psycopg.connect(cluster.admin_url("payday"), autocommit=True) as connection:
        earn(World(connection), shared_fake)
    return "payday"


@pytest.fixture
def payday(
    cluster: Cluster, payday_template: str, fake: FakeStripe, request: pytest.FixtureRequest
) -> Iterator[Payday]:
    """Everybody has earned, and nobody is paid yet."""
    name = f"payday_{abs(hash(request.node.nodeid))}"
    cluster.create_database(name, payday_template)
    with psycopg.connect(cluster.admin_url(name), autocommit=True) as connection:
        world = World(connection)
        for account in world.rows(
            "select stripe_account_id, id::text as connect_account_id, org_id::text"
            " from public.stripe_connect_accounts order by created_at"
        ):
            # The same seed gives the same ids.
            id = account.pop("stripe_account_id")
            assert open_account(fake, account)["id"] == id
        fake.clear_requests()
        yield Payday(world, fake, cluster, name)
    cluster.drop_database(name)
