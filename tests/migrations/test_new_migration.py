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


FUNCTION = """
create function public.count_things()
    returns bigint
    language sql
as $$
    select count(*) from public.things;
$$;
"""


def test_a_function_in_another_language_is_replaced_and_not_dropped(project: Project) -> None:
    body = "begin\n    return (select count(*) from public.things);\nend;"
    first = project.migrations / "20260101000000_initial_schema.sql"
    first.write_text(first.read_text() + FUNCTION)
    replaced = FUNCTION.replace("language sql", "language plpgsql").replace(
        "    select count(*) from public.things;", body
    )
    project.tables.write_text(BEFORE + replaced)
    new_migration.main("keep_plans")
    [migration] = project.added
    assert "REPLACE FUNCTION public.count_things" in migration.read_text()
    assert "DROP" not in migration.read_text()


VIEW = """
create view public.names as select name from public.things;
comment on view public.names is 'What things are called.';
comment on column public.names.name is 'As somebody has written it.';
"""


def test_a_view_that_is_made_anew_keeps_what_its_columns_mean(project: Project) -> None:
    first = project.migrations / "20260101000000_initial_schema.sql"
    first.write_text(first.read_text() + VIEW)
    project.tables.write_text(BEFORE + VIEW.replace("select name", "select upper(name) as name"))
    new_migration.main("shout")
    [migration] = project.added
    assert "As somebody has written it." in migration.read_text()


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


ROWS = """\
insert into public.things (id, name) values (1, 'one'), (2, 'two'), (3, 'it''s three');
"""


def test_rows_that_differ_become_statements(project: Project) -> None:
    """One more, one less, one otherwise; and the next run has nothing to do."""
    history = project.migrations / "20260101000000_initial_schema.sql"
    history.write_text(f"{history.read_text()}{ROWS}")
    project.tables.write_text(
        f"{BEFORE}insert into public.things (id, name)"
        " values (1, 'one'), (3, 'it''s more'), (4, 'four');\n"
    )
    new_migration.main("change_things")
    [migration] = project.added
    text = migration.read_text()
    assert text.startswith("set lock_timeout = '3s';\n")
    assert [statement in text for statement in ("insert into", "delete from", "update")] == [
        True
    ] * 3
    with pytest.raises(SystemExit, match="Nothing to migrate"):
        new_migration.main("change_things")


def test_roles_and_settings_that_differ_become_statements(project: Project) -> None:
    history = project.migrations / "20260101000000_initial_schema.sql"
    history.write_text(f"{history.read_text()}create role clerk nologin noinherit;\n")
    project.tables.write_text(
        f"{BEFORE}create role clerk nologin noinherit connection limit 3;\n"
        "alter role clerk set lock_timeout = '3s';\n"
        "create role porter login noinherit;\n"
    )
    new_migration.main("change_roles")
    [migration] = project.added
    text = migration.read_text()
    assert 'alter role "clerk" connection limit 3' in text
    assert "alter role \"clerk\" set lock_timeout = '3s'" in text
    assert 'create role "porter" login' in text


@pytest.mark.parametrize(
    ("statement", "risk"),
    [
        ("alter table public.things drop column name;", "may lose data"),
        ("alter table public.things add column age int not null;", "give it a default"),
        ("alter table public.things alter column age set not null;", "if a row has none"),
        (
            "alter table public.things add constraint age_is_positive check (age > 0);",
            "validate it in a file of its own",
        ),
        ("CREATE INDEX things_age ON public.things (age);", "concurrently"),
        (
            "alter table public.things drop column name;\n"
            "alter table public.things add column title text;",
            "alter table public.things rename column name to title;",
        ),
    ],
)
def test_a_risk_is_named(statement: str, risk: str) -> None:
    assert any(risk in found for found in new_migration.risks(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "alter table public.things add column age int not null default 0;",
        "alter table public.things add constraint a check (age > 0) not valid;",
        "create index concurrently on public.things (age);",
        "create table public.others (id int);\ncreate index on public.others (id);",
    ],
)
def test_what_is_safe_is_not_named(statement: str) -> None:
    assert list(new_migration.risks(statement)) == []


@pytest.mark.parametrize("name", ["", "AddAge", "add age", "../age", "1_age"])
def test_a_name_is_snake_case(project: Project, name: str) -> None:
    with pytest.raises(SystemExit, match="snake_case"):
        new_migration.main(name)
    assert project.added == []
