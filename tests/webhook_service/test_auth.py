"""Who may use the user endpoints: asked with a body that is no request, 422 means let in."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient

import webhook_service
from tests.instant import real_time
from tests.webhook_service.conftest import NotingDatabase, code_of
from tests.webhook_service.settings import JWT_SECRET
from webhook_service.config import Config

USER_ENDPOINTS = [
    "/payment-intents",
    "/connect/onboarding-links",
    "/connect/account-sessions",
    "/connect/dashboard-links",
    "/connect/sync",
]


def claims(**changed: Any) -> dict[str, Any]:
    usual = {
        "sub": str(uuid4()),
        "aud": "authenticated",
        "role": "authenticated",
        "exp": real_time() + 3600,
        "is_anonymous": False,
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def token(key: Any = JWT_SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm=algorithm)


def ask(client: FlaskClient, bearer: str | None, path: str = "/payment-intents") -> Any:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post(path, json={"strange": True}, headers=headers)


@pytest.mark.parametrize("path", USER_ENDPOINTS)
def test_a_signed_in_user_is_let_in(client: FlaskClient, path: str) -> None:
    response = ask(client, token(), path)
    assert (response.status_code, code_of(response)) == (422, "invalid_request")


def forge(algorithm: str, secret: bytes) -> str:
    """What no library would sign: `alg: none`, or HS256 with a public key as the secret."""

    def encode(part: bytes) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    header = {"alg": algorithm, "typ": "JWT", "kid": "key-1"}
    signed = b".".join(encode(json.dumps(part).encode()) for part in (header, claims()))
    signature = hmac.digest(secret, signed, "sha256") if secret else b""
    return b".".join([signed, encode(signature)]).decode()


REFUSED: dict[str, tuple[str | None, int, str]] = {
    "none": (None, 401, "missing_token"),
    "empty": ("", 401, "missing_token"),
    "no token": ("abc", 401, "invalid_token"),
    "without a signature": (forge("none", b""), 401, "invalid_token"),
    "with another secret": (token("x" * 40), 401, "invalid_token"),
    "with another algorithm": (token(algorithm="HS512"), 401, "invalid_token"),
    "expired": (token(exp=real_time() - 1), 401, "token_expired"),
    "without an end": (token(exp=None), 401, "invalid_token"),
    "not valid yet": (token(nbf=real_time() + 3600), 401, "invalid_token"),
    "for another audience": (token(aud="anon"), 401, "invalid_token"),
    "without an audience": (token(aud=None), 401, "invalid_token"),
    "without a subject": (token(sub=None), 401, "invalid_token"),
    "whose subject is no uuid": (token(sub="admin"), 401, "invalid_token"),
    "of the service": (token(role="service_role"), 403, "user_required"),
    "without a role": (token(role=None), 403, "user_required"),
    "of an anonymous sign-in": (token(is_anonymous=True), 403, "user_required"),
}


@pytest.mark.parametrize(("bearer", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_is_no_user_s_is_refused(
    client: FlaskClient, bearer: str | None, status: int, code: str
) -> None:
    response = ask(client, bearer)
    assert (response.status_code, code_of(response)) == (status, code)
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_the_api_key_of_the_project_is_no_user_s_token(client: FlaskClient) -> None:
    anon_key = jwt.encode({"iss": "supabase", "role": "anon", "exp": 2**31}, JWT_SECRET)
    assert ask(client, anon_key).status_code == 401


def test_another_scheme_is_refused(client: FlaskClient) -> None:
    response = client.post("/payment-intents", json={}, auth=("user", token()))
    assert (response.status_code, code_of(response)) == (401, "missing_token")


class Keys(HTTPServer):
    """Publishes keys as Supabase Auth does."""

    published: list[dict[str, Any]]

    class Handler(BaseHTTPRequestHandler):
        server: Keys

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": self.server.published}).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


@pytest.fixture(scope="module")
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def keys(signing_key: ec.EllipticCurvePrivateKey) -> Iterator[Keys]:
    server = Keys(("127.0.0.1", 0), Keys.Handler)
    public = jwt.algorithms.ECAlgorithm.to_jwk(signing_key.public_key(), as_dict=True)
    server.published = [{**public, "kid": "key-1", "alg": "ES256", "use": "sig"}]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client_with_keys(
    environment: pytest.MonkeyPatch, noting: NotingDatabase, keys: Keys
) -> FlaskClient:
    environment.delenv("SUPABASE_JWT_SECRET")
    environment.setenv("SUPABASE_JWKS_URL", keys.url)
    return webhook_service.create_app(Config.load()).test_client()


def test_published_keys_verify_tokens(
    client_with_keys: FlaskClient, signing_key: ec.EllipticCurvePrivateKey
) -> None:
    good = jwt.encode(claims(), signing_key, algorithm="ES256", headers={"kid": "key-1"})
    assert ask(client_with_keys, good).status_code == 422


def test_a_public_key_is_no_shared_secret(
    client_with_keys: FlaskClient, signing_key: ec.EllipticCurvePrivateKey
) -> None:
    """The classic confusion: HS256 with the published key as the secret."""
    public = signing_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert code_of(ask(client_with_keys, forge("HS256", public))) == "invalid_token"


def test_an_unknown_key_is_refused(client_with_keys: FlaskClient) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    for headers in ({"kid": "key-1"}, {"kid": "key-2"}, {}):
        forged = jwt.encode(claims(), other, algorithm="ES256", headers=headers)
        assert code_of(ask(client_with_keys, forged)) == "invalid_token"


def test_absent_keys_are_not_the_user_s_fault(
    client_with_keys: FlaskClient, keys: Keys, signing_key: ec.EllipticCurvePrivateKey
) -> None:
    keys.shutdown()
    keys.server_close()
    good = jwt.encode(claims(), signing_key, algorithm="ES256", headers={"kid": "key-1"})
    response = ask(client_with_keys, good)
    assert (response.status_code, code_of(response)) == (503, "sign_in_unavailable")
    assert "Retry-After" in response.headers


@pytest.mark.parametrize("path", USER_ENDPOINTS)
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"data": "{}"}, 415, "unsupported_content_type"),
        ({"data": "{", "content_type": "application/json"}, 422, "invalid_request"),
        ({"data": b"\xff", "content_type": "application/json"}, 422, "invalid_request"),
        ({"json": []}, 422, "invalid_request"),
        ({"json": {"booking_id": "x", "instructor_id": "x"}}, 422, "invalid_request"),
        ({"json": {"booking_id": str(uuid4()), "amount_cents": 1}}, 422, "invalid_request"),
        (
            {"json": {"return_url": "javascript:alert(1)", "refresh_url": "x"}},
            422,
            "invalid_request",
        ),
    ],
)
def test_a_bad_body_is_refused_before_anything_happens(
    client: FlaskClient, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    response = client.post(path, headers=headers, **sent)
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize("path", USER_ENDPOINTS)
def test_a_configured_frontend_may_call_from_a_browser(client: FlaskClient, path: str) -> None:
    origin = {"Origin": "https://app.example.com"}
    preflight = client.options(path, headers=origin)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    answer = client.post(path, json={}, headers=origin)
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "https://app.example.com.evil"]
)
def test_no_other_site_may_call_from_a_browser(client: FlaskClient, origin: str) -> None:
    preflight = client.options("/payment-intents", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("http://localhost:5173", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:5173", True),
        ("https://localhost:5173", False),
        ("http://localhost", False),
        ("http://localhost:5173.evil.example", False),
        ("http://localhost.evil.example:5173", False),
        ("http://localhost:*", False),
    ],
)
def test_every_port_of_a_developers_machine_can_be_allowed(
    environment: pytest.MonkeyPatch, noting: NotingDatabase, origin: str, is_allowed: bool
) -> None:
    environment.setenv("CORS_ORIGINS", "http://localhost:* http://127.0.0.1:*")
    client = webhook_service.create_app(Config.load()).test_client()
    preflight = client.options("/payment-intents", headers={"Origin": origin})
    allowed = preflight.headers.get("Access-Control-Allow-Origin")
    assert allowed == (origin if is_allowed else None)


@pytest.mark.parametrize(
    ("sent", "hint"),
    [
        ({}, "send one of order_id, booking_id and credit_id."),
        ({"booking_id": "x"}, "booking_id: Input should be a valid UUID"),
    ],
)
def test_a_bad_body_is_explained_in_plain_words(
    client: FlaskClient, sent: dict[str, Any], hint: str
) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    answer = client.post("/payment-intents", headers=headers, json=sent)
    assert answer.json is not None
    assert answer.json["hint"].startswith(hint)
