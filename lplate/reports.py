"""A month's figures as one HTML page with charts, and each table as CSV.

The page needs nothing beside it: charts are SVG that is drawn here, and there is no JavaScript. The
same figures give the same bytes.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from lplate import charts

Row = dict[str, Any]
Draw = Callable[[Sequence[Row], int, str], str]

# With these a spreadsheet begins a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

HEADINGS = {"cents": "", "minutes": " (h)", "bps": " (%)"}


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report, its columns in order, and how it is drawn; a chart is per currency."""

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    draw: Draw | None = None
    source: str = ""
    """Where its rows are, if not under its own name."""


SECTIONS = (
    Section(
        "revenue",
        "Revenue",
        "Booked: orders of the month that are paid. Earned: what instructors earned by lessons that"
        " ended. Given back: what refunds and disputes took from earnings.",
        ("currency", "booked_cents", "earned_cents", "given_back_cents"),
    ),
    Section(
        "margin",
        "Platform margin",
        "Fees and subscriptions, less promotions, Stripe's fees, disputes and write-offs, by the"
        " month of the books.",
        ("currency", "line", "amount_cents"),
        charts.margin,
    ),
    Section(
        "months",
        "Margin of twelve months",
        "By the month of the books.",
        ("currency", "month", "margin_cents"),
        charts.months,
    ),
    Section(
        "days",
        "Stripe's balance by day",
        "What came from payers, went back to them, and went to payees; days in UTC.",
        (
            *("currency", "day", "received_cents", "refunded_cents", "paid_out_cents"),
            "other_cents",
        ),
        charts.days,
    ),
    Section(
        "payouts",
        "Payouts",
        "By payday.",
        ("currency", "status", "payouts", "amount_cents", "reversed_cents"),
    ),
    Section(
        "refunds",
        "Refunds",
        "Asked for in the month.",
        ("currency", "status", "refunds", "amount_cents"),
    ),
    Section(
        "disputes",
        "Disputes",
        "Opened or closed in the month.",
        ("currency", "status", "opened", "closed", "amount_cents", "lost_cents", "fee_cents"),
    ),
    Section(
        "prepaid_hours",
        "Prepaid hours",
        "Opening + sold + used + refunded + disputed + expired = closing, where what leaves is"
        " negative. Hours that are reserved for lessons ahead are prepaid until the lesson ends.",
        (
            *("currency", "instructor", "opening_minutes", "sold_minutes", "used_minutes"),
            *("refunded_minutes", "disputed_minutes", "expired_minutes", "closing_minutes"),
        ),
        charts.prepaid,
        source="prepaid",
    ),
    Section(
        "prepaid_money",
        "Money of prepaid hours",
        "The same hours, by what was paid for them.",
        (
            *("currency", "instructor", "opening_cents", "sold_cents", "used_cents"),
            *("refunded_cents", "disputed_cents", "expired_cents", "closing_cents"),
        ),
        source="prepaid",
    ),
    Section(
        "balances",
        "What payees are owed",
        "At the end of the month. Negative: what payees owe the platform.",
        ("currency", "line", "payees", "amount_cents"),
    ),
    Section(
        "negative_balances",
        "Negative balances",
        "Since when and why, and what is to come that recovers them: pending earnings, and shares"
        " of confirmed lessons ahead.",
        (
            *("currency", "payee", "amount_cents", "since", "days", "causes"),
            *("pending_cents", "ahead_cents"),
        ),
    ),
    Section(
        "utilisation",
        "Utilisation",
        "Hours that were offered (as opening hours are now) and sold.",
        ("organization", "instructors", "offered_minutes", "sold_minutes"),
        charts.utilisation,
    ),
    Section(
        "cancellations",
        "Cancellations",
        "By who cancelled, late: without all of the money back; and by who did not come.",
        ("side", "cancelled", "late", "no_shows"),
        charts.cancellations,
    ),
    Section(
        "kpis",
        "How the month went",
        "Learners with completed lessons, and how many of them had one before; no-shows of the"
        " lessons that were due; and the median of hours from adding a learner to their first one.",
        (
            *("active_learners", "lessons", "new_learners", "repeat_bps", "utilisation_bps"),
            *("no_shows", "no_show_bps", "hours_to_first_lesson"),
        ),
    ),
    Section(
        "learner_revenue",
        "Revenue per active learner",
        "What the completed lessons cost their learners.",
        ("currency", "revenue_cents", "active_learners", "revenue_per_learner_cents"),
    ),
    Section(
        "exceptions",
        "Exceptions",
        "Where Stripe and the ledger differed.",
        (
            *("currency", "object_key", "reason", "difference_cents", "since", "state"),
            "resolution",
        ),
    ),
)


