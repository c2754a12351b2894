"""Each balance transaction belongs to one ledger transaction, and each movement to one of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World, refund_object
from tests.reconciliation.stripe import Stripe


def matches(world: World) -> dict[str, str | None]:
    """The kind of ledger transaction that each balance transaction belongs to."""
    rows = world.rows(
        "select moved.id, posted.kind from private.balance_transactions moved"
        " left join private.ledger_transactions posted on posted.id = moved.ledger_transaction_id"
    )
    return {row["id"]: row["kind"] for row in rows}


def unmatched(world: World) -> int:
    count: int = world.value("select count(*) from private.unmatched_objects")
    return count


def top_up(cents: int, id: str = "tu_1") -> dict[str, Any]:
    return {"id": id, "amount": cents, "currency": "gbp", "status": "succeeded"}


def test_a_charge_is_one_balance_transaction_and_two_movements(
    world: World, stripe: Stripe
) -> None:
    booking = world.booking()
    world.deliver("payment_intent.succeeded", booking.intent())
    booking.settle_funds(fee_cents=100)
    paid = booking.payment
    charge = stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"], fee_cents=100)
    compared = stripe.reconcile()["gbp"]
    assert matches(world) == {charge: "payment_succeeded"}
    owners = world.rows("select distinct balance_transaction_id from private.stripe_movements")
    assert [row["balance_transaction_id"] for row in owners] == [charge]
    assert compared["remainder_cents"] == compared["waiting_cents"] == 0
    assert compared["ledger_cents"] == paid["captured_cents"] - 100


def test_a_charge_waits_for_its_fee(world: World, stripe: Stripe) -> None:
    booking = world.booking()
    world.deliver("payment_intent.succeeded", booking.intent())
    paid = booking.payment
    stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"], fee_cents=100)
    compared = stripe.reconcile()["gbp"]
    assert (compared["waiting_cents"], compared["remainder_cents"]) == (-100, 0)
    booking.settle_funds(fee_cents=100)
    assert stripe.reconcile()["gbp"]["waiting_cents"] == 0
    assert unmatched(world) == 0


def test_a_part_that_was_captured_is_the_whole_and_its_reversal(
    world: World, stripe: Stripe
) -> None:
    booking = world.booking()
    world.deliver("payment_intent.succeeded", booking.intent())
    booking.settle_funds()
    paid = booking.payment
    charge = stripe.move("charge", paid["captured_cents"] + 1000, paid["stripe_charge_id"])
    rest = stripe.move("partial_capture_reversal", -1000, paid["stripe_charge_id"])
    stripe.reconcile()
    assert matches(world) == {charge: "payment_succeeded", rest: "payment_succeeded"}
    assert unmatched(world) == 0


def test_a_refund_that_failed_is_two_of_each(world: World, stripe: Stripe) -> None:
    booking = world.lesson()
    paid = booking.payment
    charge = stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"])
    sent = refund_object(paid, 1000)
    world.deliver("refund.updated", sent)
    world.deliver("refund.updated", sent | {"status": "failed"})
    there = stripe.move("refund", -1000, sent["id"])
    back = stripe.move("refund_failure", 1000, sent["id"])
    stripe.reconcile()
    assert matches(world) == {
        charge: "payment_succeeded",
        there: "refund_succeeded",
        back: "refund_failed",
    }


def test_a_dispute_matches_by_its_balance_transactions(world: World, stripe: Stripe) -> None:
    booking = world.lesson()
    paid = booking.payment
    stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"])
    dispute = world.dispute(paid)
    (taken,) = dispute["balance_transactions"]
    stripe.move("dispute", taken["amount"], dispute["id"], fee_cents=taken["fee"], id=taken["id"])
    compared = stripe.reconcile()["gbp"]
    assert unmatched(world) == 0
    assert compared["stripe_cents"] == compared["ledger_cents"] == -2000


def test_money_that_leaves_suspense_for_its_payment_needs_no_second_charge(
    world: World, stripe: Stripe
) -> None:
    booking = world.booking()
    foreign = booking.intent(
        id="pi_foreign", latest_charge="ch_foreign", metadata={"payment_id": "unknown"}
    )
    world.deliver("payment_intent.succeeded", foreign)
    due = booking.payment["amount_cents"]
    charge = stripe.move("charge", due, "ch_foreign")
    stripe.reconcile()
    assert matches(world) == {charge: "unmatched_money"}
    world.call(
        world.admin(),
        "public.admin_resolve_suspense",
        p_suspense_item_id=world.value("select id from private.suspense_items"),
        p_resolution="payment",
        p_reason="It is theirs.",
        p_payment_id=booking.payment["id"],
    )
    world.maintain()
    assert booking.payment["status"] == "succeeded"
    compared = stripe.reconcile()["gbp"]
    assert unmatched(world) == 0
    assert compared["ledger_cents"] == due


def test_the_same_amount_of_two_top_ups_is_matched_in_pairs(world: World, stripe: Stripe) -> None:
    for id in ("tu_1", "tu_2"):
        world.deliver("topup.succeeded", top_up(5000, id))
        stripe.move("topup", 5000, id)
    stripe.reconcile()
    pairs = world.rows("select ledger_transaction_id from private.balance_transactions")
    assert len({row["ledger_transaction_id"] for row in pairs}) == 2


def test_a_balance_transaction_is_copied_once(world: World, stripe: Stripe) -> None:
    stripe.move("topup", 5000, "tu_1")
    known = world.row(
        "select id, type, reporting_category, currency, amount_cents as amount, fee_cents as fee,"
        " net_cents as net, 0 as created, 0 as available_on from private.balance_transactions"
    )
    assert stripe.tell(dict(known)) == 0


def test_other_balances_of_stripe_are_not_the_ledgers(world: World, stripe: Stripe) -> None:
    stripe.move("topup", 5000, "tu_1", balance_type="refund_and_dispute_prefunding")
    stripe.held.clear()
    assert stripe.reconcile() == {}
    assert unmatched(world) == 0


@pytest.mark.slow
def test_every_object_is_looked_at_in_batches(world: World, stripe: Stripe) -> None:
    for number in range(1200):
        stripe.move("topup", 100, f"tu_{number:05}")
    keys = ["", *_walk(world)]
    assert len(keys) == 2
    assert keys[1] == "tu_00999"


def _walk(world: World) -> list[str]:
    keys: list[str] = []
    key: str | None = ""
    while key is not None:
        (row,) = world.serve("jobs", "private.match_balance_transactions", p_after=key)
        key = row["match_balance_transactions"]
        keys += [key] if key else []
    return keys
