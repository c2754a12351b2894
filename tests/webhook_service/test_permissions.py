"""The service works with a key that has the rights which the guide gives it, and no other."""

from __future__ import annotations

from typing import Any

import pytest

import webhook_service
from tests.docs.test_stripe_permissions import KEY, listed
from tests.webhook_service.deployment import Deployment, bearer
from webhook_service.config import Config


def test_payments_and_payees_need_no_other_right(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.fake.restrict_key(KEY, listed(0))
    for name, value in deployment.environment(STRIPE_SECRET_KEY=KEY).items():
        monkeypatch.setenv(name, value)
    app = webhook_service.create_app(Config.load())
    booking, instructor = deployment.world.booking(), deployment.world.instructor()
    urls = {"refresh_url": "https://app.example.com/a", "return_url": "https://app.example.com/b"}
    asked: list[tuple[str, Any, Any]] = [
        ("/payment-intents", {"booking_id": str(booking.id)}, booking.learner),
        ("/payment-intents", {"booking_id": str(booking.id)}, booking.learner),
        ("/connect/onboarding-links", urls, instructor.user_id),
        ("/connect/sync", {}, instructor.user_id),
    ]
    with app.test_client() as client:
        statuses = [
            client.post(path, json=body, headers=bearer(user)).status_code
            for path, body, user in asked
        ]
        [account] = deployment.fake.objects("account")
        ready = deployment.fake.complete_onboarding(account["id"])
        deployment.world.deliver(
            "account.updated", ready, endpoint="connect", account=account["id"]
        )
        path = "/connect/dashboard-links"
        opened: Any = client.post(path, json={}, headers=bearer(instructor.user_id))
    for database in app.extensions["databases"]:
        database.close()
    assert [*statuses, opened.status_code] == [200] * 5
