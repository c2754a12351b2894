"""A marketplace with the service in front of it, a Stripe behind it, and the job between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

import webhook_service
from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT
from tests.jobs.payday import Payday
from tests.webhook_service.deployment import Deployment, bearer
from tests.webhook_service.settings import ENVIRONMENT
from tools.cluster import Cluster
from webhook_service.config import Config

CUSTOMERS = "select * from public.stripe_customers"
CARDS = "select * from public.payment_methods order by created_at, id"
SETUPS = "select * from public.setup_intents order by created_at, id"


@dataclass
class Shop:
    """One database, one Stripe, the service, and the job that empties the outbox."""

    world: World
    fake: FakeStripe
    service: FlaskClient
    office: Payday
    told: set[str] = field(default_factory=set)

    def post(self, path: str, user: UUID, **body: Any) -> Any:
        return self.service.post(path, json=body, headers=bearer(user))

    def hear(self, *, backwards: bool = False) -> list[str]:
        """Delivers what Stripe has to say; what became of each event."""
        events = [event for event in self.fake.events() if event["id"] not in self.told]
        self.told |= {event["id"] for event in events}
        return [self.deliver(event) for event in (events[::-1] if backwards else events)]

    def deliver(self, event: dict[str, Any]) -> str:
        return self.world.deliver(
            event["type"],
            event["data"]["object"],
            event_id=event["id"],
            occurred_at=self.world.value("select to_timestamp(%s)", event["created"]),
        )

    def carry_out(self) -> None:
        """Empties the outbox, and hears what came of it."""
        ended = self.office.run("outbox")
        assert ended.status == 0, ended
        self.hear()

    def save_card(self, user: UUID, card: str = "pm_card_visa") -> dict[str, Any]:
        """Saves a card as a browser does, and has everything settle; the row of the card."""
        answer = self.post("/setup-intents", user)
        assert answer.status_code == 200, answer.text
        intent_id = answer.json["client_secret"].partition("_secret_")[0]
        intent = self.fake.save_card(intent_id, card)
        self.hear()
        self.carry_out()
        return self.world.row(
            "select * from public.payment_methods where stripe_payment_method_id = %s",
            intent["payment_method"],
        )

    def everything_stored(self) -> str:
        """Every row of every table but the bodies of webhooks, as text."""
        tables = self.world.rows(
            "select format('%%I.%%I', relnamespace::regnamespace, relname) as name from pg_class"
            " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            " and relkind in ('r', 'p') and not relispartition"
            " and relname not like 'webhook_event_bodies%%'"
        )
        return json.dumps(
            [
                self.world.rows(f"select row::text from {table['name']} row")
                for table in tables
            ],
            default=str,
        )


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def shop(
    cluster: Cluster,
    fresh_database: str,
    committed_world: World,
    shared_fake: FakeStripe,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    shared_fake.reset(seed=7, starts_at=INSTANT.timestamp())
    deployment = Deployment(committed_world, shared_fake, cluster, fresh_database)
    for name, value in (ENVIRONMENT | deployment.environment()).items():
        monkeypatch.setenv(name, value)
    app = webhook_service.create_app(Config.load())
    office = Payday(committed_world, shared_fake, cluster, fresh_database)
    with app.test_client() as client:
        yield Shop(committed_world, shared_fake, client, office)
    app.extensions["database"].close()
