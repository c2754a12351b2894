"""A marketplace with the service in front of it, a Stripe behind it, and the job between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
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
        """Delivers what Stripe has to say; what became of each event.

        Stripe dates events in whole seconds, and news of one second count in no order before a
        fetch has settled which was the last. What happens next is of a later second, however fast
        the machine is: tests of one second let it all happen before they hear.
        """
        events = [event for event in self.fake.events() if event["id"] not in self.told]
        self.told |= {event["id"] for event in events}
        became = [self.deliver(event) for event in (events[::-1] if backwards else events)]
        self.fake.advance(seconds=1)
        self.world.travel(by=timedelta(seconds=1))
        return became

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

    def plan(
        self, features: str = "reports", amount: int = 900, interval: str = "month", **said: str
    ) -> UUID:
        """A plan in Stripe's catalogue; the id of its row. `said` goes into the metadata."""
        trial = {"trial_days": said.pop("trial_days")} if "trial_days" in said else {}
        client = self.fake.stripe().v1
        product = client.products.create(
            {"name": "Pro", "metadata": {"features": features, **said}}
        )
        return self.price(product.id, amount, interval, **trial)

    def price(self, product: str, amount: int, interval: str = "month", **said: str) -> UUID:
        wishes: Any = {
            "product": product,
            "currency": "gbp",
            "unit_amount": amount,
            "recurring": {"interval": interval},
            "metadata": said,
        }
        price = self.fake.stripe().v1.prices.create(wishes)
        self.hear()
        found: UUID = self.world.value(
            "select id from public.subscription_plans where stripe_price_id = %s", price.id
        )
        return found

    def check_out(self, user: UUID, plan_id: UUID, **body: Any) -> Any:
        """The answer to who wants to subscribe."""
        return self.post(
            "/subscriptions/checkout-sessions",
            user,
            plan_id=str(plan_id),
            success_url="https://app.example.com/done",
            cancel_url="https://app.example.com/plans",
            **body,
        )

    def subscribe(
        self, user: UUID, plan_id: UUID, card: str = "pm_card_visa", **body: Any
    ) -> dict[str, Any]:
        """Subscribes on Stripe's page, and hears of it; Stripe's subscription."""
        answer = self.check_out(user, plan_id, **body)
        assert answer.status_code == 200, answer.text
        return self.pay_on_page(answer.json["url"], card)

    def pay_on_page(self, url: str, card: str = "pm_card_visa") -> dict[str, Any]:
        made = self.fake.complete_checkout(url.rsplit("/", 1)[-1], card)
        self.hear()
        return made

    def subscription(self, stripe_id: str) -> dict[str, Any]:
        return self.world.row(
            "select * from public.subscriptions where stripe_subscription_id = %s", stripe_id
        )

    def has(self, user: UUID, feature: str = "reports") -> bool:
        answer: bool = self.world.call(user, "public.has_entitlement", p_feature=feature)
        return answer

    def revenue(self) -> int:
        """What the ledger says that subscriptions brought."""
        return -int(
            self.world.value(
                "select coalesce(sum(entry.amount_cents), 0) from private.ledger_entries entry"
                " join private.ledger_accounts account on account.id = entry.account_id"
                " where account.kind = 'subscription_revenue'"
            )
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
            [self.world.rows(f"select row::text from {table['name']} row") for table in tables],
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
    for database in app.extensions["databases"]:
        database.close()
