"""An account of Accounts API v2 says in the words of v1 what it allows, and what is asked for."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World, account_object

CODES = {
    "pending": "determining_status",
    "rejected": "rejected_fraud",
    "restricted": "requirements_past_due",
    "unsupported": "unsupported_country",
}


def capability(status: str) -> dict[str, Any]:
    details = [{"code": CODES[status], "resolution": "provide_info"}] if status != "active" else []
    return {"status": status, "status_details": details}


def entry(
    reason: str = "routine_onboarding", who: str = "user", due: str = "currently_due"
) -> dict[str, Any]:
    return {
        "awaiting_action_from": who,
        "description": "identity.individual.address",
        "errors": [],
        "impact": {},
        "minimum_deadline": {"status": due},
        "requested_reasons": [{"code": reason}],
    }


def account(
    transfers: str | None, payouts: str | None, entries: list[dict[str, Any]] | None
) -> dict[str, Any]:
    known = {"stripe_transfers": transfers, "payouts": payouts}
    balance = {name: capability(status) for name, status in known.items() if status}
    return {
        "id": "acct_1",
        "object": "v2.core.account",
        "created": "2026-10-28T10:00:00.900Z",
        "dashboard": "express",
        "configuration": {"recipient": {"capabilities": {"stripe_balance": balance}}},
        "defaults": {"currency": "gbp"},
        "identity": {"country": "gb", "entity_type": "individual"},
        "requirements": None if entries is None else {"entries": entries},
    }


def facts_of(world: World, account: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = world.value("select private.account_as_v1(%s)", Jsonb(account))
    return facts


def status_of(world: World, account: dict[str, Any]) -> str:
    status: str = world.value(
        "select private.connect_status_of(private.account_as_v1(%s))", Jsonb(account)
    )
    return status


def test_an_account_of_v1_speaks_for_itself(world: World) -> None:
    account = account_object({"connect_account_id": "a-b", "org_id": "c"}, ready=True)
    assert facts_of(world, account) == account


def test_an_account_is_ready_only_if_money_can_arrive_and_leave(world: World) -> None:
    states = ["active", *CODES]
    stopped = ("rejected", "unsupported")
    asked: list[list[dict[str, Any]]] = [
        [],
        [entry()],
        [entry("routine_verification")],
        [entry(who="stripe"), entry(due="eventually_due")],
    ]
    for transfers, payouts, entries in product(states, [*states, None], asked):
        if entries == [entry()]:
            expected = "incomplete"
        elif transfers in stopped or (transfers == "active" and payouts in stopped):
            expected = "paused"
        elif transfers == "active" and payouts in ("active", None):
            expected = "ready"
        elif entries == [entry("routine_verification")]:
            expected = "incomplete"
        else:
            expected = "under_review"
        case = account(transfers, payouts, entries)
        assert status_of(world, case) == expected, (transfers, payouts, entries)


def test_what_an_answer_leaves_out_makes_nobody_ready(world: World) -> None:
    bare = {"id": "acct_1", "object": "v2.core.account", "created": "2026-10-28T10:00:00Z"}
    for left_out in (
        bare,
        bare | {"configuration": None, "requirements": None, "identity": None, "defaults": None},
        account(None, "active", []),
        account(None, None, None),
    ):
        assert status_of(world, left_out) == "incomplete"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("created", 1793181600),
        ("type", "express"),
        ("country", "GB"),
        ("default_currency", "gbp"),
        ("business_type", "individual"),
        ("charges_enabled", False),
    ],
)
def test_its_other_fields_are_those_of_v1(world: World, field: str, expected: object) -> None:
    assert facts_of(world, account("active", "active", []))[field] == expected


def test_what_is_asked_of_the_payee_is_kept_for_admins(world: World) -> None:
    entries = [entry("routine_verification", due="past_due"), entry(who="stripe")]
    wanted = facts_of(world, account("restricted", "active", entries))["requirements"]
    assert wanted["disabled_reason"] == "requirements_past_due"
    assert wanted["currently_due"] == ["identity.individual.address"]
    assert wanted["entries"] == entries
