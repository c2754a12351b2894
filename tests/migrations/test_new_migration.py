"""`make migration`, in a project of one table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import cluster, new_migration
from tools.cluster import ROOT

pytestmark = pytest.mark.slow

BEFORE = """\
create table public.things (
    id integer primary key,
    name text not null
);
"""


class Project:
    """A project whose migrations lead to the table above."""

    def __init__(self, root: Path) -> None:
        self.migrations = root / "supabase" / "migrations"
        self.migrations.mkdir(parents=True)
        shutil.copy(ROOT / "supabase" / "config.toml", root / "supabase")
        (self.migrations / "20260101000000_initial_schema.sql").write_text(
            f"-- sql/10_things/10_tables.sql\n{BEFORE}"
        )
        self.tables = root / "sql" / "10_things" / "10_tables.sql"
        self.tables.parent.mkdir(parents=True)
        self.tables.write_text(BEFORE)

    @property
    def added(self) -> list[Path]:
        _, *added = sorted(self.migrations.iterdir())
        return added


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    monkeypatch.setattr(cluster, "ROOT", tmp_path)
    monkeypatch.setattr(new_migration, "ROOT", tmp_path)
    monkeypatch.setattr(new_migration, "MIGRATIONS", project.migrations)
    return project


def test_a_change_becomes_a_migration(project: Project) -> None:
    project.tables.write_text(
        BEFORE.replace("name text not null", "name text not null,\n    age int")
    )
    new_migration.main("add_age")
    [migration] = project.added
    assert migration.name.endswith("_add_age.sql")
    assert "age" in migration.read_text()


def test_a_refused_migration_is_deleted(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.tables.write_text(BEFORE.replace("    name text", "    age int,\n    name text"))
    with pytest.raises(SystemExit, match="another order"):
        new_migration.main("add_age")
    assert project.added == []
    assert "age" in capsys.readouterr().out


def test_a_migration_that_cannot_be_applied_is_deleted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_migration, "difference", lambda *_: "select 1 / 0;")
    with pytest.raises(SystemExit, match="division by zero"):
        new_migration.main("add_nothing")
    assert project.added == []


def test_no_change_is_no_migration(project: Project) -> None:
    with pytest.raises(SystemExit, match="Nothing to migrate"):
        new_migration.main("add_nothing")
    assert project.added == []


@pytest.mark.parametrize("name", ["", "AddAge", "add age", "../age", "1_age"])
def test_a_name_is_snake_case(project: Project, name: str) -> None:
    with pytest.raises(SystemExit, match="snake_case"):
        new_migration.main(name)
    assert project.added == []
