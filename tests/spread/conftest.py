from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.instant import install_clock
from tests.spread.rewrite import load_spread
from tests.stories.machine import Story
from tests.stories.marketplace import build_marketplace
from tools.cluster import Cluster


@pytest.fixture(scope="session")
def spread(cluster: Cluster) -> str:
    """A database whose tables are spread by organization, at the tests' instant."""
    cluster.create_database("spread")
    load_spread(cluster.url("postgres", "spread"))
    install_clock(cluster, "spread")
    return "spread"


@pytest.fixture(scope="session")
def stage(cluster: Cluster, spread: str) -> Iterator[type[Story]]:
    """Stories of one marketplace on the spread database."""
    cluster.create_database("spread_stories", spread)
    with psycopg.connect(cluster.admin_url("spread_stories"), autocommit=True) as connection:
        marketplace = build_marketplace(World(connection))
        connection.execute("analyze")

        class StoryOfMarketplace(Story):
            pass

        StoryOfMarketplace.connection, StoryOfMarketplace.marketplace = connection, marketplace
        yield StoryOfMarketplace
