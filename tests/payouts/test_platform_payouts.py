"""The platform's own payouts and top-ups move money between Stripe and its bank in the books."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.factories import World

INBOX = ("private.webhook_events", "private.webhook_event_bodies")
SENT = {"platform_bank": 20000, "stripe_balance": -20000}
ADDED = {"platform_bank": -20000, "stripe_balance": 20000}


def payout(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "object": "payout",
        "id": "po_1",
        "amount": 20000,
        "currency": "gbp",
        "status": status,
    } | fields


def top_up(status: str, **fields: Any) -> dict[str, Any]:
    return payout(status, object="topup", id="tu_1") | fields


@pytest.mark.parametrize("status", ["pending", "in_transit", "paid"])
def test_a_payout_leaves_the_balance_when_it_is_made(world: World, status: str) -> None:
    assert world.deliver("payout.created", payout(status)) == "processed"
    assert world.ledger() == SENT
    posted_in = world.value("select distinct org_id from private.ledger_transactions")
    assert posted_in == world.value("select private.platform_id()")


def test_a_payout_is_posted_once(world: World) -> None:
    world.deliver("payout.created", payout("pending"))
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payout.updated", payout("in_transit")) == "processed"
        assert world.deliver("payout.paid", payout("paid")) == "processed"


@pytest.mark.parametrize("end", ["failed", "canceled"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_payout_that_came_back_is_nothing_in_every_order_of_events(
    world: World, end: str, order: tuple[int, ...]
) -> None:
    events = [payout("pending"), payout("paid"), payout(end)]
    for number in order:
        assert world.deliver("payout.updated", events[number]) == "processed"
    assert world.ledger() == {}


def test_a_debit_of_the_bank_covers_a_negative_balance(world: World) -> None:
    world.deliver("payout.created", payout("pending", amount=-20000))
    assert world.ledger() == ADDED


@pytest.mark.parametrize(
    ("statuses", "books"),
    [
        (["pending"], {}),
        (["pending", "failed"], {}),
        (["canceled"], {}),
        (["pending", "succeeded", "succeeded"], ADDED),
        (["succeeded", "reversed"], {}),
        (["reversed", "succeeded"], {}),
    ],
)
def test_a_top_up_reaches_the_balance_when_it_succeeds(
    world: World, statuses: list[str], books: dict[str, int]
) -> None:
    for status in statuses:
        assert world.deliver(f"topup.{status}", top_up(status)) == "processed"
    assert world.ledger() == books


def test_a_payout_of_a_connected_account_is_not_the_platforms(world: World) -> None:
    told = payout("paid", arrival_date=1_800_000_000)
    assert world.deliver("payout.paid", told, endpoint="connect", account="acct_1") == "parked"
    assert world.ledger() == {}


@pytest.mark.parametrize("fields", [{"amount": "much"}, {"currency": None}])
def test_a_payout_that_makes_no_sense_is_parked(world: World, fields: dict[str, Any]) -> None:
    assert world.deliver("payout.paid", payout("paid") | fields) == "parked"
    assert world.ledger() == {}
