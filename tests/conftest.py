"""Databases and APIs for tests. Every worker has a cluster of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import pytest

from tests.factories import World
from tests.faults.figures import pytest_terminal_summary  # noqa: F401  (figures of all workers)
from tests.instant import INSTANT, install_clock, start
from tests.patience import let_api_wait
from tests.secrecy import Sweep, assert_unkept, fail_if_logged, tables_with_secrets
from tools.clock import travel
from tools.cluster import ALONE, Api, Cluster, KeptConnection

_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test fails that logs what is nobody's business."""
    report = yield
    fail_if_logged(report)
    return report


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An ephemeral cluster."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated(cluster: Cluster) -> str:
    """The database that supabase/migrations makes, to look at and to clone."""
    cluster.create_database("migrated")
    cluster.migrate("migrated")
    return "migrated"


@pytest.fixture(scope="session")
def template(cluster: Cluster, migrated: str) -> str:
    """A migrated database to clone, at the tests' instant. Nobody connects to it."""
    cluster.create_database("template", migrated)
    install_clock(cluster, "template")
    return "template"


@pytest.fixture(scope="session")
def database(cluster: Cluster, template: str) -> str:
    """The database of tests that roll back."""
    cluster.create_database("rolled_back", template)
    return "rolled_back"


@pytest.fixture(scope="session")
def kept_connection(cluster: Cluster, database: str) -> Iterator[KeptConnection]:
    """The superuser's connection of tests that roll back."""
    with KeptConnection(cluster.admin_url(database)) as kept:
        yield kept


@pytest.fixture
def db(kept_connection: KeptConnection) -> Iterator[psycopg.Connection]:
    """A superuser's connection in a transaction that is rolled back, where time stands still."""
    with kept_connection.transaction() as connection:
        travel(connection, to=INSTANT)
        yield connection
        assert_unkept(connection)


@pytest.fixture(scope="session")
def sweeper(cluster: Cluster) -> Iterator[ThreadPoolExecutor]:
    """Does, beside the tests, what no test has to wait for. It ends before the cluster does."""
    with ThreadPoolExecutor(1) as sweeper:
        yield sweeper


@pytest.fixture(scope="session")
def sweep(cluster: Cluster, sweeper: ThreadPoolExecutor) -> Iterator[Sweep]:
    """Searches what tests have left; in the end nothing was found that should not be there."""
    sweep = Sweep(cluster)
    yield sweep
    sweeper.shutdown()
    assert sweep.found() == [], "cards or billing details are kept outside the bodies of webhooks"


@pytest.fixture(scope="session")
def fresh_names(cluster: Cluster, template: str, sweeper: ThreadPoolExecutor) -> Iterator[str]:
    """The names of new databases, one for each test; while it runs, that of the next is cloned."""

    def clone() -> str:
        name = f"fresh_{next(_numbers)}"
        cluster.create_database(name, template)
        return name

    def names() -> Iterator[str]:
        following = sweeper.submit(clone)
        while True:
            name = following.result()
            following = sweeper.submit(clone)
            yield name

    return names()


@pytest.fixture
def fresh_database(
    cluster: Cluster, fresh_names: Iterator[str], sweeper: ThreadPoolExecutor, sweep: Sweep
) -> Iterator[str]:
    """A database for one test that commits, where time goes on from the tests' instant."""
    name = next(fresh_names)
    start(cluster.admin_url(name))
    yield name
    sweep.keep(sweeper.submit(sweep.search_and_drop, name))


@pytest.fixture(scope="session")
def api(cluster: Cluster, template: str) -> Iterator[Api]:
    """Auth and the Data API over the database `served`, which tests share and never reset."""
    cluster.create_database("served", template)
    start(cluster.admin_url("served"))
    with psycopg.connect(cluster.admin_url("served")) as connection:
        let_api_wait(connection)
    with Api(cluster, "served") as api:
        yield api
    with psycopg.connect(cluster.admin_url("served")) as connection:
        assert tables_with_secrets(connection) == []


@pytest.fixture
def world(db: psycopg.Connection) -> World:
    """A marketplace whose every step is rolled back."""
    return World(db)


@pytest.fixture
def committed_world(cluster: Cluster, fresh_database: str) -> Iterator[World]:
    """A marketplace in a database of its own, whose steps are committed."""
    url = cluster.admin_url(fresh_database)
    with psycopg.connect(url, autocommit=True, options=ALONE) as connection:
        yield World(connection)
