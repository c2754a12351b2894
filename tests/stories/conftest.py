from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.stories.machine import Story
from tests.stories.marketplace import build_marketplace
from tools.cluster import Cluster


@pytest.fixture(scope="session")
def stage(cluster: Cluster, template: str) -> Iterator[type[Story]]:
    """Stories of one marketplace, on a connection of their own whose plans are kept."""
    cluster.create_database("stories", template)
    with psycopg.connect(cluster.admin_url("stories"), autocommit=True) as connection:
        marketplace = build_marketplace(World(connection))
        connection.execute("analyze")

        class StoryOfMarketplace(Story):
            pass

        StoryOfMarketplace.connection, StoryOfMarketplace.marketplace = connection, marketplace
        yield StoryOfMarketplace
