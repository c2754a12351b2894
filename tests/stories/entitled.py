"""What the model of entitlements says of the items of the stories.

The stories know how each lesson ended, because they ended it; the database is asked only for what
was paid, refunded and lost of each item, never for what follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from tests.model.entitlements import Ending, Item, Price, notice_fraction

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


def told_of_cancellation(who: str, status: str, notice: timedelta) -> Told:
    """A learner who cancels what is confirmed has what the policy gives back; else it is a fault.

    What was not paid in time is refunded in full if it is paid after all, whoever cancelled it.
    """
    if who == "learner" and status in ("confirmed", "in_progress"):
        return Told(Ending.CANCELLED, notice_fraction(notice))
    return Told(Ending.FAULT)


def wrong_items(rows: list[dict[str, Any]], told: dict[str, Told]) -> list[str]:
    """The items of which the instructor has earned something else than the model says."""
    return list(filter(None, (_wrong(row, told.get(row["booking_id"])) for row in rows)))


def _wrong(row: dict[str, Any], told: Told | None) -> str | None:
    ending, fraction = ENDINGS[row["ending"]], Fraction(row["refund_bps"], 10_000)
    # What nobody in the story ended, a rule did: nobody was to blame who took part.
    expected = told or (Told(Ending.FAULT) if ending else None)
    if row["is_paid"] and expected and ending is not expected.ending:
        return f"{row['booking_id']} ended as {ending}, not as {expected.ending}"
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
