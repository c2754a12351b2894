"""A browser asks before it calls: the local stack answers as hosted's PostgREST does."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from tests.patience import PATIENCE
from tools.cluster import Api, Cluster

FRONTEND = "http://localhost:5173"
SENT_BY_SUPABASE_JS = "apikey,authorization,content-profile,content-type,x-client-info"
PREFLIGHT = {
    "Origin": FRONTEND,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": SENT_BY_SUPABASE_JS,
}


def words_of(answer: httpx.Response, header: str) -> set[str]:
    return {word.strip().lower() for word in answer.headers.get(header, "").split(",")}


def allows(answer: httpx.Response, *headers: str) -> bool:
    """Whether a browser goes on and sends the request that it asked about."""
    return (
        answer.status_code in (200, 204)
        and answer.headers.get("Access-Control-Allow-Origin") in ("*", FRONTEND)
        and set(headers) <= words_of(answer, "Access-Control-Allow-Headers")
    )


def test_the_preflight_of_every_function_is_answered_as_by_postgrest(
    cluster: Cluster, api: Api
) -> None:
    with psycopg.connect(cluster.url("postgres", "served")) as connection:
        functions = connection.execute(
            "select distinct proname from pg_proc where pronamespace = 'public'::regnamespace"
        ).fetchall()
    assert len(functions) > 50
    with httpx.Client(base_url=api.url, headers=PREFLIGHT, timeout=PATIENCE) as client:
        answers = {name: client.options(f"/rest/v1/rpc/{name}") for (name,) in functions}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 200
    )
    for answer in answers.values():
        assert answer.content == b""
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == (
            "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
        )
        assert answer.headers["Access-Control-Allow-Headers"] == (
            "Authorization, apikey, content-profile, content-type, x-client-info,"
            " Accept, Accept-Language, Content-Language"
        )
        assert answer.headers["Access-Control-Max-Age"] == "86400"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/rest/v1/notes", "GET"),
        ("/rest/v1/notes", "PATCH"),
        ("/rest/v1/rpc/no_such_function", "POST"),
        ("/auth/v1/signup", "POST"),
        ("/auth/v1/token?grant_type=password", "POST"),
        ("/auth/v1/user", "PUT"),
        ("/auth/v1/logout?scope=global", "POST"),
    ],
)
def test_a_browser_may_send_what_supabase_js_sends(
    anonymous: httpx.Client, path: str, method: str
) -> None:
    del anonymous.headers["apikey"]  # a browser's question carries none
    asked = PREFLIGHT | {"Access-Control-Request-Method": method}
    answer = anonymous.options(path, headers=asked)
    assert allows(answer, *SENT_BY_SUPABASE_JS.split(",")), (answer.status_code, answer.headers)
    assert method.lower() in words_of(answer, "Access-Control-Allow-Methods")


def test_a_page_may_read_answers_and_refusals(anonymous: httpx.Client) -> None:
    anonymous.headers["Origin"] = FRONTEND
    called = anonymous.post("/rest/v1/rpc/who_am_i")
    refused = anonymous.post("/rest/v1/rpc/refuse")
    unknown = anonymous.post("/rest/v1/rpc/no_such_function")
    without_key = anonymous.get("/rest/v1/notes", headers={"apikey": "sb_guess"})
    bad_login = anonymous.post(
        "/auth/v1/token?grant_type=password", json={"email": "x@example.com", "password": "wrong"}
    )
    assert [answer.status_code for answer in (called, refused, unknown, without_key)] == [
        200,
        409,
        404,
        401,
    ]
    assert bad_login.status_code == 400
    for answer in (called, refused, unknown, without_key, bad_login):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = words_of(called, "Access-Control-Expose-Headers")
    assert {"content-range", "content-location", "location", "range-unit"} <= exposed


def test_a_function_says_how_it_may_be_called(anonymous: httpx.Client) -> None:
    stable = anonymous.options("/rest/v1/rpc/who_am_i")
    volatile = anonymous.options("/rest/v1/rpc/note_price")
    unknown = anonymous.options("/rest/v1/rpc/no_such_function")
    assert (stable.status_code, stable.headers["Allow"]) == (200, "OPTIONS,GET,HEAD,POST")
    assert (volatile.status_code, volatile.headers["Allow"]) == (200, "OPTIONS,POST")
    assert unknown.status_code == 404
