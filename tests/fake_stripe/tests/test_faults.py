from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
import stripe
from stripe import Account, StripeClient

from tests.patience import PATIENCE

from .. import FakeStripe
from ..faults import Kind, When

PATH = "/v1/transfers"


@pytest.fixture
def rich(fake: FakeStripe) -> FakeStripe:
    fake.add_funds(100_000)
    return fake


def send(client: StripeClient, account: Account, key: str = "payout:1:1") -> stripe.Transfer:
    return client.v1.transfers.create(
        {"amount": 4500, "currency": "gbp", "destination": account.id},
        {"idempotency_key": key},
    )


@pytest.mark.parametrize(
    ("kind", "when", "raised", "made", "replayed"),
    [
        ("timeout", "before", stripe.APIConnectionError, 0, False),
        ("timeout", "after", stripe.APIConnectionError, 1, True),
        ("reset", "before", stripe.APIConnectionError, 0, False),
        ("reset", "after", stripe.APIConnectionError, 1, True),
        ("truncated", "after", stripe.APIConnectionError, 1, True),
        ("error", "before", stripe.APIError, 0, False),
        ("error", "after", stripe.APIError, 1, True),
        ("error", "kept", stripe.APIError, 0, True),
        ("html", "after", stripe.APIError, 1, True),
        ("html", "before", stripe.APIError, 0, False),
        ("rate_limit", "before", stripe.RateLimitError, 0, False),
        ("conflict", "before", stripe.APIError, 0, False),
        ("balance_insufficient", "kept", stripe.InvalidRequestError, 0, True),
        ("destination_restricted", "kept", stripe.InvalidRequestError, 0, True),
    ],
)
def test_a_fault_strikes_once_and_the_same_key_tells_the_outcome(
    rich: FakeStripe,
    client: StripeClient,
    account: Account,
    kind: str,
    when: str,
    raised: type[stripe.StripeError],
    made: int,
    replayed: bool,
) -> None:
    rich.fault("POST", PATH, cast(Kind, kind), cast(When, when), seconds=0.05)

    with pytest.raises(raised) as caught:
        send(client, account)

    assert type(caught.value) is raised
    assert len(rich.objects("transfer")) == made
    if (kind == "error" and replayed) or kind.startswith(("balance", "destination")):
        with pytest.raises(raised):
            send(client, account)
    else:
        send(client, account)
    assert rich.requests("POST", PATH)[-1]["replayed"] is replayed
    assert len(rich.objects("transfer")) == (made or not replayed)
    assert [fault["struck"] for fault in rich.faults()] == [1]


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_answers_with_a_page(
    rich: FakeStripe, client: StripeClient, account: Account, status: int
) -> None:
    rich.fault("POST", PATH, "error", status=status)
    with pytest.raises(stripe.APIError) as caught:
        send(client, account)
    assert caught.value.http_status == status
    assert rich.objects("transfer") == []


@pytest.mark.slow
def test_the_package_retries_a_timeout_with_the_same_key(
    rich: FakeStripe, account: Account
) -> None:
    rich.fault("POST", PATH, "timeout", "after")
    client = rich.stripe(max_network_retries=1)
    send(client, account)
    assert [line["replayed"] for line in rich.requests("POST", PATH)] == [False, True]
    assert len(rich.objects("transfer")) == 1


def test_a_client_that_is_impatient_gives_up_first(rich: FakeStripe, account: Account) -> None:
    rich.fault("POST", PATH, "timeout", "after", seconds=30)
    impatient = rich.stripe(http_client=stripe.RequestsClient(timeout=0.2))
    began = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        send(impatient, account)
    assert time.monotonic() - began < 30
    assert len(rich.objects("transfer")) == 1


def test_the_nth_call_is_struck(rich: FakeStripe, client: StripeClient, account: Account) -> None:
    rich.fault("POST", PATH, "rate_limit", nth=2)
    send(client, account, "a")
    with pytest.raises(stripe.RateLimitError):
        send(client, account, "b")
    send(client, account, "b")
    assert len(rich.objects("transfer")) == 2


def test_a_fault_can_persist(rich: FakeStripe, client: StripeClient, account: Account) -> None:
    rich.fault("*", "/v1/*", "error", times=None, status=500)
    for key in "abc":
        with pytest.raises(stripe.APIError):
            send(client, account, key)
    with pytest.raises(stripe.APIError):
        client.v1.balance.retrieve()
    rich.clear_faults()
    send(client, account)


def test_other_calls_are_spared(rich: FakeStripe, client: StripeClient, account: Account) -> None:
    rich.fault("POST", "/v1/payment_intents/*/capture", "reset")
    send(client, account)
    assert rich.faults()[0]["struck"] == 0


def test_a_revoked_key_is_refused_in_the_middle(
    rich: FakeStripe, client: StripeClient, account: Account
) -> None:
    send(client, account, "a")
    rich.set_api_keys("sk_test_new")
    with pytest.raises(stripe.AuthenticationError):
        send(client, account, "b")
    send(rich.stripe(api_key="sk_test_new"), account, "b")
    assert len(rich.objects("transfer")) == 2


def test_requests_are_counted_whatever_becomes_of_them(
    rich: FakeStripe, client: StripeClient, account: Account
) -> None:
    rich.clear_requests()
    assert rich.count() == 0
    rich.fault("POST", PATH, "reset")
    with pytest.raises(stripe.APIConnectionError):
        send(client, account)
    assert rich.count("POST", PATH) == 1
    assert rich.count("GET") == 0
    line = rich.requests()[0]
    assert (line["idempotency_key"], line["fault"], line["status"]) == ("payout:1:1", "reset", None)


@pytest.mark.parametrize(("when", "made_meanwhile"), [("before", 0), ("after", 1)])
def test_a_request_stands_still_until_it_is_released(
    rich: FakeStripe, client: StripeClient, account: Account, when: When, made_meanwhile: int
) -> None:
    rich.fault("POST", PATH, "hold", when)
    with ThreadPoolExecutor(1) as thread:
        sent = thread.submit(send, client, account)
        wait_until_held(rich)
        assert len(rich.objects("transfer")) == made_meanwhile
        assert not sent.done()
        rich.release()
        assert sent.result(timeout=PATIENCE).amount == 4500
    assert len(rich.objects("transfer")) == 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_request_can_be_lost_where_it_stands(
    rich: FakeStripe, client: StripeClient, account: Account, when: When, made: int
) -> None:
    rich.fault("POST", PATH, "hold", when)
    with ThreadPoolExecutor(1) as thread:
        sent = thread.submit(send, client, account)
        wait_until_held(rich)
        rich.release(is_lost=True)
        with pytest.raises(stripe.APIConnectionError):
            sent.result(timeout=PATIENCE)
    assert len(rich.objects("transfer")) == made


def wait_until_held(fake: FakeStripe) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fake.held():
        assert time.monotonic() < deadline
        time.sleep(0.01)
