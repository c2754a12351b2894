"""Freezes a version: `make release version=0.1.0`.

What it writes is committed with the tag: the version in pyproject.toml, CHANGELOG.md,
supabase/migrations/HISTORY, and what the tests of later upgrades begin with, in
tests/migrations/releases/<version>: the demo's week half played, and the programs.

The first release derives initial_schema from sql/ once more; from then on migrations are only
added, by `make migration`. Nothing is recorded until everything has succeeded.
"""

from __future__ import annotations

import re
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CalledProcessError

import psycopg

from tools import half_played, history, new_types
from tools.cluster import ROOT, Cluster
from tools.new_migration import MIGRATIONS, prove

RELEASES = ROOT / "tests" / "migrations" / "releases"
CHANGELOG = ROOT / "CHANGELOG.md"
PROJECT = ROOT / "pyproject.toml"
PROGRAMS = ("lplate", "webhook_service", "jobs")
UNRELEASED = "## Unreleased"


def refuse_version(version: str) -> None:
    """Refuse what is no version, or not a later one than the last, or breaks the history."""
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        sys.exit(f"A version is three numbers, not {version!r}: make release version=0.1.0")
    released = list(history.releases(MIGRATIONS))
    if released and history.version_of(version) <= history.version_of(released[-1]):
        sys.exit(f"The last release is {released[-1]}: {version} does not come after it.")
    if faults := history.faults(MIGRATIONS):
        sys.exit("\n".join(faults))


def changes() -> str:
    """Return what the changelog says of this version; refuse if it says nothing."""
    _, heading, rest = CHANGELOG.read_text().partition(f"{UNRELEASED}\n")
    said = rest.partition("\n## ")[0].strip()
    if not heading or not said:
        sys.exit(f'Write what has changed into {CHANGELOG.name}, below "{UNRELEASED}".')
    return said


def derive_initial_schema() -> None:
    """Write sql/ as the first migration, under the name that it has."""
    [path] = MIGRATIONS.glob("*_initial_schema.sql")
    if others := [other.name for other in MIGRATIONS.glob("*.sql") if other != path]:
        sys.exit(f"The first release has one migration. Remove {', '.join(others)}.")
    files = sorted(ROOT.glob("sql/*/*.sql"))
    texts = [f"-- {file.relative_to(ROOT)}\n{file.read_text()}\n" for file in files]
    path.write_text("".join(texts).strip() + "\n")


def prove_migrations() -> None:
    """End the program unless the migrations lead to the schema, rows and roles of sql/."""
    with Cluster() as wanted:
        wanted.create_database("wanted")
        wanted.load_sql("wanted")
        prove(wanted)


def pack(archive: Path, files: list[tuple[Path, str]]) -> None:
    """Write files under names of their own, without anything of this machine."""
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path, name in files:
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                tar.addfile(entry, content)


def keep_programs(folder: Path) -> None:
    """Keep what runs beside a database that has been migrated on already."""
    files = [
        path
        for program in PROGRAMS
        for path in sorted((ROOT / program).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    pack(folder / "programs.tar.xz", [(path, str(path.relative_to(ROOT))) for path in files])


def keep_week(folder: Path) -> None:
    """Play the week, and keep its points."""
    with tempfile.TemporaryDirectory(prefix="lplate-release-") as name:
        points = Path(name)
        half_played.keep(points)
        pack(folder / "week.tar.xz", [(path, path.name) for path in sorted(points.iterdir())])


def write_version(version: str) -> None:
    """Give the distribution and the changelog the version and the day."""
    project = PROJECT.read_text()
    PROJECT.write_text(
        re.sub(r'^version = ".*"$', f'version = "{version}"', project, count=1, flags=re.M)
    )
    heading = f"## {version}, {datetime.now(UTC):%Y-%m-%d}"
    CHANGELOG.write_text(CHANGELOG.read_text().replace(UNRELEASED, heading, 1))


def release(version: str) -> None:
    """Check everything, play the week, then write it down."""
    refuse_version(version)
    changes()
    if not history.releases(MIGRATIONS):
        derive_initial_schema()
    print("Comparing the migrations with sql/ ...", flush=True)
    prove_migrations()
    new_types.main()
    print("Playing the week ...", flush=True)
    RELEASES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RELEASES, prefix=".") as name:
        partial = Path(name) / version
        partial.mkdir()
        keep_programs(partial)
        keep_week(partial)
        partial.rename(RELEASES / version)
    history.record(MIGRATIONS, version)
    write_version(version)
    print(
        f"{version} is frozen. Run make test-slow, commit all of it, and tag the commit v{version}."
    )


def main(version: str) -> None:
    """Say what failed as its tool said it."""
    try:
        release(version)
    except CalledProcessError as failure:
        sys.exit("\n".join([str(failure), *getattr(failure, "__notes__", [])]))
    except psycopg.Error as error:
        sys.exit("\n".join([f"sql/ has an error: {error}", *getattr(error, "__notes__", [])]))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
