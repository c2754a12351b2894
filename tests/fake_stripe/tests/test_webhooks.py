from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from flask import Flask, Response, request
from stripe import Account, StripeClient
from werkzeug.serving import make_server

from tests.patience import PATIENCE

from .. import FakeStripe
from .conftest import Pay

SECRET = "whsec_platform_secret_0001"


class Receiver:
    """A webhook endpoint that verifies what it gets, and answers what it is told."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.secret = SECRET
        self.answers: list[int] = []
        app = Flask("receiver")
        app.add_url_rule("/hook", view_func=self.receive, methods=["POST"])
        self._http = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}/hook"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def receive(self) -> Response:
        event = stripe.Webhook.construct_event(
            request.get_data(), request.headers["Stripe-Signature"], self.secret
        )
        self.events.append(event)
        return Response(status=self.answers.pop(0) if self.answers else 200)

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def test_events_are_delivered_signed_and_typed(
    fake: FakeStripe, receiver: Receiver, pay: Pay
) -> None:
    fake.add_webhook(receiver.url, SECRET)
    intent = pay()
    assert receiver.events == []

    attempts = fake.deliver_pending()

    assert [attempt["status"] for attempt in attempts] == [200] * 4
    assert receiver.types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]
    assert len({event.created for event in receiver.events}) == 1
    succeeded = receiver.events[2]
    assert isinstance(succeeded.data.object, stripe.PaymentIntent)
    assert succeeded.data.object.id == intent.id
    assert succeeded.api_version == stripe.api_version
    assert (succeeded.livemode, succeeded.pending_webhooks) == (False, 1)
    assert succeeded.request is not None
    line = fake.requests("POST", "/v1/payment_intents")[0]
    assert succeeded.request.id == line["id"]
    assert succeeded.request.idempotency_key == line["idempotency_key"]
    assert fake.deliver_pending() == []


def test_a_snapshot_does_not_change_later(fake: FakeStripe, client: StripeClient, pay: Pay) -> None:
    intent = pay()
    client.v1.refunds.create({"payment_intent": intent.id})
    charge = fake.events("charge.succeeded")[0]["data"]["object"]
    assert (charge["refunded"], charge["amount_refunded"]) == (False, 0)


def test_platform_and_connect_events_go_to_their_own_endpoints(
    fake: FakeStripe, client: StripeClient
) -> None:
    platform = fake.add_webhook("http://127.0.0.1:9/platform", SECRET)
    connect = fake.add_webhook("http://127.0.0.1:9/connect", "whsec_connect", connect=True)
    client.v1.customers.create()
    account = client.v1.accounts.create({"capabilities": {"transfers": {"requested": True}}})

    deliveries = fake.collect()

    assert [(it["endpoint"], it["type"]) for it in deliveries] == [
        (platform, "customer.created"),
        (connect, "capability.updated"),
    ]
    event = stripe.Webhook.construct_event(
        deliveries[1]["body"], deliveries[1]["signature"], "whsec_connect"
    )
    assert event.account == account.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(deliveries[1]["body"], deliveries[1]["signature"], SECRET)
    assert fake.pending() == []


def test_an_endpoint_gets_only_the_types_it_asked_for(fake: FakeStripe, pay: Pay) -> None:
    fake.add_webhook("http://127.0.0.1:9/", SECRET, enabled_events=["payment_intent.succeeded"])
    pay()
    assert [it["type"] for it in fake.collect()] == ["payment_intent.succeeded"]


def test_a_failed_delivery_is_retried(fake: FakeStripe, receiver: Receiver) -> None:
    endpoint = fake.add_webhook(receiver.url, SECRET)
    fake.set_webhooks(retry_after=60)
    receiver.answers = [500, 302, 200]
    fake.stripe().v1.customers.create()

    assert [it["status"] for it in fake.deliver_all()] == [500]
    assert fake.deliver_all() == []
    fake.advance(seconds=60)
    assert [it["status"] for it in fake.deliver_all()] == [302]
    fake.advance(seconds=60)
    assert fake.deliver_all() == []
    fake.advance(seconds=60)
    assert [it["status"] for it in fake.deliver_all()] == [200]

    assert [it["attempt"] for it in fake.delivery_log()] == [1, 2, 3]
    assert {it["endpoint"] for it in fake.delivery_log()} == {endpoint}
    assert len({event.id for event in receiver.events}) == 1


def test_a_receiver_that_is_away_is_retried_until_attempts_run_out(fake: FakeStripe) -> None:
    fake.add_webhook("http://127.0.0.1:9/away", SECRET)
    fake.set_webhooks(max_attempts=3)
    fake.stripe().v1.customers.create()
    event_id = fake.events()[0]["id"]

    attempts = fake.deliver_all()

    assert [it["status"] for it in attempts] == [None, None, None]
    assert attempts[0]["error"].startswith("ConnectError")
    assert fake.pending() == []
    undelivered = fake.stripe().v1.events.list({"delivery_success": False})
    assert [event.id for event in undelivered.data] == [event_id]
    assert fake.stripe().v1.events.list({"delivery_success": True}).data == []


def test_duplicates_and_order_are_a_matter_of_the_seed(fake: FakeStripe) -> None:
    def deliveries(seed: int) -> list[str]:
        fake.reset(seed=seed, now=0)
        fake.add_webhook("http://127.0.0.1:9/", SECRET)
        fake.set_webhooks(duplicates=0.5, shuffle=True)
        for number in range(10):
            fake.stripe().v1.customers.create({"name": str(number)})
        order = [event["id"] for event in fake.events()]
        return [str(order.index(it["event"])) for it in fake.collect()]

    first = deliveries(1)
    assert deliveries(1) == first
    assert deliveries(2) != first
    assert len(first) > 10
    assert set(first) == {str(number) for number in range(10)}
    assert first != sorted(first, key=int)


def test_deliveries_can_be_late_paused_and_repeated(
    fake: FakeStripe, receiver: Receiver, client: StripeClient
) -> None:
    fake.add_webhook(receiver.url, SECRET)
    fake.set_webhooks(delay=30)
    client.v1.customers.create()
    assert fake.deliver_all() == []
    fake.advance(seconds=30)
    fake.pause()
    assert fake.deliver_all() == []
    assert len(fake.flush()) == 1

    event = fake.events()[0]["id"]
    fake.set_webhooks(delay=0)
    assert fake.redeliver(event) == 1
    fake.deliver_all()
    assert [it.id for it in receiver.events] == [event, event]


def test_a_lost_delivery_is_still_in_the_list_of_events(
    fake: FakeStripe, client: StripeClient
) -> None:
    fake.add_webhook("http://127.0.0.1:9/", SECRET)
    client.v1.customers.create()
    assert fake.drop_pending() == 1
    assert fake.deliver_all() == []
    listed = client.v1.events.list({"type": "customer.created", "delivery_success": False})
    assert len(listed.data) == 1
    assert client.v1.events.retrieve(listed.data[0].id).type == "customer.created"
    fake.advance(days=31)
    assert client.v1.events.list().data == []


def test_while_a_secret_is_rolled_both_signatures_are_sent(fake: FakeStripe) -> None:
    endpoint = fake.add_webhook("http://127.0.0.1:9/", SECRET)
    fake.set_webhook_secrets(endpoint, "whsec_new", SECRET)
    fake.stripe().v1.customers.create()
    delivery = fake.collect()[0]
    for secret in (SECRET, "whsec_new"):
        stripe.Webhook.construct_event(delivery["body"], delivery["signature"], secret)


def test_a_timestamp_can_be_wrong(fake: FakeStripe) -> None:
    fake.add_webhook("http://127.0.0.1:9/", SECRET)
    fake.set_webhooks(timestamp_skew=-301)
    fake.stripe().v1.customers.create()
    delivery = fake.collect()[0]
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(delivery["body"], delivery["signature"], SECRET)


def test_in_the_background_events_deliver_themselves(
    fake: FakeStripe, receiver: Receiver, client: StripeClient
) -> None:
    fake.reset()
    fake.add_webhook(receiver.url, SECRET)
    fake.deliver_in_background(retry_after=0.05)
    receiver.answers = [503]
    client.v1.customers.create()
    until = time.monotonic() + PATIENCE
    while len(receiver.events) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert receiver.types() == ["customer.created", "customer.created"]


@pytest.mark.slow
def test_an_event_can_arrive_before_the_answer_that_caused_it(
    fake: FakeStripe, receiver: Receiver, account: Account
) -> None:
    fake.add_webhook(receiver.url, SECRET)
    fake.add_funds(100)
    fake.set_webhooks(background=True)
    fake.fault("POST", "/v1/transfers", "delay", "after", seconds=2)
    seen: list[Any] = []
    fake.stripe().v1.transfers.create({"amount": 1, "currency": "gbp", "destination": account.id})
    seen += receiver.types()
    assert seen == ["transfer.created"]


def test_a_receiver_may_call_stripe_before_it_answers(
    fake: FakeStripe, receiver: Receiver, pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add_webhook(receiver.url, SECRET, enabled_events=["payment_intent.succeeded"])
    looked_up: list[str] = []
    receive = receiver.receive

    def look_up() -> Response:
        response = receive()
        intent = receiver.events[-1].data.object
        looked_up.append(fake.stripe().v1.payment_intents.retrieve(intent["id"]).status)
        return response

    monkeypatch.setattr(receiver, "receive", look_up)
    receiver._http.app.view_functions["receive"] = look_up  # type: ignore[attr-defined]
    pay()
    assert [it["status"] for it in fake.deliver_pending()] == [200]
    assert looked_up == ["succeeded"]