def write(report: dict[str, Any], page: Path) -> list[Path]:
    """Write the page and the CSV files beside it, and return their paths."""
    page.write_text(render(report), encoding="utf-8")
    files = [page]
    for section in sections_of(report):
        file = page.with_name(f"{page.stem}-{section.name}.csv")
        with file.open("w", encoding="utf-8", newline="") as opened:
            rows = csv.DictWriter(opened, columns_of(section), extrasaction="ignore")
            rows.writeheader()
            rows.writerows(map(escape, rows_of(section, report)))
        files.append(file)
    return files


def sections_of(report: dict[str, Any]) -> list[Section]:
    """Return the tables that a report has: a school's has none of the platform's own."""
    tables = report["tables"]
    return [section for section in SECTIONS if (section.source or section.name) in tables]


def escape(row: Row) -> Row:
    """Return a row in which no name that somebody chose is a formula to a spreadsheet."""
    return {
        name: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
        for name, value in row.items()
    }


def rows_of(section: Section, report: dict[str, Any]) -> list[Row]:
    """Return the rows of a table."""
    rows: list[Row] = report["tables"][section.source or section.name]
    return rows


def columns_of(section: Section) -> tuple[str, ...]:
    """Return the columns of a CSV file, which has ids beside names."""
    ids = {"instructor": "instructor_id", "payee": "payee_id"}
    return section.columns + tuple(ids[name] for name in section.columns if name in ids)


def render(report: dict[str, Any]) -> str:
    """Return the page."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    return templates.get_template("report.html").render(
        month=report["month"],
        organization=report["organization"],
        is_closed=report["is_closed"],
        sections=[_describe(section, report) for section in sections_of(report)],
    )


def _describe(section: Section, report: dict[str, Any]) -> dict[str, Any]:
    rows = rows_of(section, report)
    digits: dict[str, int] = report["minor_digits"]
    return {
        "name": section.name,
        "title": section.title,
        "note": section.note,
        "columns": [
            {"title": heading(name), "is_number": is_number(name)} for name in section.columns
        ],
        "rows": [
            [(show(row, name, digits), is_number(name)) for name in section.columns] for row in rows
        ],
        "charts": [Markup(svg) for svg in _charts(section, rows, digits)],  # noqa: S704 (ours)
    }


def _charts(section: Section, rows: list[Row], digits: dict[str, int]) -> list[str]:
    if section.draw is None or not rows:
        return []
    if "currency" not in section.columns:
        return [section.draw(rows, 0, section.name)]
    by_currency = {
        currency: [row for row in rows if row["currency"] == currency]
        for currency in sorted({row["currency"] for row in rows})
    }
    return [
        section.draw(of_currency, digits[currency], f"{section.name}-{currency}")
        for currency, of_currency in by_currency.items()
    ]


def heading(name: str) -> str:
    """Return what a column is called: opening_minutes is Opening (h)."""
    words, _, unit = name.rpartition("_")
    if unit in HEADINGS:
        return words.replace("_", " ").capitalize() + HEADINGS[unit]
    return name.replace("_", " ").capitalize()


def is_number(name: str) -> bool:
    """Return whether a column stands to the right."""
    counts = {"payouts", "refunds", "opened", "closed", "payees", "days", "instructors"}
    counts |= {"cancelled", "late", "no_shows", "active_learners", "new_learners", "lessons"}
    counts |= {"hours_to_first_lesson"}
    return name.endswith(("_cents", "_minutes", "_bps")) or name in counts


def show(row: Row, name: str, digits: dict[str, int]) -> str:
    """Return how a value is printed: money by the digits of its currency, minutes as hours."""
    value = row[name]
    if value is None:
        return "All" if name == "instructor" else ""
    if name.endswith("_cents"):
        places = digits[row["currency"]]
        return minus(f"{Decimal(value).scaleb(-places):,.{places}f}")
    if name.endswith("_minutes"):
        hours, minutes = divmod(abs(value), 60)
        return minus(f"{'-' if value < 0 else ''}{hours:,}:{minutes:02}")
    if name.endswith("_bps"):
        return f"{Decimal(value) / 100:.1f}"
    if name in {"line", "status", "side", "reason"}:
        return str(value).replace("_", " ").capitalize()
    return str(value).upper() if name == "currency" else str(value)


def minus(number: str) -> str:
    """Write a minus sign as a minus sign."""
    return number.replace("-", "\N{MINUS SIGN}")
