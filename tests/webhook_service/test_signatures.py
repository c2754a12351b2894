"""What the webhook endpoints take, and what they answer to everything else."""

from __future__ import annotations

import gzip
import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.instant import real_time
from tests.webhook_service.conftest import NotingDatabase, code_of
from tests.webhook_service.settings import CONNECT_SECRET, PLATFORM_SECRET, an_event, sign

PATHS = {"/stripe/webhooks": PLATFORM_SECRET, "/stripe/connect-webhooks": CONNECT_SECRET}
BODY = json.dumps(an_event())


def header_of(text: str = BODY, secret: str = PLATFORM_SECRET, at: float | None = None) -> str:
    return str(
        sign(text, secret, age=int(real_time() - (at or real_time())))["headers"][
            "Stripe-Signature"
        ]
    )


def sign_bytes(body: bytes) -> dict[str, Any]:
    """Signs bytes that are no text."""
    now = real_time()
    digest = hmac.new(PLATFORM_SECRET.encode(), b"%d." % now + body, sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={now},v1={digest}", "Content-Type": "application/json"}
    return {"data": body, "headers": headers}


@pytest.mark.parametrize(("path", "secret"), PATHS.items())
def test_a_signed_event_reaches_the_database_as_it_was_signed(
    client: FlaskClient, noting: NotingDatabase, path: str, secret: str
) -> None:
    body = json.dumps(an_event(account="acct_1"), indent=2)
    response = client.post(path, **sign(body, secret))
    assert response.status_code == 200
    assert response.json == {"event_id": "evt_1", "outcome": "processed"}
    [(endpoint, event)] = noting.events
    assert endpoint == ("platform" if path == "/stripe/webhooks" else "connect")
    assert (event.raw, event.payload) == (body.encode(), body)
    assert (event.type, event.account, event.livemode) == (
        "payment_intent.succeeded",
        "acct_1",
        False,
    )
    assert event.created_at.timestamp() == 1_760_000_000


@pytest.mark.parametrize("path", PATHS)
def test_an_endpoint_does_not_take_the_other_one_s_secret(
    client: FlaskClient, noting: NotingDatabase, path: str
) -> None:
    [other] = [secret for known, secret in PATHS.items() if known != path]
    response = client.post(path, **sign(BODY, other))
    assert (response.status_code, code_of(response)) == (400, "signature_mismatch")
    assert noting.events == []


SIGNATURES: dict[str, tuple[str | None, str]] = {
    "no header": (None, "signature_missing"),
    "empty header": ("", "signature_missing"),
    "forged": (f"t={real_time()},v1={'0' * 64}", "signature_mismatch"),
    "not ASCII": (f"t={real_time()},v1=\xe9", "signature_malformed"),
    "only v0": (f"t={real_time()},v0={'0' * 64}", "signature_mismatch"),
    "only a time": (f"t={real_time()}", "signature_mismatch"),
    "no time": (f"v1={'0' * 64}", "signature_malformed"),
    "time that is a word": (f"t=abc,v1={'0' * 64}", "signature_malformed"),
    "time that is a float": (f"t=1e9,v1={'0' * 64}", "signature_malformed"),
    "negative time": (f"t=-1,v1={'0' * 64}", "signature_malformed"),
    "endless time": (f"t={'9' * 400},v1={'0' * 64}", "signature_malformed"),
    "other digits": (f"t=\u0661\u0662,v1={'0' * 64}", "signature_malformed"),
    "two times": (f"t=1,t={real_time()},v1={'0' * 64}", "signature_malformed"),
    "no equals sign": ("hello", "signature_malformed"),
    "64 KB": (f"t={real_time()}," + ",".join(["v1=0"] * 16_000), "signature_malformed"),
}


@pytest.mark.parametrize(("header", "code"), SIGNATURES.values(), ids=SIGNATURES)
def test_a_bad_signature_is_refused(
    client: FlaskClient, noting: NotingDatabase, header: str | None, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    if header is not None:
        headers["Stripe-Signature"] = header.encode().decode("latin-1")
    response = client.post("/stripe/webhooks", data=BODY, headers=headers)
    assert (response.status_code, code_of(response)) == (400, code)
    assert noting.events == []


@pytest.mark.parametrize("age", [301, 86_400, -301, -86_400, -10 * 365 * 86_400])
def test_a_signature_far_from_the_present_is_refused(
    client: FlaskClient, noting: NotingDatabase, age: int
) -> None:
    # A second may pass between signing and checking, so the future ones are signed further away.
    response = client.post("/stripe/webhooks", **sign(BODY, age=age - 5 if age < 0 else age))
    assert (response.status_code, code_of(response)) == (400, "signature_outside_tolerance")
    assert noting.events == []


@pytest.mark.parametrize("age", [0, 290, -290])
def test_a_signature_within_five_minutes_is_accepted(client: FlaskClient, age: int) -> None:
    assert client.post("/stripe/webhooks", **sign(BODY, age=age)).status_code == 200


def test_a_body_altered_by_one_byte_is_refused(client: FlaskClient, noting: NotingDatabase) -> None:
    signed = sign(BODY)
    signed["data"] = signed["data"].replace(b"pi_1", b"pi_2")
    response = client.post("/stripe/webhooks", **signed)
    assert (response.status_code, code_of(response)) == (400, "signature_mismatch")
    assert noting.events == []


def test_one_good_signature_among_several_is_enough(client: FlaskClient) -> None:
    """While a secret is rolled, Stripe signs with the old one and the new one."""
    good = header_of()
    time_of, signature = good.split(",")
    for header in (f"{time_of},v1={'0' * 64},{signature}", f"{good},v1={'0' * 64},v0=x"):
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        assert client.post("/stripe/webhooks", data=BODY, headers=headers).status_code == 200


BODIES: dict[str, bytes] = {
    "empty": b"",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a string": b'"x"',
    "a byte order mark": b"\xef\xbb\xbf" + BODY.encode(),
    "not UTF-8": b'{"id": "evt_\xff"}',
    "a surrogate in UTF-8": b'{"id": "evt_\xed\xa0\x80"}',
    "gzip": gzip.compress(BODY.encode()),
    "cut off": BODY.encode()[:-1],
    "followed by more": BODY.encode() + b"{}",
    "100,000 levels": b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 5,000 digits": b'{"id": ' + b"9" * 5_000 + b"}",
    "no id": json.dumps({k: v for k, v in an_event().items() if k != "id"}).encode(),
    "an id with NUL": json.dumps(an_event(id="evt_\0")).encode(),
    "an id with a lone surrogate": json.dumps(an_event(id="evt_\ud800")).encode(),
    "an id that is a number": json.dumps(an_event(id=1)).encode(),
    "an id of 300 characters": json.dumps(an_event(id="e" * 300)).encode(),
    "a type with a space": json.dumps(an_event(type="a b")).encode(),
    "a mode that is a word": json.dumps(an_event(livemode="false")).encode(),
    "a time that is NaN": json.dumps(an_event(created=float("nan"))).encode(),
    "a time beyond the calendar": json.dumps(an_event(created=10**15)).encode(),
    "another object": json.dumps(an_event(object="charge")).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_signed_body_that_is_no_event_is_refused(
    client: FlaskClient, noting: NotingDatabase, body: bytes
) -> None:
    response = client.post("/stripe/webhooks", **sign_bytes(body))
    assert (response.status_code, code_of(response)) == (400, "event_malformed")
    assert noting.events == []


def test_a_thin_event_is_refused_with_advice(client: FlaskClient, noting: NotingDatabase) -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}
    response = client.post("/stripe/webhooks", **sign(thin))
    assert (response.status_code, code_of(response)) == (400, "event_is_thin")
    assert response.json is not None
    assert "snapshot" in response.json["hint"]
    assert noting.events == []


POISON = {
    "NUL": r'{"name": "\u0000"}',
    "lone surrogate": r'{"name": "\ud800"}',
    "NaN": '{"amount": NaN}',
    "infinity": '{"amount": -Infinity}',
    "number without bounds": '{"amount": 1e400}',
    "duplicate keys": '{"amount": 1, "amount": 2}',
}


@pytest.mark.parametrize("inside", POISON.values(), ids=POISON)
def test_poison_inside_an_event_is_left_to_the_database(
    client: FlaskClient, noting: NotingDatabase, inside: str
) -> None:
    body = json.dumps(an_event()).replace('"pi_1"', inside)
    assert client.post("/stripe/webhooks", **sign(body)).status_code == 200
    [(_, event)] = noting.events
    assert (event.raw, event.payload) == (body.encode(), body)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(
    client: FlaskClient, noting: NotingDatabase, content_type: str | None
) -> None:
    signed = sign(BODY)
    if content_type:
        signed["headers"]["Content-Type"] = content_type
    else:
        del signed["headers"]["Content-Type"]
    response = client.post("/stripe/webhooks", **signed)
    assert (response.status_code, code_of(response)) == (415, "unsupported_content_type")
    assert noting.events == []


def test_stripe_s_content_type_is_taken(client: FlaskClient) -> None:
    signed = sign(BODY)
    signed["headers"]["Content-Type"] = "application/json; charset=utf-8"
    assert client.post("/stripe/webhooks", **signed).status_code == 200


def test_a_body_above_512_kib_is_refused(client: FlaskClient, noting: NotingDatabase) -> None:
    padding = "x" * (512 * 1024 - len(json.dumps(an_event(padding=""))))
    at_limit = client.post("/stripe/webhooks", **sign(an_event(padding=padding)))
    assert at_limit.status_code == 200
    above = client.post("/stripe/webhooks", **sign(an_event(padding=padding + "x")))
    assert (above.status_code, code_of(above)) == (413, "body_too_large")
    assert len(noting.events) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_allowed(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method, headers={"Origin": "https://evil.example.com"})
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "path", ["/stripe/webhooks/../../etc/passwd", "/stripe/webhooks/", "/stripe", "/%2e%2e/", "//"]
)
def test_no_other_path_leads_anywhere(client: FlaskClient, path: str) -> None:
    response = client.post(path, **sign(BODY))
    assert (response.status_code, code_of(response)) == (404, "no_such_route")
