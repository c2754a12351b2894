import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest

import supabase
from tools.cluster import LOCAL, Api, Cluster


@pytest.mark.slow
def test_supabase_js_signs_up_and_in(notes_api: Api) -> None:
    finished = subprocess.run(
        ["node", "--input-type=module", "-"],
        cwd=LOCAL,
        env=os.environ | {"API_URL": notes_api.url, "ANON_KEY": notes_api.anon_key},
        input=(Path(__file__).parent / "sign_up.mjs").read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    seen = json.loads(finished.stdout)
    assert seen == {
        "id": seen["id"],
        "fullName": "Jo Smith",
        "caller": seen["id"],
        "guestError": "anonymous_provider_disabled",
    }


def test_supabase_py_signs_up_and_in(notes_api: Api) -> None:
    client = supabase.create_client(notes_api.url, notes_api.anon_key)
    credentials: Any = {"email": "py@example.com", "password": "correct horse"}
    signed_up = client.auth.sign_up(credentials | {"options": {"data": {"full_name": "Jo"}}})
    client.auth.sign_out()
    client.auth.sign_in_with_password(credentials)
    client.auth.refresh_session()
    answer = client.auth.get_user()
    assert signed_up.user is not None
    assert answer is not None
    assert answer.user.id == signed_up.user.id
    assert answer.user.user_metadata["full_name"] == "Jo"
    caller: Any = client.rpc("who_am_i").execute().data
    assert caller["uid"] == signed_up.user.id


def test_what_a_user_says_about_themselves_is_stored_as_an_object(
    cluster: Cluster, notes_api: Api, notes_database: str
) -> None:
    client = supabase.create_client(notes_api.url, notes_api.anon_key)
    about: Any = {"full_name": "Jo", "goals": ["reverse", {"bay": True}]}
    client.auth.sign_up(
        {"email": "meta@example.com", "password": "correct horse", "options": {"data": about}}
    )
    with psycopg.connect(cluster.url("postgres", notes_database)) as connection:
        stored = connection.execute(
            "select raw_user_meta_data -> 'goals' from auth.users where email = 'meta@example.com'"
        ).fetchone()
    assert stored == (about["goals"],)


def test_a_short_password_is_refused(anonymous: httpx.Client) -> None:
    body = {"email": "short@example.com", "password": "1234567"}
    answer = anonymous.post("/auth/v1/signup", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (422, "weak_password")


@pytest.mark.parametrize(
    "path", ["/auth/v1/signup", "/auth/v1/local/second-factor", "/rest/v1/notes"]
)
def test_a_browser_may_send_what_supabase_js_sends(anonymous: httpx.Client, path: str) -> None:
    asked = "apikey,authorization,content-type,x-client-info,x-supabase-api-version"
    answer = anonymous.options(
        path,
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert set(asked.split(",")) <= set(allowed)


def test_who_is_calling_is_read_from_either_setting(cluster: Cluster) -> None:
    user_id = "4f6e1c34-9f7b-4c55-8a43-3d1f1c5a0001"
    claims = json.dumps({"sub": user_id, "role": "authenticated", "email": "a@example.com"})
    with psycopg.connect(cluster.url("postgres", "postgres")) as connection:
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        seen = connection.execute(
            "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'"
        ).fetchone()
        assert seen == (user_id, "authenticated", "a@example.com", user_id)
        connection.rollback()
        connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user_id])
        assert connection.execute("select auth.uid()::text").fetchone() == (user_id,)
        connection.rollback()


def test_a_session_is_raised_to_a_second_factor(notes_api: Api) -> None:
    """In place of mfa.challengeAndVerify, for which Auth has no factors here."""
    client = supabase.create_client(notes_api.url, notes_api.anon_key)
    credentials: Any = {"email": "factor@example.com", "password": "correct horse"}
    session = client.auth.sign_up(credentials).session
    assert session is not None
    raised = raise_session(notes_api, session.access_token).json()["access_token"]
    claims, before = (
        jwt.decode(token, notes_api.jwt_secret, ["HS256"], audience="authenticated")
        for token in (raised, session.access_token)
    )
    assert claims == before | {"aal": "aal2"}
    client.postgrest.auth(raised)
    caller: Any = client.rpc("who_am_i").execute().data
    assert caller["uid"] == before["sub"]


def test_nobody_elses_token_is_raised(notes_api: Api) -> None:
    forged = jwt.encode({"sub": "me", "exp": 2000000000}, "another secret" * 4, "HS256")
    expired = notes_api.mint_token("me", exp=1)
    for token in ("x", "a.b.c", "\u00e9", forged, expired, notes_api.anon_key):
        answer = raise_session(notes_api, token)
        assert answer.status_code == 401, token


def raise_session(api: Api, token: str) -> httpx.Response:
    return httpx.post(
        f"{api.url}/auth/v1/local/second-factor",
        headers={b"Authorization": f"Bearer {token}".encode()},
    )
