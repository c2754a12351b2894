"""Payees at the service: a database, the stand-in for Stripe, the service and the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt
from flask.testing import FlaskClient

import webhook_service
from tests.factories import Instructor, World
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT, real_time
from tests.jobs.payday import Payday
from tests.webhook_service.settings import CONNECT_SECRET, JWT_SECRET, THIN_SECRET
from webhook_service.config import Config

URLS = {"refresh_url": "https://app.example.com/again", "return_url": "https://app.example.com/ok"}


@dataclass
class Desk:
    """The service at work."""

    client: FlaskClient
    world: World
    fake: FakeStripe
    jobs: Payday

    def post(self, user_id: UUID, path: str, *, aal: str = "aal1", **body: object) -> Any:
        claims = {"sub": str(user_id), "aud": "authenticated", "role": "authenticated", "aal": aal}
        token = jwt.encode(claims | {"exp": real_time() + 60}, JWT_SECRET, algorithm="HS256")
        json = {name: value if value is None else str(value) for name, value in body.items()}
        return self.client.post(path, json=json, headers={"Authorization": f"Bearer {token}"})

    def ask_for_onboarding(self, user_id: UUID, *, aal: str = "aal1", **body: object) -> Any:
        return self.post(user_id, "/connect/onboarding-links", aal=aal, **URLS, **body)

    def deliver(self) -> list[str]:
        """Hands every event of connected accounts to the service; what became of each."""
        outcomes = []
        for delivery in self.fake.collect():
            response = self.client.post(
                urlsplit(delivery["url"]).path,
                data=delivery["body"].encode(),
                headers={
                    "Content-Type": "application/json",
                    "Stripe-Signature": delivery["signature"],
                },
            )
            assert response.status_code == 200
            assert response.json is not None
            outcomes.append(f"{delivery['type']} {response.json['outcome']}")
        return outcomes

    def account(self) -> dict[str, Any]:
        """The only one."""
        return self.world.row("select * from public.stripe_connect_accounts")

    def onboard(self, instructor: Instructor) -> str:
        """An instructor with an account that is ready; its id at Stripe."""
        self.ask_for_onboarding(instructor.user_id)
        account_id: str = self.account()["stripe_account_id"]
        self.fake.complete_onboarding(account_id)
        self.deliver()
        assert self.account()["status"] == "ready"
        return account_id


@contextmanager
def open_desk(jobs: Payday) -> Iterator[Desk]:
    """The service as the environment configures it, in front of a marketplace without anybody."""
    fake = jobs.fake
    fake.reset(seed=7, starts_at=INSTANT.timestamp())
    service = "http://service.invalid/stripe"
    fake.add_webhook(f"{service}/connect-webhooks", CONNECT_SECRET, connect=True)
    fake.add_webhook(f"{service}/thin-webhooks", THIN_SECRET, thin=True)
    app = webhook_service.create_app(Config.load())
    with app.test_client() as client:
        yield Desk(client, jobs.world, fake, jobs)
    for database in app.extensions["databases"]:
        database.close()
