"""The service over a database that only notes what it is asked, and over a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

import webhook_service
from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT
from tests.jobs.payday import Payday
from tests.webhook_service.deployment import Deployment
from tests.webhook_service.desk import Desk, open_desk
from tests.webhook_service.settings import ENVIRONMENT, THIN_SECRET
from tools.cluster import Cluster
from webhook_service.config import Config
from webhook_service.database import StripeEvent


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A complete environment, to be changed by the test."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@dataclass
class NotingDatabase:
    """Answers every event with 'processed', or raises what it is told to."""

    events: list[tuple[str, StripeEvent]] = field(default_factory=list)
    error: Exception | None = None

    def receive_stripe_event(self, endpoint: str, event: StripeEvent, **_: object) -> str:
        self.ping()
        self.events.append((endpoint, event))
        return "processed"

    def ping(self) -> None:
        if self.error:
            raise self.error


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> NotingDatabase:
    database = NotingDatabase()
    monkeypatch.setattr(webhook_service, "Database", lambda *_, **__: database)
    return database


@pytest.fixture
def client(environment: pytest.MonkeyPatch, noting: NotingDatabase) -> Iterator[FlaskClient]:
    """A client of the service over the noting database."""
    environment.setenv("CORS_ORIGINS", "https://app.example.com")
    environment.setenv("STRIPE_THIN_WEBHOOK_SECRETS", THIN_SECRET)
    app = webhook_service.create_app(Config.load())
    with app.test_client() as client:
        yield client


def code_of(response: Any) -> str:
    """The stable code of a problem; every problem names its request."""
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == response.status_code
    assert response.json["request_id"] == response.headers["X-Request-Id"]
    return str(response.json["code"])


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def jobs(
    environment: pytest.MonkeyPatch,
    cluster: Cluster,
    fresh_database: str,
    committed_world: World,
    shared_fake: FakeStripe,
) -> Payday:
    """The jobs of that marketplace, and the environment of a service beside them."""
    url = cluster.url("webhook_service", fresh_database)
    environment.setenv("WEBHOOK_SERVICE_DATABASE_URL", url)
    environment.setenv("STRIPE_SECRET_KEY", shared_fake.api_key)
    environment.setenv("STRIPE_API_BASE", shared_fake.url)
    environment.setenv("STRIPE_THIN_WEBHOOK_SECRETS", THIN_SECRET)
    return Payday(committed_world, shared_fake, cluster, fresh_database)


@pytest.fixture
def desk(jobs: Payday) -> Iterator[Desk]:
    """The service as it is for payees."""
    with open_desk(jobs) as desk:
        yield desk


@pytest.fixture
def deployment(
    cluster: Cluster, fresh_database: str, committed_world: World, shared_fake: FakeStripe
) -> Deployment:
    """A marketplace without anybody in it."""
    shared_fake.reset(starts_at=INSTANT.timestamp())
    return Deployment(committed_world, shared_fake, cluster, fresh_database)


@pytest.fixture
def served(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A client of the service over that marketplace."""
    for name, value in deployment.environment().items():
        monkeypatch.setenv(name, value)
    app = webhook_service.create_app(Config.load())
    with app.test_client() as client:
        yield client
    for database in app.extensions["databases"]:
        database.close()
