import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest

from tests.instant import real_time
from tests.patience import PATIENCE
from tools.cluster import Api, Cluster


def as_user(api: Api, user_id: object, **claims: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.mint_token(user_id, **claims)}"}


def test_a_request_runs_as_its_caller(notes_api: Api, anonymous: httpx.Client) -> None:
    user_id = str(uuid4())
    answer = anonymous.post("/rest/v1/rpc/who_am_i", headers=as_user(notes_api, user_id))
    assert answer.json() == {
        "session_user": "authenticator",
        "current_user": "authenticated",
        "uid": user_id,
        "user_agent": anonymous.headers["user-agent"],
    }


def test_the_keys_stand_for_anon_and_service_role(notes_api: Api, anonymous: httpx.Client) -> None:
    anon = anonymous.post("/rest/v1/rpc/who_am_i").json()
    service = anonymous.post(
        "/rest/v1/rpc/who_am_i", headers={"apikey": notes_api.service_key}
    ).json()
    assert (anon["current_user"], service["current_user"]) == ("anon", "service_role")


def test_a_table_request_carries_its_headers(
    cluster: Cluster, notes_api: Api, anonymous: httpx.Client, notes_database: str
) -> None:
    with psycopg.connect(cluster.url("postgres", notes_database)) as connection:
        connection.execute(
            """
            create view public.request as
                select current_setting('request.headers')::jsonb ->> 'x-request-id' as id;
            grant select on public.request to anon;
            """
        )
    headers = {"X-Request-Id": "r-1"}
    assert eventually(lambda: anonymous.get("/rest/v1/request", headers=headers).json()) == [
        {"id": "r-1"}
    ]


def test_rows_go_to_their_owner_as_postgrest_writes_them(
    notes_api: Api, anonymous: httpx.Client
) -> None:
    owner = as_user(notes_api, uuid4())
    written = anonymous.post(
        "/rest/v1/notes",
        headers=owner | {"Prefer": "return=representation"},
        json={"body": {"a": [1]}},
    )
    [note] = written.json()
    assert written.status_code == 201
    assert (note["body"], note["price"], note["written_at"]) == (
        {"a": [1]},
        1.5,
        "2026-07-01T12:00:00+00:00",
    )
    query = {"id": f"eq.{note['id']}"}
    assert anonymous.get("/rest/v1/notes", params=query, headers=owner).json() == [note]
    other = as_user(notes_api, uuid4())
    assert anonymous.get("/rest/v1/notes", params=query, headers=other).json() == []


@pytest.mark.parametrize("key", ["anon_key", "service_key"])
def test_a_table_that_is_not_granted_is_refused(
    notes_api: Api, anonymous: httpx.Client, key: str
) -> None:
    answer = anonymous.get("/rest/v1/notes", headers={"apikey": getattr(notes_api, key)})
    assert answer.json()["code"] == "42501"


def test_serving_requests_grants_nothing(
    cluster: Cluster, notes_database: str, notes_api: Api, anonymous: httpx.Client
) -> None:
    anonymous.get("/rest/v1/notes")
    anonymous.get("/rest/v1/notes", headers=as_user(notes_api, uuid4()))
    anonymous.get("/rest/v1/notes", headers={"apikey": notes_api.service_key})
    with psycopg.connect(cluster.admin_url(notes_database)) as connection:
        granted = connection.execute(
            """
            select role, 'private', 'usage'
            from unnest(array['anon', 'authenticated', 'service_role']) as role
            where has_schema_privilege(role, 'private', 'usage')
            union
            select grantee::regrole::text, oid::regclass::text, lower(privilege_type)
            from pg_class, aclexplode(relacl)
            where
                oid in ('private.ledger'::regclass, 'public.notes'::regclass)
                and grantee <> relowner
            """
        ).fetchall()
    assert set(granted) == {
        ("authenticated", "notes", "select"),
        ("authenticated", "notes", "insert"),
    }


def test_a_schema_that_is_not_exposed_is_refused(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/rest/v1/ledger", headers={"Accept-Profile": "private"})
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106")


def test_a_refusal_in_sql_keeps_its_status_and_words(anonymous: httpx.Client) -> None:
    answer = anonymous.post("/rest/v1/rpc/refuse")
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "PT409",
        "message": "That time is taken.",
        "hint": "Choose another.",
        "details": '{"code": "slot_taken"}',
    }


def test_a_change_of_the_schema_is_seen_without_a_restart(
    cluster: Cluster, notes_database: str, anonymous: httpx.Client
) -> None:
    assert anonymous.post("/rest/v1/rpc/just_made").status_code == 404
    with psycopg.connect(cluster.url("postgres", notes_database)) as connection:
        connection.execute("create function public.just_made() returns int return 1")
    assert eventually(lambda: anonymous.post("/rest/v1/rpc/just_made").json()) == 1


def test_a_key_that_is_missing_or_unknown_is_refused(anonymous: httpx.Client) -> None:
    del anonymous.headers["apikey"]
    assert anonymous.get("/rest/v1/notes").status_code == 401
    assert anonymous.get("/rest/v1/notes", headers={"apikey": "sb_guess"}).status_code == 401


def test_a_token_signed_by_somebody_else_is_refused(
    notes_api: Api, anonymous: httpx.Client
) -> None:
    claims = {"sub": str(uuid4()), "role": "service_role", "exp": real_time() + 60}
    forged = jwt.encode(claims, "x" * 40, algorithm="HS256")
    answer = anonymous.post("/rest/v1/rpc/who_am_i", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


def test_a_token_that_has_expired_is_refused(notes_api: Api, anonymous: httpx.Client) -> None:
    late = as_user(notes_api, uuid4(), exp=real_time() - 60)
    assert anonymous.post("/rest/v1/rpc/who_am_i", headers=late).status_code == 401


@pytest.mark.parametrize("role", ["postgres", "supabase_admin", "supabase_auth_admin"])
def test_a_token_cannot_name_a_role_beyond_the_api(
    notes_api: Api, anonymous: httpx.Client, role: str
) -> None:
    token = as_user(notes_api, uuid4(), role=role)
    answer = anonymous.post("/rest/v1/rpc/who_am_i", headers=token)
    assert answer.is_error
    assert "current_user" not in answer.json()


def test_nothing_else_is_served(anonymous: httpx.Client) -> None:
    for path in ("/", "/_system/introspect", "/_system/config", "/storage/v1/bucket"):
        assert anonymous.get(path).status_code == 404


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` returns once it stops failing, or after half a minute."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = look()
        failed = isinstance(seen, dict) and "code" in seen
        if not failed or time.monotonic() > deadline:
            return seen
        time.sleep(0.02)
