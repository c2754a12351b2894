"""What the model of entitlements says of the items of the stories, and of people who conspire.

The stories know how each lesson ended, because they ended it; the database is asked only for what
was paid, refunded and lost of each item, never for what follows from that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.model.entitlements import Ending, Item, Price, notice_fraction
from tests.stories.stripe_model import StripeModel

ENDINGS = {
    None: None,
    "given": Ending.GIVEN,
    "missed": Ending.MISSED,
    "cancelled": Ending.CANCELLED,
    "fault": Ending.FAULT,
    "withdrawn": Ending.WITHDRAWN,
}


@dataclass(frozen=True)
class Told:
    """How a lesson ended, and the fraction that a cancellation gives back."""

    ending: Ending
    fraction: Fraction = Fraction(0)


def told_of_cancellation(who: str, status: str, notice: timedelta, is_free: bool) -> Told:
    """A learner who cancels what is confirmed has what the policy gives back; else it is a fault.

    What was not paid in time is refunded in full if it is paid after all, whoever cancelled it; and
    so is what the learner has just accepted.
    """
    if who == "learner" and status in ("confirmed", "in_progress") and not is_free:
        return Told(Ending.CANCELLED, notice_fraction(notice))
    return Told(Ending.FAULT)


def sold_again(books: dict[str, Any]) -> set[str]:
    """The cancelled lessons whose whole time somebody else has ordered since, and paid."""
    ordered_at = {order["id"]: order["created_at"] for order in books["orders"]}
    paid = {
        item["booking_id"]: datetime.fromisoformat(ordered_at[item["order_id"]])
        for item in books["items"]
        if item["is_paid"]
    }
    sold = [booking for booking in books["bookings"] if booking["id"] in paid]
    return {
        cancelled["id"]
        for cancelled in sold
        if cancelled["status"] == "cancelled"
        and any(
            other["instructor_id"] == cancelled["instructor_id"]
            and other["learner_id"] != cancelled["learner_id"]
            and other["start_at"] <= cancelled["start_at"]
            and other["end_at"] >= cancelled["end_at"]
            and paid[other["id"]] >= datetime.fromisoformat(cancelled["cancelled_at"])
            for other in sold
        )
    }


def wrong_items(rows: list[dict[str, Any]], told: dict[str, Told], resold: set[str]) -> list[str]:
    """The items of which the instructor has earned something else than the model says.

    What was kept of those whose time was sold again may have gone back.
    """
    wrong = (_wrong(row, told.get(row["booking_id"]), row["booking_id"] in resold) for row in rows)
    return list(filter(None, wrong))


def _wrong(row: dict[str, Any], told: Told | None, is_resold: bool) -> str | None:
    ending, fraction = ENDINGS[row["ending"]], Fraction(row["refund_bps"], 10_000)
    # What nobody in the story ended, a rule did: nobody was to blame who took part.
    expected = told or (Told(Ending.FAULT) if ending else None)
    if row["is_paid"] and expected and ending is not expected.ending:
        return f"{row['booking_id']} ended as {ending}, not as {expected.ending}"
    if is_resold and expected and fraction == 1:
        expected = Told(expected.ending, fraction)
    if row["is_paid"] and ending is Ending.CANCELLED and expected and fraction != expected.fraction:
        return f"{row['booking_id']} gives {fraction} back, not {expected.fraction}"
    right = _item(row, ending, fraction).instructor if ending else 0
    if row["earned"] != right:
        return f"{row['booking_id']} earned {row['earned']}, not {right}: {row}"
    return None


def _item(row: dict[str, Any], ending: Ending | None, fraction: Fraction) -> Item:
    return Item(
        Price(row["share_cents"], row["fee_cents"], row["discount_cents"]),
        is_fee_refundable=row["is_fee_refundable"],
        is_instructor_liable=row["liable_cents"] > 0,
        is_paid=row["is_paid"],
        refunds={"refunds": row["refunded_cents"]},
        losses={"disputes": row["lost_cents"]},
        restored=row["restored_cents"],
        ending=ending,
        fraction=fraction,
        promised=row["owed_cents"],
    )


def rich_pairs(books: dict[str, Any], stripe: StripeModel) -> list[str]:
    """The learners and instructors who have more together than the model lets them have.

    Whatever they agreed upon: what an instructor has earned by a learner is at most what Stripe has
    of the learner's money, what codes and rewards add beyond the fees, and what banks took back
    from the platform. Every group is made of such pairs, so none has more than they have.
    """
    gained: Counter[tuple[str, str]] = Counter()
    for item in books["items"]:
        pair = (item["learner_id"], item["instructor_id"])
        gained[pair] += item["earned"]
        if item["is_paid"]:
            gained[pair] -= max(item["discount_cents"] - item["fee_cents"], 0)
        if item["restored_cents"]:
            # Minutes are restored whole: the platform bears the rest of one.
            gained[pair] -= -(-item["total_cents"] // item["minutes"])
    pairs = {
        payment["id"]: (payment["learner_id"], payment["instructor_id"])
        for payment in books["payments"]
    }
    for intent in stripe.intents:
        if (pair_of_payment := pairs.get(str(intent.payment_id))) is not None:
            gained[pair_of_payment] -= intent.received_cents
    for refund in stripe.refunds:
        # What has not reached the learner yet is still the platform's.
        if refund.status == "succeeded" and (
            pair_of_payment := pairs.get(str(refund.intent.payment_id))
        ):
            gained[pair_of_payment] += refund.amount_cents
    return [f"{pair} have gained {cents}" for pair, cents in gained.items() if cents > 0]
