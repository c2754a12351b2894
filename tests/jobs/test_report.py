"""A month's report is one page that needs nothing beside it, and a CSV file for each table."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from lplate.reports import SECTIONS, render, write
from tests.jobs.payday import Payday

PREPAID = {
    line: {"minutes": minutes, "cents": cents}
    for line, minutes, cents in (
        ("opening", 60, 5310),
        ("sold", 600, 53100),
        ("used", -90, -7965),
        ("refunded", 0, 0),
        ("disputed", 0, 0),
        ("expired", 0, 0),
        ("closing", 570, 50445),
    )
}
TABLES: dict[str, list[dict[str, Any]]] = {
    "revenue": [
        {
            "currency": "gbp",
            "booked_cents": 123456789,
            "earned_cents": 4500,
            "given_back_cents": -450,
        }
    ],
    "margin": [
        {"currency": "gbp", "line": "platform_fees", "amount_cents": 810},
        {"currency": "gbp", "line": "processor_fees", "amount_cents": -95},
        {"currency": "gbp", "line": "margin", "amount_cents": 715},
        {"currency": "jpy", "line": "margin", "amount_cents": 1000},
    ],
    "months": [{"currency": "gbp", "month": "2026-10", "margin_cents": 715}],
    "days": [
        {
            "currency": "gbp",
            "day": "2026-10-05",
            "received_cents": 5310,
            "refunded_cents": -1000,
            "paid_out_cents": -4500,
            "other_cents": -95,
        }
    ],
    "payouts": [],
    "refunds": [],
    "disputes": [],
    "prepaid": [
        {"currency": "gbp", "instructor_id": id, "instructor": name}
        | {
            f"{line}_{unit}": value
            for line, units in PREPAID.items()
            for unit, value in units.items()
        }
        for id, name in ((None, None), ("3f1d1b1e-0000-4000-8000-000000000001", "Ann <Lee>"))
    ],
    "balances": [],
    "negative_balances": [],
    "utilisation": [
        {
            "organization": "Open Road",
            "instructors": 2,
            "offered_minutes": 4800,
            "sold_minutes": 1230,
        }
    ],
    "cancellations": [{"side": "learner", "cancelled": 3, "late": 1, "no_shows": 2}],
    "kpis": [
        {
            "active_learners": 4,
            "lessons": 9,
            "new_learners": 1,
            "repeat_bps": 7500,
            "utilisation_bps": None,
            "no_shows": 1,
            "no_show_bps": 1000,
            "hours_to_first_lesson": 60,
        }
    ],
    "learner_revenue": [
        {
            "currency": "gbp",
            "revenue_cents": 47790,
            "active_learners": 4,
            "revenue_per_learner_cents": 11948,
        }
    ],
    "exceptions": [],
}
REPORT = {
    "month": "2026-10",
    "organization": None,
    "is_closed": True,
    "minor_digits": {"gbp": 2, "jpy": 0},
    "tables": TABLES,
}


class Page(HTMLParser):
    """What stands on a page: its words, its elements, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        given = dict(attrs)
        self.ids.extend(filter(None, [given.get("id")]))
        named = (given.get(name) for name in ("href", "src", "xlink:href"))
        self.links.extend(filter(None, named))

    def handle_data(self, data: str) -> None:
        self.words.extend(filter(None, [data.strip()]))


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(REPORT))


def test_figures_are_printed_as_money_and_hours(page: Page) -> None:
    for said in (
        *("Report of 2026-10", "1,234,567.89", "\N{MINUS SIGN}4.50", "1,000"),
        *("75.0", "10.0", "60", "119.48"),
        *("9:30", "\N{MINUS SIGN}1:30", "504.45", "20:30", "All", "Ann <Lee>"),
    ):
        assert said in page.words, said


def test_the_page_needs_nothing_beside_it(page: Page) -> None:
    assert page.elements & {"script", "link", "img", "iframe", "object"} == set()
    assert [link for link in page.links if not link.startswith("#")] == []
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_every_table_that_is_drawn_has_a_chart_for_each_currency() -> None:
    text = render(REPORT)
    charts = [part.split("</svg>")[0] for part in text.split("<svg ")[1:]]
    assert len(charts) == 7
    for chart in charts:
        ElementTree.fromstring(
            f'<svg xmlns:xlink="x" {chart}</svg>'.replace("xmlns:xlink", "xmlns:y", 1)
        )
        assert "aria-label" in chart
        assert "var(--ink)" in chart
        assert "#0000" not in chart


def test_an_empty_table_says_so() -> None:
    empty = REPORT | {"tables": {name: [] for name in TABLES}, "is_closed": False}
    page = Page(render(empty))
    assert page.words.count("Nothing in this month.") == len(SECTIONS)
    assert "svg" not in page.elements


@pytest.mark.slow
def test_the_same_figures_give_the_same_bytes() -> None:
    assert render(REPORT) == render(REPORT)


@pytest.mark.slow
def test_each_table_is_a_csv_file(tmp_path: Path) -> None:
    page, *files = write(REPORT, tmp_path / "october.html")
    assert page.read_text() == render(REPORT)
    assert len(files) == len(SECTIONS)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "october-margin.csv").read_text())))
    assert [row["amount_cents"] for row in rows] == ["810", "-95", "715", "1000"]
    (_, hours) = csv.DictReader(io.StringIO((tmp_path / "october-prepaid_hours.csv").read_text()))
    assert hours["instructor_id"].startswith("3f1d")
    assert hours["closing_minutes"] == "570"


def test_a_name_is_no_formula_to_a_spreadsheet(tmp_path: Path) -> None:
    named = TABLES["utilisation"][0] | {"organization": '=HYPERLINK("https://x.example","Pay")'}
    owing = {"currency": "gbp", "payee": "Ann", "amount_cents": -450}
    told = REPORT | {"tables": TABLES | {"utilisation": [named], "negative_balances": [owing]}}
    owing |= dict.fromkeys(("since", "days", "causes", "pending_cents", "ahead_cents"))
    owing |= {"pending_cents": 0, "ahead_cents": 0}
    write(told, tmp_path / "october.html")
    text = (tmp_path / "october-utilisation.csv").read_text()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["organization"].startswith("'=")
    (owed,) = csv.DictReader(io.StringIO((tmp_path / "october-negative_balances.csv").read_text()))
    assert owed["amount_cents"] == "-450"


@pytest.mark.slow
def test_the_job_writes_the_page_of_a_month(payday: Payday, tmp_path: Path) -> None:
    month = f"{payday.world.now():%Y-%m}"
    file = tmp_path / "report.html"
    finished = payday.run("report", "--month", month, "--out", str(file))
    assert finished.status == 0
    assert f"Report of {month}" in file.read_text()
    assert (tmp_path / "report-revenue.csv").exists()
    finished = payday.run("report", "--month", "2100-01", "--out", str(file))
    assert finished.status == 2
    assert "not begun" in finished.stderr
