"""Callbacks and answers are taken if Twilio signed them; links ask before they act."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

import webhook_service
from tests.factories import Booking
from tests.messages.conftest import Post
from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment
from webhook_service.config import Config
from webhook_service.messages import sign

URL, TOKEN = "https://service.example.com", "12345"


@pytest.fixture
def phoned(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A client of the service, which knows Twilio's auth token."""
    settings = {"TWILIO_AUTH_TOKEN": TOKEN, "SERVICE_URL": URL}
    for name, value in (deployment.environment() | settings).items():
        monkeypatch.setenv(name, value)
    app = webhook_service.create_app(Config.load())
    with app.test_client() as client:
        yield client
    for database in app.extensions["databases"]:
        database.close()


@pytest.fixture
def texted(deployment: Deployment) -> tuple[Booking, UUID, str]:
    """A lesson of which the learner was told by SMS, the message, and the number."""
    world, post = deployment.world, Post(deployment.world)
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    booking.pay()
    (message,) = post.claim(channels=["sms"])
    return booking, message["message_id"], number


def send(client: FlaskClient, path: str, fields: dict[str, str], token: str = TOKEN) -> int:
    signature = sign(token, URL + path, fields.items())
    response = client.post(path, data=fields, headers={"X-Twilio-Signature": signature})
    return response.status_code


def test_the_signature_is_that_of_twilios_documentation() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    signature = sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields.items())
    assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_callback_is_recorded(
    deployment: Deployment, phoned: FlaskClient, texted: tuple[Booking, UUID, str]
) -> None:
    _, message_id, _ = texted
    path = f"/twilio/status?message_id={message_id}"
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    for _ in range(2):
        assert send(phoned, path, fields) == 204
    world = deployment.world
    assert world.value("select status from public.messages where id = %s", message_id) == (
        "delivered"
    )


def test_stop_is_taken(
    deployment: Deployment, phoned: FlaskClient, texted: tuple[Booking, UUID, str]
) -> None:
    booking, _, number = texted
    fields = {"MessageSid": "SM2", "From": number, "To": "+15005550006", "Body": "Cancel\0"}
    assert send(phoned, "/twilio/inbound", fields) == 200
    assert deployment.world.count("private.suppressed_addresses") == 1
    assert booking.status == "confirmed"


@pytest.mark.parametrize("path", ["/twilio/status", "/twilio/inbound"])
def test_what_twilio_did_not_sign_is_refused(
    deployment: Deployment, phoned: FlaskClient, path: str
) -> None:
    fields = {"MessageSid": "SM3", "MessageStatus": "sent", "From": "+447700900123", "Body": "STOP"}
    assert send(phoned, path, fields, token="other") == 403
    response = phoned.post(path, data=fields)
    assert (response.status_code, code_of(response)) == (403, "signature_mismatch")
    assert deployment.world.count("private.message_events") == 0


def test_what_has_no_id_is_malformed(phoned: FlaskClient) -> None:
    assert send(phoned, "/twilio/status", {"MessageStatus": "sent"}) == 400


def test_without_a_token_nobody_listens(served: FlaskClient) -> None:
    assert served.post("/twilio/inbound", data={"Body": "STOP"}).status_code == 404


def test_a_link_asks_before_it_acts(
    deployment: Deployment, phoned: FlaskClient, texted: tuple[Booking, UUID, str]
) -> None:
    world = deployment.world
    token = world.value("select unsubscribe_token from public.message_contents limit 1")
    path = f"/messages/unsubscribe/{token}"
    shown = phoned.get(path)
    assert (shown.status_code, b"<form" in shown.data) == (200, True)
    before = world.count("private.message_preferences")
    assert phoned.post(path).status_code == 200
    assert world.count("private.message_preferences") == before + 1
    assert phoned.post(f"/messages/unsubscribe/{uuid4()}").status_code == 404
