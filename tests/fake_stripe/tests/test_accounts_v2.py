"""Accounts API v2 of the stand-in: the same accounts as v1's, and thin events of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from .. import FakeStripe

PARTS: Any = ["configuration.recipient", "requirements"]


@pytest.fixture
def made(client: stripe.StripeClient) -> Any:
    """An account as LPlate asks for one."""
    return client.v2.core.accounts.create(
        {
            "identity": {"country": "GB"},
            "dashboard": "express",
            "defaults": {
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                }
            },
            "configuration": {
                "recipient": {
                    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                }
            },
            "metadata": {"row": "1"},
        }
    )


def transfers_of(client: stripe.StripeClient, id: str) -> str:
    account: Any = client.v2.core.accounts.retrieve(id, {"include": PARTS})
    status: str = (
        account.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status
    )
    return status


def test_parts_that_nobody_asks_for_are_null(client: stripe.StripeClient, made: Any) -> None:
    assert (made.configuration, made.requirements, made.identity) == (None, None, None)
    assert made.metadata.row == "1"
    asked: Any = client.v2.core.accounts.retrieve(made.id, {"include": PARTS})
    assert asked.configuration is not None
    assert asked.identity is None
    assert [it.awaiting_action_from for it in asked.requirements.entries] == ["user"] * 4


def test_both_apis_show_one_account(
    fake: FakeStripe, client: stripe.StripeClient, made: Any
) -> None:
    assert transfers_of(client, made.id) == "restricted"
    fake.complete_onboarding(made.id)
    assert transfers_of(client, made.id) == "active"
    seen = client.v1.accounts.retrieve(made.id)
    assert seen.capabilities is not None
    assert (seen.capabilities.transfers, seen.payouts_enabled) == ("active", True)
    assert seen.metadata is not None
    assert seen.metadata["row"] == "1"


def test_an_account_of_v1_is_not_shown_by_v2(
    client: stripe.StripeClient, account: stripe.Account
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.accounts.retrieve(account.id)


def test_money_is_transferred_to_it_once_it_can_arrive(
    fake: FakeStripe, client: stripe.StripeClient, made: Any
) -> None:
    fake.add_funds(1000)
    wish: Any = {"amount": 1000, "currency": "gbp", "destination": made.id}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.transfers.create(wish)
    fake.complete_onboarding(made.id)
    client.v1.transfers.create(wish)
    assert fake.funds(account=made.id) == 1000


def test_its_events_are_thin_and_go_to_endpoints_for_such(
    fake: FakeStripe, client: stripe.StripeClient, account: stripe.Account, made: Any
) -> None:
    fake.add_webhook("https://example.com/connect", "whsec_c", connect=True)
    fake.add_webhook("https://example.com/thin", "whsec_t", thin=True)
    fake.restrict(made.id)
    fake.restrict(account.id)
    urls: dict[str, set[str]] = {}
    for delivery in fake.collect():
        urls.setdefault(delivery["url"], set()).add(delivery["type"])
        body = json.loads(delivery["body"])
        if body["object"] == "v2.core.event":
            assert body["related_object"]["id"] == made.id
            assert "data" not in body
    assert {type.split(".")[0] for type in urls["https://example.com/thin"]} == {"v2"}
    assert "v2" not in {type.split(".")[0] for type in urls["https://example.com/connect"]}
    assert {event["type"] for event in fake.events()} >= {"account.updated"}


def test_the_log_of_thin_events_is_paged_and_filtered(
    fake: FakeStripe, client: stripe.StripeClient, made: Any
) -> None:
    fake.complete_onboarding(made.id)
    every = list(client.v2.core.events.list({"limit": 1}).auto_paging_iter())
    assert len(every) == len(fake.objects("v2.core.event")) > 2
    last = every[0]
    assert [it.id for it in client.v2.core.events.list({"types": [last.type]}).data] == [last.id]
    later: Any = {"created": {"gt": "2100-01-01T00:00:00Z"}}
    assert client.v2.core.events.list(later).data == []


def test_a_repeated_call_under_its_key_makes_nothing(
    fake: FakeStripe, client: stripe.StripeClient
) -> None:
    wishes: Any = {
        "identity": {"country": "GB"},
        "dashboard": "express",
        "defaults": {
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"}
        },
        "configuration": {
            "recipient": {
                "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
            }
        },
    }
    first, second = (
        client.v2.core.accounts.create(wishes, {"idempotency_key": "once"}) for _ in range(2)
    )
    assert first.id == second.id
    assert len(fake.objects("v2.core.account")) == 1


def test_an_account_session_is_for_one_account(
    client: stripe.StripeClient, account: stripe.Account
) -> None:
    wish: Any = {"account_onboarding": {"enabled": True}}
    session = client.v1.account_sessions.create({"account": account.id, "components": wish})
    assert session.account == account.id
    assert session.components.account_onboarding.enabled
    assert not session.components.payouts.enabled
    with pytest.raises(stripe.PermissionError):
        client.v1.account_sessions.create({"account": "acct_none", "components": wish})
