"""`make squawk` refuses migrations that would stop a database in use, and passes safe ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.cluster import ROOT
from tools.new_migration import TOP

SAFE = """\
create table public.things (id uuid primary key);
alter table public.others add column age int not null default 0;
alter table public.others add constraint age_is_positive check (age > 0) not valid;
comment on table public.things is 'Things.';
"""


def squawk(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("squawk", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert program
    migration = folder / "20260101000000_change.sql"
    migration.write_text(text)
    return subprocess.run(
        [program, "--config", str(ROOT / ".squawk.toml"), str(migration)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_safe_migration_passes(tmp_path: Path) -> None:
    checked = squawk(TOP + SAFE, tmp_path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("alter table public.others add column age int not null;", "adding-required-field"),
        ("create index on public.others (age);", "require-concurrent-index-creation"),
        ("alter table public.others drop column age;", "ban-drop-column"),
        ("alter table public.others rename column age to years;", "renaming-column"),
        ("alter table public.others alter column age type bigint;", "changing-column-type"),
        (
            "alter table public.others add constraint c check (age > 0);",
            "constraint-missing-not-valid",
        ),
        (
            "alter table public.others alter column age set not null;",
            "adding-not-nullable-field",
        ),
    ],
)
def test_what_would_stop_a_database_in_use_is_refused(
    tmp_path: Path, statement: str, rule: str
) -> None:
    checked = squawk(f"{TOP}{statement}\n", tmp_path)
    assert checked.returncode != 0
    assert rule in checked.stdout


def test_a_migration_without_a_lock_timeout_is_refused(tmp_path: Path) -> None:
    checked = squawk("alter table public.others add column age int;\n", tmp_path)
    assert checked.returncode != 0
    assert "require-lock-timeout" in checked.stdout
