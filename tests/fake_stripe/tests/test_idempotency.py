from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import httpx
import pytest
import stripe
from stripe import Account, StripeClient

from tests.patience import PATIENCE

from .. import FakeStripe

AMOUNT = {"amount": "1000", "currency": "gbp"}


def post(
    fake: FakeStripe, key: str, path: str = "/v1/payment_intents", **params: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {fake.api_key}", "Idempotency-Key": key}
    return httpx.post(fake.url + path, data=params or AMOUNT, headers=headers)


def test_the_same_key_replays_the_first_answer(fake: FakeStripe) -> None:
    first, second = post(fake, "key-1"), post(fake, "key-1")

    assert second.json() == first.json()
    assert len(fake.objects("payment_intent")) == 1
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Request-Id"] != first.headers["Request-Id"]


def test_other_parameters_under_a_key_are_an_error(fake: FakeStripe) -> None:
    client = fake.stripe()
    client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"}, {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError, match="same parameters") as mismatch:
        client.v1.payment_intents.create(
            {"amount": 1001, "currency": "gbp"}, {"idempotency_key": "k"}
        )
    assert mismatch.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})

    assert post(fake, "k").status_code == 200
    assert len(fake.objects("payment_intent")) == 1


def test_an_executed_error_is_replayed(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    params = {"amount": 500, "currency": "gbp", "destination": account.id}
    first = post(fake, "payout:1:1", "/v1/transfers", **params)
    assert first.json()["error"]["code"] == "balance_insufficient"
    fake.add_funds(500)

    again = post(fake, "payout:1:1", "/v1/transfers", **params)
    other = post(fake, "payout:1:2", "/v1/transfers", **params)

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (400, "true")
    assert again.json() == first.json()
    assert other.status_code == 200


def test_a_declined_card_is_replayed_without_a_second_charge(fake: FakeStripe) -> None:
    params = AMOUNT | {"payment_method": "pm_card_chargeDeclined", "confirm": "true"}
    answers = [post(fake, "k", **params) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [402, 402, 402]
    assert len(fake.objects("charge")) == 1


def test_a_failed_validation_is_not_kept(fake: FakeStripe) -> None:
    assert post(fake, "k", amount="ten", currency="gbp").status_code == 400
    assert post(fake, "k").status_code == 200


@pytest.mark.slow
def test_a_request_in_flight_holds_its_key(fake: FakeStripe) -> None:
    fake.fault("POST", "/v1/payment_intents", "delay", "after", seconds=2)
    first: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: first.append(post(fake, "k")))
    thread.start()
    until = time.monotonic() + PATIENCE
    while not fake.objects("payment_intent") and time.monotonic() < until:
        time.sleep(0.01)

    conflict = post(fake, "k")
    other = post(fake, "other")
    thread.join()

    assert conflict.status_code == 409
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert other.status_code == 200
    assert post(fake, "k").json() == first[0].json()
    assert len(fake.objects("payment_intent")) == 2


def test_simultaneous_requests_with_one_key_have_one_effect(fake: FakeStripe) -> None:
    start = threading.Barrier(8)
    statuses: list[int] = []

    def send() -> None:
        start.wait()
        statuses.append(post(fake, "k").status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert len(fake.objects("payment_intent")) == 1


def test_a_key_is_forgotten_after_a_day(fake: FakeStripe) -> None:
    first = post(fake, "k")
    fake.advance(hours=23, seconds=3599)
    assert post(fake, "k").json() == first.json()
    fake.advance(seconds=1)
    assert post(fake, "k").json()["id"] != first.json()["id"]


def test_the_rate_limiter_sits_before_the_keys(fake: FakeStripe, client: StripeClient) -> None:
    fake.fault("POST", "/v1/payment_intents", "rate_limit")
    key = str(uuid.uuid4())
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.create(
            {"amount": 1000, "currency": "gbp"}, {"idempotency_key": key}
        )
    answer = post(fake, key)
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_a_key_has_at_most_255_characters(fake: FakeStripe) -> None:
    assert post(fake, "k" * 255).status_code == 200
    assert post(fake, "k" * 256).status_code == 400
