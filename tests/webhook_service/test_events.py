"""What becomes of events in the database, from the signed body to the books."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment
from tests.webhook_service.settings import CONNECT_SECRET, PLATFORM_SECRET, an_event, sign


def deliver(client: FlaskClient, body: Any, path: str = "/stripe/webhooks") -> str:
    secret = CONNECT_SECRET if "connect" in path else PLATFORM_SECRET
    response = client.post(path, **sign(body, secret))
    assert response.status_code == 200, response.text
    assert response.json is not None
    return str(response.json["outcome"])


def test_a_payment_confirms_its_booking_once(served: FlaskClient, deployment: Deployment) -> None:
    booking = deployment.world.booking()
    event = an_event(data={"object": booking.intent()})
    assert deliver(served, event) == "processed"
    assert deliver(served, event) == "duplicate"
    assert deliver(served, event | {"id": "evt_2"}) == "processed"
    assert booking.status == "confirmed"
    assert deployment.world.value("select count(*) from private.ledger_transactions") == 1
    assert deployment.world.violations() == []


@pytest.mark.parametrize("difference", [-1, 1, 0])
def test_a_payment_of_another_amount_confirms_nothing(
    served: FlaskClient, deployment: Deployment, difference: int
) -> None:
    booking = deployment.world.booking()
    intent = booking.intent()
    received = intent["amount"] + difference if difference else 0
    changed = intent | {"amount": received or 1, "amount_received": received or 1}
    assert deliver(served, an_event(data={"object": changed})) == "processed"
    assert booking.status == "held"
    assert deployment.world.violations() == []


POISON = {
    "NUL": r'{"id": "pi_\u0000"}',
    "lone surrogate": r'{"id": "pi_\ud800"}',
    "NaN": '{"id": "pi_1", "amount": NaN}',
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_poison_is_kept_whole_and_parked(
    served: FlaskClient, deployment: Deployment, poison: str
) -> None:
    body = json.dumps(an_event(data={"object": "here"})).replace('"here"', poison)
    assert deliver(served, body) == "parked"
    assert [status for status, _ in deployment.events()] == ["parked"]
    raw = deployment.world.value("select raw from private.webhook_event_bodies")
    assert raw == body.encode()
    assert deployment.world.count("private.ledger_transactions") == 0


@pytest.mark.parametrize(
    ("fields", "outcome", "note"),
    [
        ({"type": "foo.bar"}, "ignored", None),
        ({"livemode": True}, "ignored", "livemode_differs"),
        ({"api_version": "2020-01-01"}, "parked", "api_version_differs"),
        ({"api_version": None}, "parked", "api_version_differs"),
        ({"account": "acct_1"}, "parked", "wrong_endpoint"),
        ({"type": "transfer.created"}, "ignored", "not_ours"),
    ],
)
def test_an_event_that_is_not_for_us_is_stored_with_the_reason(
    served: FlaskClient,
    deployment: Deployment,
    fields: dict[str, Any],
    outcome: str,
    note: str | None,
) -> None:
    assert deliver(served, an_event(**fields)) == outcome
    assert deployment.events() == [(outcome, note)]
    assert deployment.world.violations() == []


def test_a_platform_event_at_the_connect_endpoint_is_parked(
    served: FlaskClient, deployment: Deployment
) -> None:
    assert deliver(served, an_event(), "/stripe/connect-webhooks") == "parked"
    assert deployment.events() == [("parked", "wrong_endpoint")]


@pytest.mark.parametrize(
    "metadata", [{"payment_id": "no uuid"}, {"payment_id": 7}, {"payment_id": None}]
)
def test_a_payment_that_nobody_knows_is_set_aside(
    served: FlaskClient, deployment: Deployment, metadata: Any
) -> None:
    intent = deployment.world.booking().intent() | {"id": "pi_other", "metadata": metadata}
    assert deliver(served, an_event(data={"object": intent})) == "processed"
    assert deployment.world.ledger() == {"stripe_balance": 5310, "suspense": -5310}
    assert deployment.world.violations() == []


@pytest.mark.parametrize("data", [None, [], "x", {}, {"object": None}, {"object": []}])
def test_an_event_without_an_object_is_stored_and_changes_nothing(
    served: FlaskClient, deployment: Deployment, data: Any
) -> None:
    assert deliver(served, an_event(data=data)) in ("ignored", "parked")
    assert len(deployment.events()) == 1
    assert deployment.world.count("private.ledger_transactions") == 0


def test_a_refused_delivery_leaves_no_trace(served: FlaskClient, deployment: Deployment) -> None:
    event = an_event(data={"object": deployment.world.booking().intent()})
    response = served.post("/stripe/webhooks", **sign(event, age=301))
    assert code_of(response) == "signature_outside_tolerance"
    assert deployment.events() == []
    assert deployment.world.value("select status::text from public.bookings") == "held"


@pytest.mark.slow
def test_a_waiting_database_is_answered_with_503_and_nothing_is_half_done(
    served: FlaskClient, deployment: Deployment
) -> None:
    booking = deployment.world.booking()
    event = an_event(data={"object": booking.intent()})
    deployment.world.rows("alter role webhook_service set lock_timeout = '300ms'")
    try:
        with deployment.world.connection.transaction():
            deployment.world.rows("select from public.payments for update")
            response = served.post("/stripe/webhooks", **sign(event))
    finally:
        deployment.world.rows("alter role webhook_service set lock_timeout = '3s'")
    assert (response.status_code, code_of(response)) == (503, "database_unavailable")
    assert deployment.events() == []
    assert deliver(served, event) == "processed"
    assert booking.status == "confirmed"


def test_a_connection_that_died_unnoticed_is_replaced(
    served: FlaskClient, deployment: Deployment
) -> None:
    assert deliver(served, an_event(type="foo.bar")) == "ignored"
    deployment.disconnect_service()
    assert deliver(served, an_event(type="foo.bar", id="evt_2")) == "ignored"
