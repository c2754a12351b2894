"""What the model of entitlements says of the items of the stories, and of people who conspire.

The stories know how each lesson ended, because they ended it; the database is asked only for what
was paid, refunded and lost of each item, never for what follows from that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.factories import Instructor
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


# Amounts by person and currency; of prepaid money by currency; of hours by learner and instructor.
Totals = Counter[Any]


def wrong_totals(
    books: dict[str, Any],
    totals: dict[str, Any],
    stripe: StripeModel,
    accounts: dict[str, Instructor],
    bought: dict[str, int],
) -> list[str]:
    """The persons who have, by the books, something else than the model says, all in all.

    Learners, or guardians for them, have paid, and hold hours; instructors have received, and are
    owed; the rest of what Stripe has is prepaid, or the platform's. Since each person has exactly
    what the model says, no group has more.
    """
    paid, received = _moved_in_books(books, totals, stripe)
    minutes, untouched = _minutes(books, totals, stripe, bought)
    lots = totals["lots"]
    held = _sums(((lot["learner_id"], lot["instructor_id"]), lot["minutes_left"]) for lot in lots)
    compared = {
        "paid": (_paid(books, stripe), paid),
        "received": (_received(stripe, accounts), received),
        "owed": (
            _owed(books["items"], _received(stripe, accounts)),
            _sums(((row["owner_id"], row["currency"]), row["cents"]) for row in totals["owed"]),
        ),
        "prepaid": (_prepaid(books, lots), Counter(totals["prepaid"])),
        "minutes": (minutes, _sums((pair, held[pair]) for pair in untouched)),
    }
    return [
        f"{what} of {who}: model {model[who]}, books {known[who]}"
        for what, (model, known) in compared.items()
        for who in model.keys() | known.keys()
        if model[who] != known[who]
    ]


def _sums(parts: Iterable[tuple[Hashable, int]]) -> Totals:
    sums: Totals = Counter()
    for key, part in parts:
        sums[key] += part
    return sums


def _learners(books: dict[str, Any], stripe: StripeModel) -> dict[str, str]:
    """The learner whom a payment is of, by its id and by those of its intents."""
    learners = {payment["id"]: payment["learner_id"] for payment in books["payments"]}
    of_intents = {
        intent.id: learners[str(intent.payment_id)]
        for intent in stripe.intents
        if str(intent.payment_id) in learners
    }
    return learners | of_intents


def _paid(books: dict[str, Any], stripe: StripeModel) -> Totals:
    """What Stripe has of a learner's money."""
    learners = _learners(books, stripe)
    return _sums(
        ((learners[whose], currency), cents)
        for (whose, currency), cents in stripe.done.moved.items()
        if whose in learners
    )


def _received(stripe: StripeModel, accounts: dict[str, Instructor]) -> Totals:
    """What Stripe has transferred to an instructor, and not taken back."""
    return _sums(
        ((str(accounts[whose].id), currency), -cents)
        for (whose, currency), cents in stripe.done.moved.items()
        if whose in accounts
    )


def _moved_in_books(
    books: dict[str, Any], totals: dict[str, Any], stripe: StripeModel
) -> tuple[Totals, Totals]:
    """What the ledger says that Stripe has of learners, and that instructors have received."""
    learners = _learners(books, stripe)
    moved = totals["moved"]
    paid = (
        ((learners[row["name"]], row["currency"]), row["cents"])
        for row in moved
        if row["name"] in learners
    )
    received = (
        ((row["name"], row["currency"]), -row["cents"])
        for row in moved
        if row["name"] not in learners
    )
    return _sums(paid), _sums(received)


def _owed(items: list[dict[str, Any]], received: Totals) -> Totals:
    """What instructors are entitled to by their lessons and have not received, or owe."""
    owed = _sums(((row["instructor_id"], row["currency"]), _instructor(row)) for row in items)
    owed.subtract(received)
    return owed


def _instructor(row: dict[str, Any]) -> int:
    """What of a lesson is the instructor's; of one ahead, of what a card paid for it."""
    ending, fraction = ENDINGS[row["ending"]], Fraction(row["refund_bps"], 10_000)
    item = _item(row, ending, fraction)
    if ending is not None:
        return item.instructor
    card = item.price - _prepaid_price(row)
    is_by_hours_alone = card.total == 0 < item.price.total
    return 0 if is_by_hours_alone else replace(item, price=card).instructor


def _prepaid_price(row: dict[str, Any]) -> Price:
    """What minutes pay of a lesson."""
    return Price(row["credit_share_cents"], row["credit_fee_cents"], row["credit_discount_cents"])


def _prepaid(books: dict[str, Any], lots: list[dict[str, Any]]) -> Totals:
    """What minutes were paid with that are left, or reserved for lessons ahead."""
    left = ((lot["currency"], _worth_of_left(lot)) for lot in lots)
    ahead = (
        (row["currency"], _prepaid_price(row).total)
        for row in books["items"]
        if row["ending"] is None
    )
    return _sums([*left, *ahead])


def _worth_of_left(lot: dict[str, Any]) -> int:
    price = Price(lot["instructor_share_cents"], lot["platform_fee_cents"], lot["discount_cents"])
    minutes, left = lot["minutes_purchased"], lot["minutes_left"]
    return (price - price.first(minutes - left, minutes)).total


def _minutes(
    books: dict[str, Any], totals: dict[str, Any], stripe: StripeModel, bought: dict[str, int]
) -> tuple[Totals, set[tuple[str, str]]]:
    """The minutes that were bought and no lesson has taken, of whom nothing was refunded or lost.

    With the pairs of learner and instructor whose minutes these are. What refunds and disputes take
    is the worth of minutes; that is compared in money.
    """
    pairs = {
        payment["id"]: (payment["learner_id"], payment["instructor_id"])
        for payment in books["payments"]
    }
    touched = {
        pairs.get(str(returned.intent.payment_id)) for returned in stripe.refunds + stripe.disputes
    }
    of_lots = {lot["id"]: (lot["learner_id"], lot["instructor_id"]) for lot in totals["lots"]}
    untouched = set(of_lots.values()) - touched
    taken = (
        ((booking["learner_id"], booking["instructor_id"]), -booking["minutes"])
        for booking in books["bookings"]
    )
    given = ((of_lots[lot_id], minutes) for lot_id, minutes in bought.items() if lot_id in of_lots)
    return _sums(one for one in [*given, *taken] if one[0] in untouched), untouched
