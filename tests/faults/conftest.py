"""Paydays on a cluster that can crash, and the figures of what they went through."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.faults.cluster import FragileCluster
from tests.instant import install_clock
from tests.jobs.payday import SEED, Payday, a_payday, earn


@pytest.fixture(scope="session")
def fragile() -> Iterator[FragileCluster]:
    with FragileCluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture(scope="session")
def fragile_payday(fragile: FragileCluster, shared_fake: FakeStripe) -> str:
    """A database on a payday, to clone."""
    fragile.create_database("payday")
    fragile.migrate("payday")
    install_clock(fragile, "payday")
    shared_fake.reset(seed=SEED)
    with psycopg.connect(fragile.admin_url("payday"), autocommit=True) as connection:
        earn(World(connection), shared_fake)
    return "payday"


@pytest.fixture
def payday(
    fragile: FragileCluster,
    fragile_payday: str,
    shared_fake: FakeStripe,
    request: pytest.FixtureRequest,
) -> Iterator[Payday]:
    """Everybody has earned, and nobody is paid yet."""
    name = f"payday_{abs(hash(request.node.nodeid))}"
    with a_payday(fragile, fragile_payday, name, shared_fake) as payday:
        yield payday
