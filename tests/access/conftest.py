from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.access.attempts import Attempt
from tests.access.matrix import Matrix, load
from tests.access.town import Person, Town, build
from tests.factories import Service, World
from tests.stack import Cluster, run_file


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    return load()


@pytest.fixture
def schema(cluster: Cluster, migrated: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the migrated database, rolled back."""
    with psycopg.connect(cluster.admin_url(migrated)) as connection:
        yield connection
        connection.rollback()


@dataclass(frozen=True)
class Settled:
    database: str
    town: Town


@pytest.fixture(scope="session")
def settled(cluster: Cluster, template: str) -> Settled:
    """The town, in a database that nobody is connected to."""
    cluster.create_database("town", template)
    with psycopg.connect(cluster.admin_url("town"), autocommit=True) as connection:
        return Settled("town", build(World(connection)))


@pytest.fixture(scope="session")
def town(settled: Settled) -> Town:
    return settled.town


@dataclass(frozen=True)
class Prober:
    """Tries statements as people of the town, in a transaction that is rolled back."""

    world: World

    def try_each(self, person: Person, attempts: Sequence[Attempt]) -> list[str]:
        """What comes of each attempt: see probe.sql."""
        with self.world.acting_as(person.user_id, person.role, **person.claims):
            return self._outcomes(attempts)

    def try_each_as_service(self, login: Service, attempts: Sequence[Attempt]) -> list[str]:
        with self.world.serving_as(login):
            return self._outcomes(attempts)

    def _outcomes(self, attempts: Sequence[Attempt]) -> list[str]:
        tried = self.world.rows(
            "select pg_temp.probe(statement, look) as outcome"
            " from unnest(%s::text[], %s::text[]) with ordinality attempt (statement, look, nth)"
            " order by nth",
            [statement for statement, _ in attempts],
            [look for _, look in attempts],
        )
        return [each["outcome"] for each in tried]


@pytest.fixture
def prober(cluster: Cluster, settled: Settled) -> Iterator[Prober]:
    with psycopg.connect(cluster.admin_url(settled.database)) as connection:
        run_file(connection, Path(__file__).with_name("probe.sql"))
        yield Prober(World(connection))
        connection.rollback()
