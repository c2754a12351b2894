"""`make release`: what it refuses; and on a copy of this project, what it writes, from which a
later migration is upgraded to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import history, release
from tools.cluster import ROOT
from tools.half_played import POINTS

ONE_COLUMN = "    updated_at timestamptz not null default private.clock(),\n"
SECRET = re.compile(rb"\b(?:[sr]k_(?:test|live)_\w|whsec_\w|eyJ\w)")
LEFT_OUT = (".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "dist")


def at_length(test: Callable[..., None]) -> Callable[..., None]:
    """A minute of the demo, and a few of upgrades."""
    slow: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(3600)(test))
    return slow


@dataclass(frozen=True)
class Project:
    """A copy of this one, of which nothing was ever released."""

    root: Path

    @property
    def version(self) -> str:
        version: str = tomllib.loads((self.root / "pyproject.toml").read_text())["project"][
            "version"
        ]
        return version

    @property
    def migrations(self) -> Path:
        return self.root / "supabase" / "migrations"

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env={name: value for name, value in os.environ.items() if "PYTEST" not in name}
            | {"PYTHONPATH": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def test(self, marks: str) -> subprocess.CompletedProcess[str]:
        """Runs its own tests of the history and of upgrades."""
        tests = [f"tests/migrations/test_{name}.py" for name in ("history", "upgrades")]
        return self.run("pytest", "-n0", "-rf", "-m", marks, *tests)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("project") / "lplate"
    shutil.copytree(
        ROOT, root, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT, "releases", "HISTORY")
    )
    for installed in (".venv", "supabase/local/node_modules"):
        (root / installed).symlink_to((ROOT / installed).resolve())
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n* Everything.\n")
    _, *later = sorted((root / "supabase" / "migrations").glob("*.sql"))
    for path in later:
        path.unlink()
    return Project(root)


@pytest.fixture(scope="session")
def released(project: Project) -> Project:
    """It is released, and then gets a column."""
    made = project.run("tools.release", project.version)
    assert made.returncode == 0, made.stdout + made.stderr
    lessons = project.root / "sql" / "55_lessons" / "10_tables.sql"
    text = lessons.read_text()
    lessons.write_text(text.replace(ONE_COLUMN, f"{ONE_COLUMN}    road text,\n", 1))
    migrated = project.run("tools.new_migration", "add_road_of_lessons")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
    return project


@at_length
def test_it_is_written_down(released: Project) -> None:
    version = released.version
    changelog = (released.root / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {version}, \d{{4}}-\d\d-\d\d\n\n\* Everything\.$", changelog, re.M)
    assert list(history.releases(released.migrations)) == [version]
    [new] = history.unreleased(released.migrations)
    assert "road" in new.read_text()


@at_length
def test_the_first_migration_is_sql(released: Project) -> None:
    [name] = history.releases(released.migrations)[released.version]
    text = (released.migrations / name).read_text()
    # The column came after the release.
    for path in set(ROOT.glob("sql/*/*.sql")):
        assert path.read_text().strip() in text, path


@at_length
def test_the_week_and_the_programs_are_kept(released: Project) -> None:
    folder = released.root / "tests" / "migrations" / "releases" / released.version
    with tarfile.open(folder / "week.tar.xz") as tar:
        assert {f"{point}.dump" for point in POINTS} < set(tar.getnames())
    with tarfile.open(folder / "programs.tar.xz") as tar:
        tar.extractall(folder / "unpacked", filter="data")
    for program in release.PROGRAMS:
        for path in (ROOT / program).rglob("*.py"):
            kept = folder / "unpacked" / path.relative_to(ROOT)
            assert kept.read_text() == path.read_text()


@at_length
def test_no_dump_has_a_secret(released: Project) -> None:
    """The keys of Stripe and tokens of sessions, by how they begin."""
    folder = released.root / "tests" / "migrations" / "releases" / released.version
    with tarfile.open(folder / "week.tar.xz") as tar:
        for point in POINTS:
            content = tar.extractfile(f"{point}.dump")
            assert content
            assert SECRET.findall(content.read()) == []


@at_length
def test_the_same_version_is_released_once(released: Project) -> None:
    again = released.run("tools.release", released.version)
    assert again.returncode == 1
    assert "does not come after it" in again.stderr


@at_length
def test_the_week_is_upgraded(released: Project) -> None:
    tested = released.test("not faults")
    assert tested.returncode == 0, tested.stdout


@at_length
@pytest.mark.faults
def test_the_week_is_upgraded_at_every_point(released: Project) -> None:
    tested = released.test("")
    assert tested.returncode == 0, tested.stdout


@at_length
@pytest.mark.faults
def test_migrations_that_do_harm_are_found(released: Project) -> None:
    """One that loses rows, opens a table that is in use, and leaves programs before it behind."""
    harmful = released.migrations / "29990101000000_do_harm.sql"
    harmful.write_text(
        "delete from private.heartbeats;\n"
        "do $$ begin if exists (select from public.earnings) then"
        " grant select on public.earnings to anon; end if; end $$;\n"
        "alter function private.receive_stripe_event rename to take_stripe_event;\n"
    )
    try:
        tested = released.test("not faults")
    finally:
        harmful.unlink()
    assert tested.returncode == 1, tested.stdout
    for name in ("no_row_is_lost", "the_database_of_a_new_project", "of the release before"):
        assert re.search(rf"^FAILED .*{name}", tested.stdout, re.M), tested.stdout


# What it refuses, in a project of a few files


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "20260101000000_initial_schema.sql").write_text("-- of another day\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n* Things.\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.0.1"\n')
    for name in ("10_things/10_tables.sql", "20_others/10_tables.sql"):
        path = tmp_path / "sql" / name
        path.parent.mkdir(parents=True)
        path.write_text(f"create table {path.parent.name[3:]} ();\n")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "MIGRATIONS", migrations)
    monkeypatch.setattr(release, "CHANGELOG", tmp_path / "CHANGELOG.md")
    monkeypatch.setattr(release, "PROJECT", tmp_path / "pyproject.toml")
    return tmp_path


@pytest.mark.parametrize("version", ["", "1", "0.1", "v0.1.0", "0.01.0", "0.1.0-rc1", "../0.1.0"])
def test_a_version_is_three_numbers(small: Path, version: str) -> None:
    with pytest.raises(SystemExit, match="three numbers"):
        release.main(version)


@pytest.mark.parametrize("version", ["0.2.0", "0.1.9", "0.0.1"])
def test_a_version_comes_after_the_last(small: Path, version: str) -> None:
    history.record(small / "migrations", "0.2.0")
    with pytest.raises(SystemExit, match=r"The last release is 0\.2\.0"):
        release.main(version)


def test_a_broken_history_is_not_added_to(small: Path) -> None:
    history.record(small / "migrations", "0.1.0")
    (small / "migrations" / "20260101000000_initial_schema.sql").write_text("select 1;\n")
    with pytest.raises(SystemExit, match="has changed"):
        release.main("0.2.0")


@pytest.mark.parametrize(
    "text", ["# Changelog\n", "# Changelog\n\n## Unreleased\n\n## 0.1.0, 2026-12-01\n\n* Things.\n"]
)
def test_a_release_says_what_has_changed(small: Path, text: str) -> None:
    (small / "CHANGELOG.md").write_text(text)
    with pytest.raises(SystemExit, match="what has changed"):
        release.main("0.1.0")


def test_the_first_release_derives_its_migration_from_sql(small: Path) -> None:
    release.derive_initial_schema()
    [path] = (small / "migrations").glob("*.sql")
    assert path.name == "20260101000000_initial_schema.sql"
    assert path.read_text() == (
        "-- sql/10_things/10_tables.sql\ncreate table things ();\n\n"
        "-- sql/20_others/10_tables.sql\ncreate table others ();\n"
    )


def test_the_first_release_has_one_migration(small: Path) -> None:
    (small / "migrations" / "20260201000000_add_age.sql").write_text("select 1;\n")
    with pytest.raises(SystemExit, match="20260201000000_add_age"):
        release.derive_initial_schema()


def test_the_version_and_the_day_are_written(small: Path) -> None:
    release.write_version("0.1.0")
    assert (small / "pyproject.toml").read_text() == '[project]\nversion = "0.1.0"\n'
    text = (small / "CHANGELOG.md").read_text()
    assert re.fullmatch(r"# Changelog\n\n## 0\.1\.0, \d{4}-\d\d-\d\d\n\n\* Things\.\n", text)


def test_make_calls_it() -> None:
    """With the version as it was given, also where the tests are themselves run by make."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "MAKE"}
    made = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/.installed", "release", "version=0.1.0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.splitlines()[-1].endswith('-m tools.release "0.1.0"')
