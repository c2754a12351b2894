"""The service works with a key that has the rights which the guide gives it, and no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import webhook_service
from tests.docs.test_stripe_permissions import KEY, listed
from tests.webhook_service.deployment import Deployment, bearer
from tests.webhook_service.settings import THIN_SECRET
from webhook_service.config import Config


@pytest.mark.parametrize("accounts_api", ["v1", "v2"])
def test_payments_and_payees_need_no_other_right(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, accounts_api: str
) -> None:
    deployment.fake.restrict_key(KEY, listed(0))
    changes = {"STRIPE_SECRET_KEY": KEY, "STRIPE_ACCOUNTS_API": accounts_api}
    changes["STRIPE_THIN_WEBHOOK_SECRETS"] = THIN_SECRET
    for name, value in deployment.environment(**changes).items():
        monkeypatch.setenv(name, value)
    app = webhook_service.create_app(Config.load())
    booking, instructor = deployment.world.booking(), deployment.world.instructor()
    urls = {"refresh_url": "https://app.example.com/a", "return_url": "https://app.example.com/b"}
    asked: list[tuple[str, Any, Any]] = [
        ("/payment-intents", {"booking_id": str(booking.id)}, booking.learner),
        ("/payment-intents", {"booking_id": str(booking.id)}, booking.learner),
        ("/connect/onboarding-links", urls, instructor.user_id),
        ("/connect/account-sessions", {}, instructor.user_id),
        ("/connect/sync", {}, instructor.user_id),
    ]
    with app.test_client() as client:
        statuses = [
            client.post(path, json=body, headers=bearer(user)).status_code
            for path, body, user in asked
        ]
        [account] = deployment.fake.objects("account")
        deployment.fake.complete_onboarding(account["id"])
        deployment.world.travel(by=timedelta(minutes=2))
        last: Any = client.post("/connect/sync", json={}, headers=bearer(instructor.user_id))
        statuses.append(last.status_code)
        path = "/connect/dashboard-links"
        opened: Any = client.post(path, json={}, headers=bearer(instructor.user_id))
    for database in app.extensions["databases"]:
        database.close()
    assert [*statuses, opened.status_code] == [200] * 7
