"""Restricted keys may do what they were given, and endpoints are listed as they are."""

from __future__ import annotations

import pytest
import stripe

from .. import FakeStripe
from ..permissions import resource_of


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/v1/balance", "balance"),
        ("/v1/balance_transactions/<id>", "balance"),
        ("/v1/refunds", "charges and refunds"),
        ("/v1/accounts/<id>/login_links", "login_links"),
        ("/v1/account_links", "account_links"),
        ("/v1/transfers/<id>/reversals", "transfers"),
        ("/v1/payment_intents/<id>/cancel", "payment_intents"),
    ],
)
def test_a_call_belongs_to_a_resource(path: str, resource: str) -> None:
    assert resource_of(path) == resource


def test_a_restricted_key_reads_and_writes_what_it_was_given(fake: FakeStripe) -> None:
    fake.restrict_key("rk_test_1", {"balance": "read", "payment_intents": "write"})
    client = fake.stripe(api_key="rk_test_1")
    client.v1.balance.retrieve()
    client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    client.v1.payment_intents.list()
    with pytest.raises(stripe.PermissionError, match="read access to 'transfers'"):
        client.v1.transfers.list()


def test_reading_is_not_writing(fake: FakeStripe) -> None:
    fake.restrict_key("rk_test_1", {"payment_intents": "read"})
    client = fake.stripe(api_key="rk_test_1")
    with pytest.raises(stripe.PermissionError):
        client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    assert fake.objects("payment_intent") == []


def test_endpoints_are_listed_without_their_secrets(fake: FakeStripe) -> None:
    id = fake.add_webhook("https://example.org/stripe/webhooks", "whsec_1")
    fake.change_webhook(id, status="disabled")
    [listed] = fake.stripe().v1.webhook_endpoints.list().data
    assert (
        listed.to_dict().items()
        >= {
            "id": id,
            "url": "https://example.org/stripe/webhooks",
            "status": "disabled",
            "api_version": stripe.api_version,
            "enabled_events": ["*"],
        }.items()
    )
    assert "secret" not in listed.to_dict()
