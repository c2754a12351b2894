"""Over the Data API, each person can call what matrix.toml says, and nothing of private."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.access.conftest import Served
from tests.access.marketplace import Parties, Person
from tests.access.matrix import ALLOWED, NO_ROWS, REFUSED, Call, Matrix, load
from tests.access.oracle import fill

CALLS = [call for function in load().functions for call in function.calls]


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_who_may_not_do_a_thing_is_told_so(served: Served, call: Call) -> None:
    parties = Parties(**fill(call.of, served.marketplace.values))
    expected = {
        person: call.outcomes[served.marketplace.audience(person, parties)]
        for person in served.marketplace.people
    }
    refused = [person for person in served.marketplace.people if expected[person] != ALLOWED]
    with served.world.unchanged():
        outcomes = {person: outcome(rpc(served, person, call), person) for person in refused}
    assert outcomes == {person: expected[person] for person in refused}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Ben", "Pat", "visitor"])
def test_no_function_of_private_is_offered(served: Served, matrix: Matrix, name: str) -> None:
    person = served.marketplace.person(name)
    names = [*matrix.private_functions, "no_such_function"]
    offered = {function.name for function in matrix.functions}
    requests = [
        {"method": "POST", "path": f"/rpc/{name}", "json": {}}
        for name in names
        if name not in offered
    ]
    answers = served.send_each((person, request) for request in requests)
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "PGRST202")
    }


@pytest.mark.parametrize("schema", ["private", "auth", "extensions", "pg_catalog"])
def test_no_other_schema_is_served(served: Served, schema: str) -> None:
    pat = served.marketplace.person("Pat")
    read = served.send(pat, "GET", "/users", headers={"Accept-Profile": schema})
    write = served.send(pat, "POST", "/users", headers={"Content-Profile": schema}, json={})
    call = served.send(pat, "POST", "/rpc/clock", headers={"Content-Profile": schema}, json={})
    assert [answer.status_code for answer in (read, write, call)] == [406, 406, 406]


def rpc(served: Served, person: Person, call: Call) -> httpx.Response:
    known = served.marketplace.values | {"caller": person.user_id}
    arguments: dict[str, Any] = fill(call.arguments, known)
    return served.send(
        person, "POST", f"/rpc/{call.function}", json=json.loads(json.dumps(arguments, default=str))
    )


def outcome(answer: httpx.Response, person: Person) -> str:
    """An outcome of matrix.toml, or what the answer was instead."""
    if answer.is_success:
        return ALLOWED if answer.json() else NO_ROWS
    error = answer.json()
    if answer.status_code == 401:
        asked_to_sign_in = (error["code"], error["details"]) == (
            "42501",
            '{"code": "sign_in_required"}',
        )
        return REFUSED if person.role == "anon" and asked_to_sign_in else f"401 {error}"
    if 400 <= answer.status_code < 500 and error["details"]:
        return str(json.loads(error["details"])["code"])
    return f"{answer.status_code} {error}"
