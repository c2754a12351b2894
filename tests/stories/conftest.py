from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.factories import World
from tests.stories.machine import Story
from tests.stories.town import build_town
from tools.cluster import Cluster


@pytest.fixture(scope="session")
def stage(cluster: Cluster, template: str) -> Iterator[type[Story]]:
    """Stories of one town, on a connection of their own whose plans are kept."""
    cluster.create_database("stories", template)
    with psycopg.connect(cluster.admin_url("stories"), autocommit=True) as connection:
        town = build_town(World(connection))
        connection.execute("analyze")

        class StoryOfTown(Story):
            pass

        StoryOfTown.connection, StoryOfTown.town = connection, town
        yield StoryOfTown
