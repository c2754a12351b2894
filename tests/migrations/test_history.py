"""What was released stays as it was, and what is new comes after it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import history
from tools.cluster import ROOT
from tools.release import RELEASES

MIGRATIONS = ROOT / "supabase" / "migrations"
FIRST, SECOND = "20260101000000_initial_schema.sql", "20260201000000_add_age.sql"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The migrations of a project with two releases."""
    (tmp_path / FIRST).write_text("create table public.things (id integer primary key);\n")
    history.record(tmp_path, "0.1.0")
    (tmp_path / SECOND).write_text("alter table public.things add column age integer;\n")
    history.record(tmp_path, "0.2.0")
    return tmp_path


def test_the_history_of_this_project_has_no_fault() -> None:
    assert history.faults(MIGRATIONS) == []


def test_every_release_has_a_week_to_upgrade() -> None:
    kept = {path.name for path in RELEASES.iterdir()} if RELEASES.exists() else set()
    assert kept == set(history.releases(MIGRATIONS))


def test_a_release_names_what_it_added(released: Path) -> None:
    found = history.releases(released)
    assert {version: list(names) for version, names in found.items()} == {
        "0.1.0": [FIRST],
        "0.2.0": [SECOND],
    }
    assert history.unreleased(released) == []
    assert history.faults(released) == []


def test_sha256sum_can_check_it(released: Path) -> None:
    command = ["sha256sum", "--check", "--strict", history.NAME]
    subprocess.run(command, cwd=released, check=True, capture_output=True)


def test_a_new_migration_comes_last(released: Path) -> None:
    new = released / "20260301000000_add_name.sql"
    new.write_text("alter table public.things add column name text;\n")
    assert history.unreleased(released) == [new]
    assert history.faults(released) == []


DEFECTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed file": (lambda path: (path / FIRST).write_text("select 1;\n"), "has changed"),
    "a file that is gone": (lambda path: (path / SECOND).unlink(), "is gone"),
    "a new file between released ones": (
        lambda path: (path / "20260115000000_add_name.sql").write_text("select 1;\n"),
        "would run before",
    ),
    "a release that names a file again": (
        lambda path: (path / history.NAME).write_text(
            (path / history.NAME).read_text()
            + (path / history.NAME).read_text().replace("# 0.1.0", "# 0.3.0")
        ),
        "each once",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found(released: Path, name: str) -> None:
    spoil, said = DEFECTS[name]
    spoil(released)
    [fault] = history.faults(released)
    assert said in fault


def test_versions_are_compared_as_numbers() -> None:
    assert history.version_of("0.10.0") > history.version_of("0.9.1")
