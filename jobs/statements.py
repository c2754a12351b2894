"""The statement of a payout as a PDF, for an instructor's tax adviser.

It is written in PDF/A (for archives) and PDF/UA (for screen readers), so a character without a
glyph is an error and never an empty box.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).with_name("statement.typ")
WITHOUT_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')

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


class NoGlyph(Exception):
    """No font at hand has a character of the statement. The message says what to do."""


def render(statement: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF of a statement, as payout_statement_document gives it.

    Uses the typesetter's own fonts (Latin, Greek, Cyrillic, Hebrew, Arabic), the system's, and
    those in `fonts_dir`. The same statement and fonts give the same bytes. Raises NoGlyph.
    """
    try:
        return typst.compile(
            TEMPLATE,
            sys_inputs={"statement": json.dumps(describe(statement))},
            font_paths=[fonts_dir] if fonts_dir else [],
            pdf_standards=["a-2a", "ua-1"],
        )
    except typst.TypstError as error:
        strange = "".join(dict.fromkeys(WITHOUT_GLYPH.findall(str(error))))
        if not strange:
            raise
        raise NoGlyph(
            f"No font on this machine has {strange}. Install one that has, such as Noto Sans CJK,"
            " or name a folder of fonts in STATEMENT_FONTS_DIR."
        ) from None


def describe(statement: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says, every amount and date as it is printed."""
    digits: int = statement["minor_digits"]

    def money(cents: int) -> str:
        amount = f"{Decimal(cents).scaleb(-digits):,.{digits}f}"
        return amount.replace("-", "\N{MINUS SIGN}")

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


def describe_line(line: dict[str, Any], money: Callable[[int], str]) -> dict[str, str]:
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


def spell(day: str, *, short: bool = False) -> str:
    """Write an ISO date as people read it: 30 January 2026, or 30 Jan 2026."""
    on: date = datetime.fromisoformat(day).date()
    return f"{on.day} {on:%b %Y}" if short else f"{on.day} {on:%B %Y}"
