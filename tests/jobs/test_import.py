"""A school brings its learners, the hours that it owes them, and their lessons ahead."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs import imports
from jobs.database import ImportedLine
from jobs.imports import BadFile, read
from jobs.output import JsonLines
from tests.factories import Booking, Instructor, World
from tests.jobs.payday import Finished, Payday


@dataclass
class Moving:
    """A school that moves in, with Ann who teaches there, and a folder for its files."""

    office: Payday
    folder: Path
    id: UUID
    ann: Instructor
    files: int = field(default=0)

    @property
    def world(self) -> World:
        return self.office.world

    def bring(self, text: str, *options: str) -> Finished:
        self.files += 1
        file = self.folder / f"file{self.files}.csv"
        file.write_text(text, encoding="utf-8")
        return self.office.run("import", "--org", str(self.id), *options, str(file))

    def learner(self, reference: str) -> dict[str, Any]:
        return self.world.row(
            "select learner.id, learner.full_name, contact.email, contact.phone,"
            " details.date_of_birth::text, details.notes"
            " from private.imported_rows imported"
            " join public.learners learner on learner.id = imported.row_id"
            " join public.learner_contacts contact on contact.learner_id = learner.id"
            " join public.learner_details details on details.learner_id = learner.id"
            " where imported.kind = 'learners' and imported.reference = %s",
            reference,
        )

    def at(self, days: int, hour: int = 10) -> str:
        return f"{self.world.in_days(days, hour):%Y-%m-%d %H:%M}+00"


LEARNERS = """reference,name,email,phone,date_of_birth,notes
7,Ben Low,ben@example.org,+44 1632 960001,2001-05-30,"Shy, at first"
8,Łukasz Żółć,,,,
"""
HOURS = """reference,learner,instructor,hours,service
h1,7,Ann,10,
"""


@pytest.fixture
def moving(office: Payday, tmp_path: Path) -> Moving:
    school = office.world.organization()
    ann = office.world.instructor(org_id=school)
    office.world.service(ann, title="Lesson", price_cents=None)
    return Moving(office, tmp_path, school, ann)


def refused(finished: Finished) -> list[tuple[int, str | None]]:
    return [(line["line"], line["column"]) for line in finished.events("line_refused")]


def counts(finished: Finished, name: str = "file_imported") -> tuple[int, int, int]:
    (told,) = finished.events(name)
    return told["new"], told["known"], told["refused"]


def test_learners_are_imported_once(moving: Moving) -> None:
    finished = moving.bring(LEARNERS)
    assert (finished.status, counts(finished)) == (0, (2, 0, 0))
    ben = moving.learner("7")
    assert ben | {"id": None} == {
        "id": None,
        "full_name": "Ben Low",
        "email": "ben@example.org",
        "phone": "+44 1632 960001",
        "date_of_birth": "2001-05-30",
        "notes": "Shy, at first",
    }
    again = moving.bring(LEARNERS + "9,Cho,,,,\n")
    assert (again.status, counts(again)) == (0, (1, 2, 0))
    assert moving.world.count("public.learners") == 3


def test_a_dry_run_names_every_bad_line_and_changes_nothing(moving: Moving) -> None:
    text = (
        "reference,name,email,phone,date_of_birth,notes\n"
        "1,Ann Good,ann@example.org,,,\n"
        "2,,,,,\n"
        "3,Bad Address,not an address,,,\n"
        "4,Bad Day,,,2001-13-01,\n"
        "5,Not Born Yet,,,2090-01-01,\n"
        '6,"Two\nlines",,,,\n'
        ",No Reference,,,,\n"
        "8,Too few\n"
        f"9,{'x' * 201},,,,\n"
        "10,Bad Phone,,\x07,,\n"
        "1,Twice in the file,,,,\n"
    )
    with moving.world.unchanged():
        finished = moving.bring(text, "--dry-run")
    assert finished.status == 1
    assert refused(finished) == [
        (3, "name"),
        (4, "email"),
        (5, "date_of_birth"),
        (6, "date_of_birth"),
        (7, "name"),
        (9, "reference"),
        (10, None),
        (11, "name"),
        (12, "phone"),
    ]
    assert all(line["reason"].endswith(".") for line in finished.events("line_refused"))
    assert counts(finished, "file_checked") == (1, 1, 9)


def test_a_file_with_a_bad_line_is_imported_as_a_whole_or_not_at_all(moving: Moving) -> None:
    with moving.world.unchanged():
        finished = moving.bring(LEARNERS + "9,Cho,no address,,,\n")
    assert (finished.status, refused(finished)) == (1, [(4, "email")])


def test_a_dry_run_of_a_good_file_changes_nothing(moving: Moving) -> None:
    with moving.world.unchanged():
        finished = moving.bring(LEARNERS, "--dry-run")
    assert (finished.status, counts(finished, "file_checked")) == (0, (2, 0, 0))


def test_hours_owed_become_a_lot_that_cost_nothing(moving: Moving) -> None:
    world = moving.world
    moving.bring(LEARNERS)
    finished = moving.bring(HOURS)
    assert (finished.status, counts(finished)) == (0, (1, 0, 0))
    assert counts(moving.bring(HOURS)) == (0, 1, 0)
    lot = world.row("select * from public.learner_credits")
    assert (lot["minutes_left"], lot["status"], lot["total_cents"]) == (600, "active", 0)
    assert (lot["learner_id"], lot["expires_at"]) == (moving.learner("7")["id"], None)
    assert world.ledger() == {"stripe_balance": 100_000, "platform_bank": -100_000}
    assert world.violations() == []


def test_hours_owed_pay_for_lessons_and_nobody_is_paid_twice(moving: Moving) -> None:
    world = moving.world
    moving.bring(LEARNERS)
    moving.bring(HOURS)
    text = (
        "reference,learner,instructor,service,start_at,payment,pickup\n"
        f"b1,7,{world.email(moving.ann.user_id)},lesson,{moving.at(3)},hours,1 High Street\n"
    )
    finished = moving.bring(text)
    assert (finished.status, counts(finished)) == (0, (1, 0, 0))
    assert counts(moving.bring(text)) == (0, 1, 0)
    row = world.row("select * from public.bookings")
    assert (row["status"], row["credit_minutes"], row["total_cents"]) == ("confirmed", 60, 0)
    assert (row["pickup_address"], row["start_at"]) == ("1 High Street", world.in_days(3))
    lot = world.row("select * from public.learner_credits")
    assert (lot["minutes_reserved"], lot["minutes_left"]) == (60, 540)
    booking = Booking(world, row["id"], moving.ann.user_id, moving.ann, row["slot_id"])
    booking.complete()
    assert world.rows("select * from public.earnings where amount_cents <> 0") == []
    assert world.value("select minutes_used from public.learner_credits") == 60
    assert world.violations() == []


def test_hours_come_back_to_the_lot_when_a_lesson_is_cancelled(moving: Moving) -> None:
    world = moving.world
    moving.bring(LEARNERS)
    moving.bring(HOURS)
    moving.bring(
        "reference,learner,instructor,service,start_at,payment\n"
        f"b1,7,Ann,Lesson,{moving.at(3)},hours\n"
    )
    world.cancel(moving.ann.user_id, world.value("select id from public.bookings"))
    assert world.value("select minutes_left from public.learner_credits") == 600
    assert world.violations() == []


def test_a_lesson_paid_outside_owes_the_platforms_fee(moving: Moving) -> None:
    world = moving.world
    moving.bring(LEARNERS)
    finished = moving.bring(
        "reference,learner,instructor,service,start_at,payment\n"
        f"b1,7,Ann,Lesson,{moving.at(3)},cash\n"
    )
    assert finished.status == 0
    paid = world.row("select method::text, amount_cents from public.outside_payments")
    assert paid == {"method": "cash", "amount_cents": 5310}
    assert world.ledger()["platform_fees"] == -810
    assert world.violations() == []


def test_nobody_is_told_by_mail_of_what_was_imported(moving: Moving) -> None:
    moving.bring(LEARNERS)
    moving.bring(HOURS)
    moving.bring(
        "reference,learner,instructor,service,start_at,payment\n"
        f"b1,7,Ann,Lesson,{moving.at(3)},hours\n"
    )
    waiting = moving.world.rows(
        "select kind from public.messages where status = 'queued' and kind = 'booking_confirmed'"
    )
    assert waiting == []


def test_lessons_ahead_respect_the_calendar(moving: Moving) -> None:
    """Those of the marketplace, and those of the same file."""
    world = moving.world
    moving.bring(LEARNERS)
    taken = world.booking(world.instructor(user_id=moving.ann.user_id), start_at=world.in_days(4))
    taken.pay()
    text = (
        "reference,learner,instructor,service,start_at,payment\n"
        f"b1,7,Ann,Lesson,{moving.at(3)},cash\n"
        f"b2,8,Ann,Lesson,{moving.at(3)},cash\n"
        f"b3,8,Ann,Lesson,{moving.at(4)},cash\n"
        f"b4,8,Ann,Lesson,{moving.at(-1)},cash\n"
        f"b5,8,Ann,Lesson,soon,cash\n"
        f"b6,9,Ann,Lesson,{moving.at(5)},cash\n"
        f"b7,8,Bob,Lesson,{moving.at(5)},cash\n"
        f"b8,8,Ann,Parking,{moving.at(5)},cash\n"
        f"b9,8,Ann,Lesson,{moving.at(5)},card\n"
        f"b10,8,Ann,Lesson,{moving.at(5)},hours\n"
    )
    with world.unchanged():
        finished = moving.bring(text)
    assert refused(finished) == [
        (3, "start_at"),
        (4, "start_at"),
        (5, "start_at"),
        (6, "start_at"),
        (7, "learner"),
        (8, "instructor"),
        (9, "service"),
        (10, "payment"),
        (11, "payment"),
    ]


def test_times_without_an_offset_are_those_of_the_school(moving: Moving) -> None:
    world = moving.world
    moving.bring(LEARNERS)
    day = world.in_days(3)
    moving.bring(
        "reference,learner,instructor,service,start_at,payment\n"
        f"b1,7,Ann,Lesson,{day:%Y-%m-%d} 10:00,cash\n"
    )
    local = world.value(
        "select to_char(start_at at time zone 'Europe/London', 'HH24:MI') from public.bookings"
    )
    assert local == "10:00"


@pytest.mark.parametrize("hours", ["0", "-1", "0.1", "501", "ten", "NaN", "1e9", ""])
def test_hours_that_are_none_are_refused(moving: Moving, hours: str) -> None:
    moving.bring(LEARNERS)
    finished = moving.bring(f"reference,learner,instructor,hours\nh1,7,Ann,{hours}\n", "--dry-run")
    assert refused(finished) == [(2, "hours")]


def test_another_schools_learner_is_unknown(moving: Moving) -> None:
    moving.bring(LEARNERS)
    other = moving.world.organization()
    bob = moving.world.instructor(name="Bob", org_id=other)
    elsewhere = Moving(moving.office, moving.folder, other, bob, files=50)
    finished = elsewhere.bring("reference,learner,instructor,hours\nh1,7,Bob,10\n")
    assert refused(finished) == [(2, "learner")]
    finished = elsewhere.bring("reference,learner,instructor,hours\nh1,7,Ann,10\n")
    assert finished.status == 1


def test_an_unknown_school_is_told(moving: Moving) -> None:
    nobody = Moving(moving.office, moving.folder, uuid4(), moving.ann)
    finished = nobody.bring(LEARNERS)
    assert (finished.status, finished.stdout) == (2, "")
    assert "no school" in finished.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("name,address\nx,y\n", "names the columns"),
        ("reference,name,name\n1,x,y\n", "names the columns"),
        ("reference,name,hobby\n1,x,y\n", "names the columns"),
    ],
)
def test_a_file_that_is_none_is_told(moving: Moving, text: str, said: str) -> None:
    finished = moving.bring(text)
    assert (finished.status, finished.stdout) == (2, "")
    assert said in finished.stderr


# Reading


def test_a_header_tells_the_kind() -> None:
    kind, lines = read(io.StringIO("Reference, Name\n1,Ann\n\n,\n2,\n"))
    assert kind == "learners"
    assert list(lines) == [
        {"line": 2, "cells": {"reference": "1", "name": "Ann"}},
        {"line": 5, "cells": {"reference": "2"}},
    ]


def test_what_is_no_csv_is_a_bad_line() -> None:
    _, lines = read(io.StringIO('reference,name\n1,"Ann"x\n2,Bob\n'))
    bad, good = list(lines)
    assert isinstance(bad, ImportedLine)
    assert (bad.line, bad.outcome) == (2, "refused")
    assert good == {"line": 3, "cells": {"reference": "2", "name": "Bob"}}


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes("reference,name\n1,Zoë\n".encode("latin-1"))
    with pytest.raises(BadFile), file.open(encoding="utf-8", newline="") as opened:
        list(read(opened)[1])


class Nowhere:
    """A database that knows every line already."""

    @contextmanager
    def importing(self, *, is_dry_run: bool) -> Iterator[Nowhere]:
        yield self

    def lines(self, org_id: UUID, kind: str, lines: list[dict[str, Any]]) -> list[ImportedLine]:
        return [ImportedLine(line["line"], "known", None, None) for line in lines]


def peak_of(file: Path) -> int:
    database: Any = Nowhere()
    tracemalloc.start()
    assert imports.run(database, JsonLines(), uuid4(), file, is_dry_run=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_a_long_file_needs_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for lines in (500, 500, 10_000):
        file = tmp_path / "long.csv"
        file.write_text("reference,name\n" + "".join(f"{n},Ann\n" for n in range(lines)))
        peaks.append(peak_of(file))
    assert peaks[2] < 1.2 * peaks[1]


@pytest.mark.slow
def test_ten_thousand_learners_are_imported_at_once(moving: Moving) -> None:
    text = "reference,name,email\n" + "".join(
        f"{number},Learner {number},l{number}@example.org\n" for number in range(10_000)
    )
    finished = moving.bring(text)
    assert (finished.status, counts(finished)) == (0, (10_000, 0, 0))
    assert moving.world.count("public.learners") == 10_000


def test_time_does_not_undo_owed_hours(moving: Moving) -> None:
    moving.world.connection.execute(
        "update public.organizations set credit_validity_months = 12 where id = %s", [moving.id]
    )
    moving.bring(LEARNERS)
    moving.bring(HOURS)
    moving.world.travel(by=timedelta(days=800))
    moving.world.maintain()
    assert moving.world.value("select minutes_left from public.learner_credits") == 600
    assert moving.world.violations() == []


@pytest.mark.parametrize("hours", ["1e30", "Infinity", "-Infinity", "1e-400"])
def test_numbers_beyond_all_measure_are_refused(moving: Moving, hours: str) -> None:
    moving.bring(LEARNERS)
    finished = moving.bring(f"reference,learner,instructor,hours,service\nh1,7,Ann,{hours},\n")
    assert (finished.status, refused(finished)) == (1, [(2, "hours")])


def test_hours_that_pay_for_a_part_of_a_lesson_do_not_pay_for_it(moving: Moving) -> None:
    moving.bring(LEARNERS)
    moving.bring("reference,learner,instructor,hours,service\nh1,7,Ann,0.5,\n")
    with moving.world.unchanged():
        finished = moving.bring(
            "reference,learner,instructor,service,start_at,payment\n"
            f"b1,7,Ann,Lesson,{moving.at(3)},hours\n"
        )
    assert (finished.status, refused(finished)) == (1, [(2, "payment")])


@pytest.mark.parametrize(
    "start_at", ["9999-12-31 10:00", "2026-02-30 10:00", "2126-01-01 10:00+99", "2200-01-01 10:00"]
)
def test_times_that_no_calendar_has_are_refused(moving: Moving, start_at: str) -> None:
    moving.bring(LEARNERS)
    finished = moving.bring(
        f"reference,learner,instructor,service,start_at,payment\nb1,7,Ann,Lesson,{start_at},cash\n"
    )
    assert (finished.status, refused(finished)) == (1, [(2, "start_at")])
