"""Whose the money of an item is: the backend's function against the model, for any facts.

The sequences reach the facts that the backend's own steps lead to; here every row that the table
allows is tried, in many at a time.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

from psycopg.types.json import Jsonb

from tests.factories import World
from tests.model.entitlements import Ending, Item, Price

ENDINGS = {
    None: None,
    "given": Ending.GIVEN,
    "missed": Ending.MISSED,
    "cancelled": Ending.CANCELLED,
    "fault": Ending.FAULT,
}
ROWS = 5000
BOOKS = """
    select books.*
    from jsonb_array_elements(%s) with ordinality as sold (row, nth)
    cross join lateral jsonb_populate_record(null::public.order_items, sold.row) item
    cross join lateral private.item_books(item) books
    order by sold.nth
"""


def draw_row(dice: Random) -> dict[str, Any]:
    """An item as its table has it: a price, and what became of it."""
    share, fee = dice.randint(0, 9999), dice.randint(0, 3000)
    discount = dice.choice([0, 0, min(500, share + fee), share + fee, fee // 2])
    total = share + fee - discount
    refunded = dice.choice([0, total, dice.randint(0, total)])
    ending = dice.choice([*ENDINGS])
    lost = dice.choice([0, 0, total, total - refunded, total // 2, total + 7])
    is_paid_outside = dice.random() < 0.2
    if is_paid_outside:
        discount = refunded = lost = 0
        total = share + fee
    return {
        "kind": "booking",
        "minutes": 60,
        "share_cents": share,
        "fee_cents": fee,
        "discount_cents": discount,
        "total_cents": total,
        "credit_share_cents": 0,
        "credit_fee_cents": 0,
        "credit_discount_cents": 0,
        "is_fee_refundable": dice.choice([True, False]),
        "is_paid": True,
        "is_paid_outside": is_paid_outside,
        "excess_cents": 0,
        "refunded_cents": refunded,
        "restored_cents": 0,
        "lost_cents": lost,
        "liable_cents": dice.choice([0, lost]),
        "ending": ending,
        "refund_bps": dice.choice([0, 5000, 10_000]) if ending == "cancelled" else 0,
        "owed_cents": dice.randint(0, total) if ending == "cancelled" else 0,
    }


def item_of(row: dict[str, Any]) -> Item:
    return Item(
        Price(row["share_cents"], row["fee_cents"], row["discount_cents"]),
        is_fee_refundable=row["is_fee_refundable"],
        is_instructor_liable=row["liable_cents"] > 0,
        is_paid_outside=row["is_paid_outside"],
        refunds={"refunds": row["refunded_cents"]},
        losses={"disputes": row["lost_cents"]},
        ending=ENDINGS[row["ending"]],
        fraction=Fraction(row["refund_bps"], 10_000),
        promised=row["owed_cents"],
    )


def test_everybody_has_what_the_model_says(world: World) -> None:
    dice = Random(ROWS)
    sold = [draw_row(dice) for _ in range(ROWS)]
    wrong = []
    for row, books in zip(sold, world.rows(BOOKS, Jsonb(sold)), strict=True):
        item = item_of(row)
        # What is owed counts as refunded in the books; in the model it is still to be given.
        item.give_back()
        platform = books["fee_cents"] - books["discount_cents"] - books["loss_cents"]
        if (books["share_cents"], platform) != (item.instructor, item.platform):
            wrong.append((row, books["share_cents"], item.instructor, platform, item.platform))
    assert wrong == []
