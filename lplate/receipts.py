"""The receipt of a payment as a PDF, for whoever paid."""

from pathlib import Path
from typing import Any

from lplate.papers import Money, money_in, spell, typeset_for_reader

TEMPLATE = Path(__file__).with_name("receipt.typ")

METHODS = {
    "card": "card, through Stripe",
    "cash": "cash",
    "bank_transfer": "bank transfer",
    "other": "other means",
}


def render(receipt: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF of a receipt, as receipt_for gives it."""
    return typeset_for_reader(TEMPLATE, describe(receipt), fonts_dir)


def describe(receipt: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says, every amount and date as it is printed."""
    money = money_in(receipt["minor_digits"])
    uncaptured = receipt["uncaptured_cents"]
    return {
        "receipt_id": receipt["receipt_id"],
        "organization": receipt["organization"],
        "tax_id": receipt["tax_id"],
        "paid_on": receipt["paid_on"],
        "day": spell(receipt["paid_on"]),
        "payer": receipt["payer"],
        "learner": receipt["learner"] if receipt["learner"] != receipt["payer"] else None,
        "instructor": receipt["instructor"],
        "method": METHODS[receipt["method"]],
        "reference": receipt["reference"],
        "time_zone": receipt["time_zone"].replace("_", " "),
        "currency": receipt["currency"].upper(),
        "lines": [describe_line(line, money) for line in receipt["lines"]],
        "fee": money(receipt["fee_cents"]) if receipt["fee_cents"] else None,
        "discount": money(-receipt["discount_cents"]) if receipt["discount_cents"] else None,
        "released": money(-uncaptured) if uncaptured else None,
        "total": money(receipt["amount_cents"] - uncaptured),
    }


def describe_line(line: dict[str, Any], money: Money) -> dict[str, str]:
    """Return what a line of the document says."""
    hours, minutes = divmod(line["minutes"], 60)
    at = line["lesson_at"]
    return {
        "title": line["title"],
        "at": f"{spell(at[:10], short=True)} {at[11:]}" if at else "",
        "length": f"{hours}:{minutes:02}",
        "amount": money(line["amount_cents"]),
    }
