"""An account follows Stripe: the latest event counts, and payees see a status they can act on."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World, account_object

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def metadata(world: World) -> dict[str, Any]:
    """What we gave the Stripe account of an instructor who has just asked for one."""
    instructor = world.instructor()
    metadata: dict[str, Any] = world.open_account(instructor.user_id)["metadata"]
    return metadata


def tell(world: World, account: dict[str, Any], at: datetime | None = None) -> str:
    return world.deliver(
        "account.updated", account, endpoint="connect", account=account["id"], occurred_at=at
    )


def row(world: World) -> dict[str, Any]:
    return world.row("select * from public.stripe_connect_accounts")


def test_an_account_that_can_be_paid_is_ready(world: World, metadata: dict[str, Any]) -> None:
    account = account_object(metadata, ready=True)
    assert tell(world, account) == "processed"
    known = row(world)
    assert known["status"] == "ready"
    assert known["stripe_account_id"] == account["id"]
    assert known["transfers_enabled"]
    assert known["payouts_enabled"]
    assert known["details_submitted"]
    assert (known["country"], known["default_currency"]) == ("GB", "gbp")


def test_what_stripe_still_wants_is_kept_for_admins(world: World, metadata: dict[str, Any]) -> None:
    wanted = {"disabled_reason": "requirements.past_due", "currently_due": ["external_account"]}
    account = account_object(metadata, ready=False, details_submitted=True, requirements=wanted)
    tell(world, account)
    details = world.row("select * from public.connect_account_details")
    assert details["disabled_reason"] == "requirements.past_due"
    assert details["requirements"]["currently_due"] == ["external_account"]
    assert row(world)["status"] == "incomplete"


def test_stale_news_take_no_readiness_away(world: World, metadata: dict[str, Any]) -> None:
    now = world.now()
    tell(world, account_object(metadata, ready=True), now)
    with world.unchanged(leaving_out=INBOX):
        stale = account_object(metadata, ready=False)
        assert tell(world, stale, now - timedelta(seconds=1)) == "processed"


def test_of_news_of_one_second_the_furthest_along_count(
    world: World, metadata: dict[str, Any]
) -> None:
    now = world.now()
    tell(world, account_object(metadata, ready=True), now)
    tell(world, account_object(metadata, ready=False), now)
    assert row(world)["status"] == "ready"


def test_later_news_may_take_readiness_away(world: World, metadata: dict[str, Any]) -> None:
    now = world.now()
    tell(world, account_object(metadata, ready=True), now)
    stopped = {"disabled_reason": "rejected.fraud", "currently_due": []}
    paused = account_object(metadata, ready=False, details_submitted=True, requirements=stopped)
    tell(world, paused, now + timedelta(seconds=1))
    known = row(world)
    assert (known["status"], known["transfers_enabled"]) == ("paused", False)


def test_the_same_news_again_change_nothing(world: World, metadata: dict[str, Any]) -> None:
    account, now = account_object(metadata, ready=True), world.now()
    tell(world, account, now)
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, account, now) == "processed"


@pytest.mark.parametrize(
    "named", [{"connect_account_id": "no-uuid"}, {"connect_account_id": str(uuid4())}]
)
def test_an_account_that_nobody_knows_is_parked(
    world: World, metadata: dict[str, Any], named: dict[str, str]
) -> None:
    foreign = account_object(metadata, ready=True, id="acct_foreign") | {"metadata": named}
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, foreign) == "parked"
    assert world.value("select note from private.webhook_events") == "unknown_account"


def test_an_account_of_other_business_is_ignored(world: World, metadata: dict[str, Any]) -> None:
    foreign = account_object(metadata, ready=True, id="acct_foreign") | {"metadata": {}}
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, foreign) == "ignored"
    assert world.value("select note from private.webhook_events") == "not_ours"


def test_a_second_account_does_not_take_an_instructor_over(
    world: World, metadata: dict[str, Any]
) -> None:
    tell(world, account_object(metadata, ready=True))
    with world.unchanged(leaving_out=INBOX):
        assert tell(world, account_object(metadata, ready=True, id="acct_second")) == "parked"


def test_an_account_that_makes_no_sense_is_parked(world: World, metadata: dict[str, Any]) -> None:
    for fields in ({"id": "no_account"}, {"details_submitted": "maybe"}, {"charges_enabled": None}):
        account = account_object(metadata, ready=True) | fields
        with world.unchanged(leaving_out=INBOX):
            assert tell(world, account) == "parked"


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
