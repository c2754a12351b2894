"""Where a Stripe account stands, as a truth table of what Stripe says of it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World


def status_of(world: World, account: dict[str, Any]) -> str:
    status: str = world.value("select private.connect_status_of(%s)", Jsonb(account))
    return status


def account(
    submitted: bool, transfers: str | None, payouts: bool, disabled: str | None, due: list[str]
) -> dict[str, Any]:
    return {
        "details_submitted": submitted,
        "payouts_enabled": payouts,
        "capabilities": {"transfers": transfers} if transfers else {},
        "requirements": {"disabled_reason": disabled, "currently_due": due},
    }


def test_an_account_is_ready_only_if_money_can_arrive_and_leave(world: World) -> None:
    submitted = [True, False]
    transfers = ["active", "inactive", "pending", None]
    payouts = [True, False]
    disabled = [None, "requirements.past_due", "under_review", "rejected.fraud", "listed"]
    due: list[list[str]] = [[], ["individual.dob.day"]]
    for case in product(submitted, transfers, payouts, disabled, due):
        is_submitted, transfer, can_pay_out, reason, currently_due = case
        if not is_submitted:
            expected = "incomplete"
        elif reason in ("rejected.fraud", "listed"):
            expected = "paused"
        elif transfer == "active" and can_pay_out:
            expected = "ready"
        elif currently_due:
            expected = "incomplete"
        else:
            expected = "under_review"
        assert status_of(world, account(*case)) == expected, case


@pytest.mark.parametrize("reason", ["rejected.terms_of_service", "platform_paused", "listed"])
def test_an_account_that_stripe_stopped_is_paused_whatever_else(world: World, reason: str) -> None:
    assert status_of(world, account(True, "active", True, reason, [])) == "paused"


@pytest.mark.parametrize("missing", ["capabilities", "requirements", "payouts_enabled"])
def test_an_account_of_which_something_is_missing_is_not_ready(world: World, missing: str) -> None:
    told = account(True, "active", True, None, [])
    del told[missing]
    expected = "ready" if missing == "requirements" else "under_review"
    assert status_of(world, told) == expected
