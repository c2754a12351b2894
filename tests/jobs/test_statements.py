"""A statement that a tax adviser can read, and a machine too."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from lplate.papers import NoGlyph
from lplate.statements import describe, render
from tests.jobs.payday import Payday

STATEMENT: dict[str, Any] = {
    "payout_id": "3f1d1b1e-0000-4000-8000-000000000001",
    "organization": "Open Road",
    "tax_id": "GB 123 4567 89",
    "time_zone": "Europe/London",
    "payee": "Ann Lee",
    "schedule": "weekly",
    "payout_date": "2026-11-20",
    "cutoff_at": "2026-11-20 09:00",
    "paid_on": "2026-11-20",
    "status": "paid",
    "stripe_transfer_id": "tr_1",
    "currency": "gbp",
    "minor_digits": 2,
    "amount_cents": 2250,
    "reversed_cents": 0,
    "lines": [
        {
            "line": 1,
            "instructor": "Ann Lee",
            "kind": "lesson",
            "lesson_at": "2026-11-17 10:30",
            "service": "Motorway lesson",
            "learner_initials": "B. K.",
            "amount_cents": 4500,
            "line_group": "lessons",
            "explanation": None,
        },
        {
            "line": 2,
            "instructor": "Ann Lee",
            "kind": "refund",
            "lesson_at": "2026-11-12 18:00",
            "service": "First lesson",
            "learner_initials": "C.",
            "amount_cents": -2250,
            "line_group": "refunds",
            "explanation": "Taken off for a refund to the payer.",
        },
    ],
    "groups": [
        {"line_group": "lessons", "lines": 1, "amount_cents": 4500},
        {"line_group": "refunds", "lines": 1, "amount_cents": -2250},
    ],
}


def read(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_every_kind_of_earning_can_be_printed(payday: Payday) -> None:
    kinds = payday.world.rows("select unnest(enum_range(null::public.earning_kind))::text as kind")
    for kind in kinds:
        lines = [line | kind for line in STATEMENT["lines"]]
        assert describe(STATEMENT | {"lines": lines})["groups"], kind


@pytest.mark.slow
def test_a_payout_becomes_a_document(payday: Payday, tmp_path: Path) -> None:
    payday.pay()
    payout = payday.world.row(
        "select payout.*, instructor.display_name, service.title from public.payouts payout"
        " join public.instructors instructor on instructor.id = payout.instructor_id"
        " join public.payout_items item on item.payout_id = payout.id"
        " join public.earnings earning on earning.id = item.earning_id"
        " join public.bookings booking on booking.id = earning.booking_id"
        " join public.services service on service.id = booking.service_id"
        " order by payout.amount_cents limit 1"
    )
    file = tmp_path / "statement.pdf"
    finished = payday.run("statement", str(payout["id"]), "--pdf", str(file))
    assert (finished.status, finished.stderr) == (0, "")
    text = read(file.read_bytes())
    for said in (
        "Payout statement",
        payout["display_name"],
        payout["title"],
        payout["stripe_transfer_id"],
        str(payout["id"]),
        "B.",
        "45.00",
        "Total, GBP",
    ):
        assert said in text
    assert "Ben" not in text


def test_a_payout_that_does_not_exist_has_no_statement(payday: Payday, tmp_path: Path) -> None:
    file = tmp_path / "statement.pdf"
    finished = payday.run("statement", str(uuid4()), "--pdf", str(file))
    assert (finished.status, finished.stdout) == (2, "")
    assert "There is no payout with that id" in finished.stderr
    assert not file.exists()


@pytest.mark.slow
def test_a_file_that_cannot_be_written_is_told(payday: Payday, tmp_path: Path) -> None:
    payday.pay()
    payout = payday.world.value("select id from public.payouts limit 1")
    file = tmp_path / "missing" / "statement.pdf"
    finished = payday.run("statement", str(payout), "--pdf", str(file))
    assert finished.status == 1
    assert str(file) in finished.stderr


def test_it_says_who_is_paid_for_which_time_line_by_line() -> None:
    text = read(render(STATEMENT))
    for said in (
        "Open Road",
        "Tax ID GB 123 4567 89",
        "Ann Lee",
        "20 November 2026, weekly",
        "12 November 2026 to 17 November 2026",
        "payable by 20 November 2026, 09:00 (Europe/London)",
        "Paid on 20 November 2026 by Stripe transfer tr_1",
        "17 Nov 2026 10:30 Motorway lesson B. K. 45.00",
        "Subtotal, lessons 45.00",
        "12 Nov 2026 18:00 Refund: First lesson",
        "Taken off for a refund to the payer.",
        "Subtotal, refunds \N{MINUS SIGN}22.50",
        "Total, GBP 22.50",
        "Page 1 of 1",
    ):
        assert said in text, said
    assert "Instructor" not in text


@pytest.mark.parametrize(
    ("cents", "digits", "printed"),
    [
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "\N{MINUS SIGN}0.05"),
        (123456789, 2, "1,234,567.89"),
        (1234567, 0, "1,234,567"),
        (1234567, 3, "1,234.567"),
        (2**63 - 1, 2, "92,233,720,368,547,758.07"),
    ],
)
def test_money_is_printed_by_the_digits_of_its_currency(
    cents: int, digits: int, printed: str
) -> None:
    said = describe(STATEMENT | {"amount_cents": cents, "minor_digits": digits, "lines": []})
    assert said["total"] == printed
    assert Decimal(printed.replace(",", "").replace("\N{MINUS SIGN}", "-")) == Decimal(
        cents
    ) / Decimal(10) ** Decimal(digits)


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć",
        "Đặng Thị Ngọc Hà",
        "Ελένη Παπαδοπούλου",
        "Олена Петрівна Ґудзь",
        "Ștefan Țepeș",
        "İbrahim Şğıöç",
    ],
)
def test_names_outside_latin_1_are_printed(name: str) -> None:
    text = read(render(STATEMENT | {"payee": name, "organization": f"School of {name}"}))
    assert text.count(name) == 2


@pytest.mark.parametrize("name", ["שרה לוי", "فاطمة الزهراء"])
def test_names_from_right_to_left_are_printed(name: str) -> None:
    """How such text is extracted is the reader's business: it must be set without a gap."""
    assert render(STATEMENT | {"payee": name})


