"""The statement of a payout as a PDF, for an instructor's tax adviser."""

from pathlib import Path
from typing import Any

from lplate.papers import Money, money_in, spell, typeset, typeset_for_reader

TEMPLATE = Path(__file__).with_name("statement.typ")

KINDS = {
    "lesson": "",
    "cancellation": "Late cancellation",
    "no_show": "No-show",
    "credit_expiry": "Expired credit",
    "refund": "Refund",
    "dispute": "Dispute",
    "adjustment": "Adjustment",
    "write_off": "Write-off",
}
GROUPS = {
    "lessons": "Lessons",
    "late_cancellations": "Late cancellations",
    "no_shows": "No-shows",
    "expired_hours": "Expired prepaid hours",
    "refunds": "Refunds",
    "disputes": "Disputes",
    "adjustments": "Adjustments",
}
SCHEDULES = {
    "instant": "as soon as it is payable",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
}


def render(statement: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF of a statement, as payout_statement_document gives it. Raises NoGlyph."""
    return typeset(TEMPLATE, describe(statement), fonts_dir)


def render_for_reader(statement: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the same for who cannot install a font: what cannot be printed is marked."""
    return typeset_for_reader(TEMPLATE, describe(statement), fonts_dir)


def describe(statement: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says, every amount and date as it is printed."""
    money = money_in(statement["minor_digits"])
    lines = statement["lines"]
    days = sorted(line["lesson_at"][:10] for line in lines if line["lesson_at"])
    taken_back = statement["reversed_cents"]
    return {
        "organization": statement["organization"],
        "tax_id": statement["tax_id"],
        "payee": statement["payee"],
        "payout_id": statement["payout_id"],
        "transfer": statement["stripe_transfer_id"],
        "payout_date": statement["payout_date"],
        "payday": spell(statement["payout_date"]),
        "paid_on": spell(statement["paid_on"]) if statement["paid_on"] else None,
        "status": statement["status"],
        "schedule": SCHEDULES[statement["schedule"]],
        "lessons": " to ".join(map(spell, dict.fromkeys([days[0], days[-1]]))) if days else None,
        "cutoff": f"{spell(statement['cutoff_at'][:10])}, {statement['cutoff_at'][11:]}",
        "time_zone": statement["time_zone"].replace("_", " "),
        "currency": statement["currency"].upper(),
        "total": money(statement["amount_cents"]),
        "taken_back": money(-taken_back) if taken_back else None,
        "instructors": len({line["instructor"] for line in lines}),
        "groups": [
            {
                "title": GROUPS[group["line_group"]],
                "subtotal": money(group["amount_cents"]),
                "lines": [
                    describe_line(line, money)
                    for line in lines
                    if line["line_group"] == group["line_group"]
                ],
            }
            for group in statement["groups"]
        ],
    }


def describe_line(line: dict[str, Any], money: Money) -> dict[str, str]:
    """Return what a line of the document says."""
    return {
        "date": spell(line["lesson_at"][:10], short=True) if line["lesson_at"] else "",
        "time": line["lesson_at"][11:] if line["lesson_at"] else "",
        "what": ": ".join(filter(None, [KINDS[line["kind"]], line["service"]])),
        "explanation": line["explanation"] or "",
        "learner": line["learner_initials"] or "",
        "instructor": line["instructor"],
        "amount": money(line["amount_cents"]),
    }
