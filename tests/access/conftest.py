from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.access.attempts import Attempt
from tests.access.marketplace import Marketplace, Person, build
from tests.access.matrix import Matrix, load
from tests.factories import Service, World
from tests.instant import start
from tests.patience import PATIENCE
from tools.clock import travel
from tools.cluster import Api, Cluster, KeptConnection, run_file

Request = dict[str, Any]
"""Arguments of Served.send."""


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
    """The marketplace, in a database that nobody is connected to, and its present."""

    database: str
    marketplace: Marketplace
    present: datetime


@pytest.fixture(scope="session")
def settled(cluster: Cluster, template: str) -> Settled:
    return settle(cluster, "marketplace", template)


def settle(cluster: Cluster, database: str, template: str) -> Settled:
    """Builds the marketplace in a new database."""
    cluster.create_database(database, template)
    start(cluster.admin_url(database))
    with psycopg.connect(cluster.admin_url(database), autocommit=True) as connection:
        world = World(connection)
        return Settled(database, build(world), world.now())


@pytest.fixture(scope="session")
def marketplace(settled: Settled) -> Marketplace:
    return settled.marketplace


@dataclass(frozen=True)
class Prober:
    """Tries statements as people of the marketplace, in a transaction that is rolled back."""

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


@pytest.fixture(scope="session")
def probed(cluster: Cluster, settled: Settled) -> Iterator[KeptConnection]:
    """A connection to a marketplace of its own."""
    cluster.create_database("probed", settled.database)
    with KeptConnection(cluster.admin_url("probed")) as kept:
        yield kept


@pytest.fixture
def prober(probed: KeptConnection, settled: Settled) -> Iterator[Prober]:
    with probed.transaction() as connection:
        travel(connection, to=settled.present)
        run_file(connection, Path(__file__).with_name("probe.sql"))
        yield Prober(World(connection))


@dataclass(frozen=True)
class Served:
    """The marketplace behind the Data API. What a test changes there it puts back."""

    world: World
    api: Api
    client: httpx.Client
    marketplace: Marketplace
    tokens: dict[str, str] = field(default_factory=dict)

    def send(
        self,
        person: Person,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        if person.user_id is None:
            return self.client.request(method, path, headers=headers, **body)
        if person.name not in self.tokens:
            self.tokens[person.name] = self.api.mint_token(person.user_id, **person.claims)
        signed = {"Authorization": f"Bearer {self.tokens[person.name]}"} | (headers or {})
        return self.client.request(method, path, headers=signed, **body)

    def send_each(self, requests: Iterable[tuple[Person, Request]]) -> list[httpx.Response]:
        """The answers in the order of the requests, which are sent some at a time."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda each: self.send(each[0], **each[1]), requests))


@pytest.fixture(scope="session")
def served(cluster: Cluster, settled: Settled) -> Iterator[Served]:
    cluster.create_database("marketplace_served", settled.database)
    start(cluster.admin_url("marketplace_served"), settled.present)
    with (
        Api(cluster, "marketplace_served") as api,
        psycopg.connect(cluster.admin_url("marketplace_served"), autocommit=True) as connection,
        httpx.Client(
            base_url=f"{api.url}/rest/v1", headers={"apikey": api.anon_key}, timeout=PATIENCE
        ) as client,
    ):
        yield Served(World(connection), api, client, settled.marketplace)
