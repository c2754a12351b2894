"""A database of each release, migrated on in the middle of a week, is whole and lives on.

Collected once there is a release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.jobs.test_restore_drill import restore
from tests.migrations.test_equality import dump
from tests.migrations.upgrading import Release, Upgraded, counts, upgrade
from tools import history
from tools.cluster import ROOT, Cluster, postgres_tool
from tools.half_played import POINTS
from tools.new_migration import MIGRATIONS

pytestmark = pytest.mark.slow

OFTEN = "Wednesday"  # in the middle of the week, while a lesson is under way
MONTH = re.compile(r"_\d{4}_\d{2}")  # a partition, which maintenance has made


@pytest.fixture(scope="session", params=list(history.releases(MIGRATIONS)))
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release.unpack(request.param, tmp_path_factory.mktemp("release"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(point, marks=() if point == OFTEN else pytest.mark.faults) for point in POINTS
    ],
)
def upgraded(release: Release, request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    with upgrade(release, request.param) as upgraded:
        yield upgraded


def privileges(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select private.list_privileges()").fetchall()
        return [privilege for (privilege,) in rows]


def restored_schema(
    upgraded: Upgraded, cluster: Cluster, database: str, folder: Path
) -> dict[str, str]:
    """What pg_dump says once a database was restored, which writes some expressions otherwise."""
    file, name = folder / f"{database}.dump", f"{database}_restored"
    options = ("--format=custom", "--schema-only", f"--file={file}")
    postgres_tool("pg_dump", *options, cluster.admin_url(database))
    upgraded.cluster.create_database(name)
    restore(upgraded.cluster, file, name)
    return dump(upgraded.cluster, name)


def test_no_row_is_lost(upgraded: Upgraded) -> None:
    before = counts(upgraded.cluster, "before")
    after = counts(upgraded.cluster, "after")
    assert {table: after[table] for table in before if after[table] < before[table]} == {}


def test_it_is_the_database_of_a_new_project(
    upgraded: Upgraded, cluster: Cluster, migrated: str, tmp_path: Path
) -> None:
    """Also who may do what. Months have partitions of their own by now."""
    old = restored_schema(upgraded, upgraded.cluster, "after", tmp_path)
    new = restored_schema(upgraded, cluster, migrated, tmp_path)
    assert {title: old.get(title) for title in new if not MONTH.search(title)} == {
        title: body for title, body in new.items() if not MONTH.search(title)
    }
    assert {title for title in old if not MONTH.search(title)} <= set(new)
    url = upgraded.cluster.url("jobs", "after")
    assert privileges(url) == privileges(cluster.url("jobs", migrated))


def test_no_invariant_is_broken(upgraded: Upgraded) -> None:
    with psycopg.connect(upgraded.cluster.url("jobs", "after")) as connection:
        assert connection.execute("select * from private.check_invariants()").fetchall() == []


@pytest.mark.parametrize("programs", ["of this release", "of the release before"])
def test_the_week_goes_on_and_friday_pays(
    upgraded: Upgraded, programs: str, tmp_path: Path
) -> None:
    """Migrations go first: until they are deployed anew, the programs are those before."""
    sources = ROOT if programs == "of this release" else upgraded.release.programs
    with upgraded.week(sources, tmp_path) as week:
        week.play()
        week.assert_everybody_is_paid_once()
        paid = week.statuses()
        assert paid["paid"] >= 3
        assert week.run("payouts").status == 0
        assert week.statuses() == paid
