"""A token that Auth did not sign opens nothing, and one that it did opens no other role."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from tests.access.conftest import Served
from tests.instant import real_time
from tests.patience import PATIENCE

NOW = real_time()
SOMEBODY_ELSE = "another-secret-of-the-same-length-as-the-real-one-is-here"

# What a visitor may not read, and what a visitor may.
PATHS = ("/bookings?select=id", "/instructors?select=id", "/rpc/start_lesson")


def bens_claims(served: Served, **changes: Any) -> dict[str, Any]:
    person = served.marketplace.person("Ben")
    claims = {"sub": str(person.user_id), "role": "authenticated", "exp": NOW + 3600} | changes
    return {name: value for name, value in claims.items() if value is not None}


def ask(served: Served, token: str, path: str = "/bookings?select=id") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    if path.startswith("/rpc"):
        body = {"p_booking_id": str(served.marketplace.values["next_booking"])}
        return served.client.post(path, headers=headers, json=body)
    return served.client.get(path, headers=headers)


def signed(served: Served, **changes: Any) -> str:
    return jwt.encode(bens_claims(served, **changes), served.api.jwt_secret, "HS256")


def test_a_token_of_auth_is_taken(served: Served) -> None:
    assert ask(served, signed(served)).json() != []


@pytest.mark.parametrize(
    "changes",
    [{"exp": NOW - 60}, {"exp": 1}, {"exp": "tomorrow"}, {"nbf": NOW + 3600}],
    ids=["expired", "expired long ago", "never to be read", "not yet valid"],
)
def test_a_token_is_taken_only_in_its_time(served: Served, changes: dict[str, Any]) -> None:
    assert ask(served, signed(served, **changes)).status_code == 401


@pytest.mark.parametrize("role", ["authenticated", "service_role", "postgres", "supabase_admin"])
@pytest.mark.parametrize("path", PATHS)
def test_a_token_that_somebody_else_signed_is_refused(served: Served, role: str, path: str) -> None:
    forged = jwt.encode(bens_claims(served, role=role), SOMEBODY_ELSE, "HS256")
    with served.world.unchanged():
        assert ask(served, forged, path).status_code == 401


@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_a_token_that_nobody_signed_opens_nothing(served: Served, role: str) -> None:
    unsigned = jwt.encode(bens_claims(served, role=role), "", "none")
    own_signature = f"{unsigned}{signed(served).rsplit('.', 1)[1]}"
    for token in (unsigned, own_signature):
        assert ask(served, token).status_code == 401


@pytest.mark.parametrize("cut", ["header", "payload", "signature", "all"])
def test_a_broken_token_opens_nothing(served: Served, cut: str) -> None:
    header, payload, signature = signed(served).split(".")
    broken = {
        "header": f"{header[:-2]}.{payload}.{signature}",
        "payload": f"{header}.{payload[:-2]}.{signature}",
        "signature": f"{header}.{payload}.{signature[:-2]}",
        "all": "not-a-token",
    }
    assert ask(served, broken[cut]).status_code == 401


def test_the_payload_of_another_token_is_refused(served: Served) -> None:
    header, _, signature = signed(served).split(".")
    payload = signed(served, role="service_role").split(".")[1]
    assert ask(served, f"{header}.{payload}.{signature}").status_code == 401


@pytest.mark.parametrize(
    "role", ["postgres", "supabase_admin", "authenticator", "webhook_service", "jobs", "nobody"]
)
def test_a_signed_token_names_no_role_beyond_the_api(served: Served, role: str) -> None:
    for path in PATHS:
        answer = ask(served, signed(served, role=role), path)
        assert answer.status_code in (400, 401, 403), answer.text


@pytest.mark.parametrize(
    "subject", [None, "", "ben", "' or true --", "00000000-0000-0000-0000-000000000000"]
)
def test_a_token_without_a_person_reads_nothing(served: Served, subject: str | None) -> None:
    answer = ask(served, signed(served, sub=subject))
    assert (answer.status_code, answer.json()) == (200, []) or answer.status_code == 400


def test_a_forged_key_is_refused(served: Served) -> None:
    forged = jwt.encode({"role": "service_role", "exp": NOW + 60}, SOMEBODY_ELSE, "HS256")
    for headers in ({"apikey": forged}, {"apikey": forged, "Authorization": f"Bearer {forged}"}):
        answer = httpx.get(f"{served.api.url}/rest/v1/payments", headers=headers, timeout=PATIENCE)
        assert answer.status_code == 401


def test_the_service_key_reads_and_writes_nothing(served: Served) -> None:
    """It passes all policies, so it is granted no write and no function."""
    headers = {"apikey": served.api.service_key, "Prefer": "return=representation"}
    with (
        served.world.unchanged(),
        httpx.Client(
            base_url=f"{served.api.url}/rest/v1", headers=headers, timeout=PATIENCE
        ) as client,
    ):
        assert len(client.get("/payments").json()) == served.world.count("public.payments")
        for method, path in (
            ("PATCH", "/payments?amount_cents=gt.0"),
            ("POST", "/payments"),
            ("DELETE", "/payments?amount_cents=gt.0"),
            ("POST", "/rpc/start_lesson"),
        ):
            body = {"p_booking_id": str(served.marketplace.values["next_booking"])}
            json = body if "rpc" in path else {"status": "succeeded"}
            answer = client.request(method, path, json=None if method == "DELETE" else json)
            assert answer.status_code == 403, answer.text
