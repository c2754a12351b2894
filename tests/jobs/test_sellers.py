"""The yearly report of sellers is one CSV file; who has not said what is asked is a finding."""

from __future__ import annotations

import csv
from dataclasses import fields
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from jobs.database import SellerReport
from jobs.sellers import write
from tests.jobs.payday import Payday
from tests.tax.steps import save

ID = UUID("3f1d1b1e-0000-4000-8000-000000000001")


def seller(**changed: object) -> SellerReport:
    empty: dict[str, object] = {
        field.name: 0 if field.name.startswith("q") else None for field in fields(SellerReport)
    }
    given: dict[str, object] = {"year": 2026, "org_id": ID, "payee_id": ID, "legal_name": "Ann"}
    return SellerReport(**empty | given | changed)  # type: ignore[arg-type]


def test_a_line_a_seller(tmp_path: Path) -> None:
    file = tmp_path / "sellers.csv"
    write([seller(birth_date=date(1985, 5, 17), q3_consideration_cents=-450)], file)
    (row,) = csv.DictReader(file.read_text().splitlines())
    assert list(row) == [field.name for field in fields(SellerReport)]
    assert (row["birth_date"], row["q3_consideration_cents"], row["vat_number"]) == (
        *("1985-05-17", "-450", ""),
    )


def test_a_name_is_no_formula_to_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "sellers.csv"
    write([seller(legal_name="=cmd()")], file)
    assert "'=cmd()" in file.read_text()


@pytest.mark.slow
def test_the_job_writes_it_and_names_who_is_incomplete(payday: Payday, tmp_path: Path) -> None:
    world, file = payday.world, tmp_path / "sellers.csv"
    earned = world.rows("select * from public.earnings order by instructor_id")
    year = str(earned[0]["created_at"].year)
    finished = payday.run("platform-report", "--year", year, "--out", str(file))
    assert finished.status == 1
    incomplete = finished.events("seller_incomplete")
    assert {event["payee_id"] for event in incomplete} == {
        str(earning["payee_id"]) for earning in earned
    }
    assert {event["missing"] for event in incomplete} == {"seller_details"}
    assert "Ann" not in finished.stdout

    for instructor in world.rows("select user_id from public.instructors"):
        save(world, instructor["user_id"])
    finished = payday.run("platform-report", "--year", year, "--out", str(file))
    assert finished.status == 0
    rows = {row["payee_id"]: row for row in csv.DictReader(file.read_text().splitlines())}
    for earning in earned:
        row = rows[str(earning["payee_id"])]
        assert row["legal_name"] == "Ann Mary Lee"
        assert (
            sum(int(row[f"q{quarter}_consideration_cents"]) for quarter in (1, 2, 3, 4))
            == (earning["amount_cents"])
        )
        assert sum(int(row[f"q{quarter}_activities"]) for quarter in (1, 2, 3, 4)) == 1
    finished = payday.run("platform-report", "--year", "1999", "--out", str(file))
    assert finished.status == 2
