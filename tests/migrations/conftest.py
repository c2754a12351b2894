from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.cluster import Cluster

FROM_FILES = "from_files"


@pytest.fixture(scope="session")
def files_cluster() -> Iterator[Cluster]:
    """A cluster of its own for the database that sql/ makes, since logins belong to the cluster."""
    with Cluster() as cluster:
        cluster.create_database(FROM_FILES)
        cluster.load_sql(FROM_FILES)
        yield cluster
