from __future__ import annotations

import json

import pytest
import stripe
from flask.testing import FlaskClient

from lplate.postgres import DatabaseFault, DatabaseUnavailable, Refused
from tests.webhook_service.conftest import NotingDatabase, code_of
from tests.webhook_service.settings import an_event, sign


def test_an_absent_database_asks_stripe_to_deliver_again(
    client: FlaskClient, noting: NotingDatabase
) -> None:
    noting.error = DatabaseUnavailable("57P03")
    response = client.post("/stripe/webhooks", **sign(an_event()))
    assert (response.status_code, code_of(response)) == (503, "database_unavailable")
    assert response.headers["Retry-After"] == "5"


def test_a_refusal_keeps_its_code_its_sentence_and_its_hint(
    client: FlaskClient, noting: NotingDatabase
) -> None:
    noting.error = Refused(409, "slot_taken", "This time is taken.", "Choose another time.")
    response = client.post("/stripe/webhooks", **sign(an_event()))
    assert (response.status_code, code_of(response)) == (409, "slot_taken")
    assert response.json is not None
    assert (response.json["detail"], response.json["hint"]) == (
        "This time is taken.",
        "Choose another time.",
    )
    assert response.json["type"] == "urn:lplate:problem:slot_taken"


@pytest.mark.parametrize("error", [DatabaseFault("XX000 secret detail"), RuntimeError("secret")])
def test_an_unknown_error_shows_nothing_of_the_inside(
    client: FlaskClient,
    noting: NotingDatabase,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    noting.error = error
    response = client.post("/stripe/webhooks", **sign(an_event()))
    assert (response.status_code, code_of(response)) == (500, "internal_error")
    assert "secret" not in response.text
    assert type(error).__name__ not in response.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [logged] = [line for line in lines if line["event"] == "unexpected_error"]
    assert logged["error"] == type(error).__name__
    assert logged["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (stripe.APIError("down"), 503, "stripe_unavailable"),
        (stripe.RateLimitError("slow down"), 503, "stripe_unavailable"),
        (stripe.APIError("oops", http_status=500), 503, "stripe_unavailable"),
        (stripe.AuthenticationError("Invalid key sk_test_x"), 503, "stripe_unavailable"),
    ],
)
def test_trouble_with_stripe_is_told_without_its_words(
    client: FlaskClient, noting: NotingDatabase, error: Exception, status: int, code: str
) -> None:
    noting.error = error
    response = client.post("/stripe/webhooks", **sign(an_event()))
    assert (response.status_code, code_of(response)) == (status, code)
    assert str(error) not in response.text


def test_a_request_keeps_the_id_it_came_with(client: FlaskClient) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": "abc-123"})
    assert response.headers["X-Request-Id"] == "abc-123"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "a\u00e9"])
def test_a_strange_request_id_is_replaced(client: FlaskClient, sent: str) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": sent})
    assert response.headers["X-Request-Id"] not in ("", sent)


def test_log_lines_hold_no_secret_and_no_payload(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    event = an_event(data={"object": {"email": "someone@example.com"}})
    signed = sign(event)
    client.post("/stripe/webhooks", **signed)
    client.post("/payment-intents", json={}, headers={"Authorization": "Bearer abc.def.ghi"})
    lines = capsys.readouterr().out
    assert [json.loads(line)["event"] for line in lines.splitlines()] == [
        "stripe_event_received",
        "request_answered",
        "token_rejected",
        "request_answered",
    ]
    for private in ("someone@example.com", "whsec_", "abc.def", "v1="):
        assert private not in lines


def test_health_follows_the_database_only_where_it_should(
    client: FlaskClient, noting: NotingDatabase
) -> None:
    assert client.get("/readyz").status_code == 200
    noting.error = DatabaseUnavailable("PoolTimeout")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_metrics_count_events_and_requests(client: FlaskClient) -> None:
    client.post("/stripe/webhooks", **sign(an_event()))
    metrics = client.get("/metrics").text
    assert 'lplate_stripe_events_total{endpoint="platform",outcome="processed"}' in metrics
    assert 'route="/stripe/webhooks",status="200"' in metrics
