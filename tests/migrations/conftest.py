from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools import history
from tools.cluster import Cluster
from tools.new_migration import MIGRATIONS

FROM_FILES = "from_files"

# Before the first release there is nothing to upgrade; test_release.py makes one for itself.
collect_ignore = [] if history.releases(MIGRATIONS) else ["test_upgrades.py"]


@pytest.fixture(scope="session")
def files_cluster() -> Iterator[Cluster]:
    """A cluster of its own for the database that sql/ makes, since logins belong to the cluster."""
    with Cluster() as cluster:
        cluster.create_database(FROM_FILES)
        cluster.load_sql(FROM_FILES)
        yield cluster