def test_a_character_without_a_glyph_is_named_and_no_empty_box_is_printed() -> None:
    with pytest.raises(NoGlyph) as told:
        render(STATEMENT | {"payee": "Ann \U0010fffd"})
    assert "10fffd" in str(told.value)
    assert "STATEMENT_FONTS_DIR" in str(told.value)


@pytest.mark.parametrize(
    "name", ['#panic("no")', "*Ann* _Lee_ $x$", "Ann \\ Lee", "<a>", '"; #read("/etc/passwd")']
)
def test_a_name_is_text_and_never_markup(name: str) -> None:
    assert name in read(render(STATEMENT | {"payee": name}))


def test_a_payout_of_a_school_says_whose_lesson_a_line_is() -> None:
    lesson, refund = STATEMENT["lines"]
    several = [lesson | {"instructor": "Ann"}, refund | {"instructor": "Bob"}]
    text = read(render(STATEMENT | {"payee": "Open Road", "lines": several}))
    assert "Motorway lesson B. K. Ann 45.00" in text
    assert "C. Bob" in text


def test_a_payout_that_was_not_paid_says_so() -> None:
    unpaid = {"status": "held", "paid_on": None, "stripe_transfer_id": None}
    assert "Not paid: this payout is held." in read(render(STATEMENT | unpaid))


def test_what_was_taken_back_is_shown() -> None:
    text = read(render(STATEMENT | {"reversed_cents": 1000}))
    assert "Taken back since, and owed again \N{MINUS SIGN}10.00" in text


def test_many_lines_run_over_pages_under_the_same_head() -> None:
    pdf = render(STATEMENT | {"lines": STATEMENT["lines"] * 60})
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        text = " ".join(page.extract_text().split())
        assert "Lesson For Learner Amount" in text
        assert f"Page {number} of {len(pages)}" in text


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert render(STATEMENT) == render(STATEMENT)


def test_it_is_fit_for_archives_and_for_screen_readers() -> None:
    reader = PdfReader(io.BytesIO(render(STATEMENT)))
    metadata = str(reader.trailer["/Root"]["/Metadata"].get_data())  # type: ignore[index]
    assert "pdfaid:part" in metadata
    assert "pdfuaid:part" in metadata
    assert reader.metadata is not None
    assert reader.metadata.title == "Payout statement, 20 November 2026, Ann Lee"
