"""One stand-in for each worker, forgetting everything between tests, with its clock frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from stripe import Account, PaymentIntent, StripeClient
from stripe.params import PaymentIntentCreateParams

from .. import FakeStripe

NOW = 1_790_000_000

Pay = Callable[..., PaymentIntent]


@pytest.fixture(scope="session")
def running() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def fake(running: FakeStripe) -> FakeStripe:
    running.reset(seed=7, now=NOW)
    return running


@pytest.fixture
def client(fake: FakeStripe) -> StripeClient:
    return fake.stripe()


@pytest.fixture
def pay(client: StripeClient) -> Pay:
    """Pays 5310 pence, or another amount, with a test card."""

    def pay(amount: int = 5310, card: str = "pm_card_visa", **params: object) -> PaymentIntent:
        wishes = {"amount": amount, "currency": "gbp", "payment_method": card, "confirm": True}
        return client.v1.payment_intents.create(cast(PaymentIntentCreateParams, wishes | params))

    return pay


@pytest.fixture
def account(fake: FakeStripe, client: StripeClient) -> Account:
    """A connected account that can be paid."""
    account = client.v1.accounts.create(
        {
            "type": "express",
            "country": "GB",
            "email": "instructor@example.com",
            "capabilities": {"transfers": {"requested": True}},
        }
    )
    fake.complete_onboarding(account.id)
    return client.v1.accounts.retrieve(account.id)
