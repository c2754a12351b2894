"""An old month of the audit log leaves the database as a dump, and comes back from it."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.factories import World
from tools.cluster import ROOT, Cluster, postgres_path, postgres_tool

SCRIPT = ROOT / "deploy" / "take_out_month.sh"
OCTOBER = "private.audit_logs_2031_10"


@pytest.fixture
def october(committed_world: World) -> World:
    """A school was founded in October 2031, and another one in November."""
    for month in (10, 11):
        committed_world.travel(to=datetime(2031, month, 5, tzinfo=UTC))
        committed_world.maintain()
        committed_world.organization()
    return committed_world


def take_out(
    cluster: Cluster, world: World, folder: Path, month: str = "2031_10"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, month, folder, cluster.admin_url(world.connection.info.dbname)],
        env=os.environ | {"PATH": f"{postgres_path()}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def logged(world: World) -> list[dict[str, Any]]:
    return world.rows("select logged.* from public.audit_logs logged order by id")


def test_a_month_is_taken_out_and_put_back(
    cluster: Cluster, october: World, tmp_path: Path
) -> None:
    before, count = logged(october), october.count(OCTOBER)
    assert count > 0
    october.travel(to=datetime(2032, 11, 1, tzinfo=UTC))
    done = take_out(cluster, october, tmp_path / "archive")
    dump = tmp_path / "archive" / "audit_logs_2031_10.dump"
    assert (done.returncode, done.stdout) == (
        0,
        f"{count} rows of the audit log are in {dump}.\n",
    ), done.stderr
    assert october.value("select to_regclass(%s)", OCTOBER) is None
    assert logged(october) == [row for row in before if row["created_at"].month != 10]
    assert october.violations() == []

    database = october.connection.info.dbname
    contents = tmp_path / "contents"
    listed = postgres_tool("pg_restore", "--list", str(dump)).splitlines(keepends=True)
    contents.write_text("".join(line for line in listed if "ATTACH" not in line))
    postgres_tool(
        "pg_restore",
        f"--use-list={contents}",
        f"--dbname={cluster.admin_url(database)}",
        str(dump),
    )
    october.connection.execute(
        f"alter table public.audit_logs attach partition {OCTOBER}"
        " for values from ('2031-10-01 00:00+00') to ('2031-11-01 00:00+00')".encode()
    )
    assert logged(october) == before


def test_a_month_stays_for_a_year_after_its_end(
    cluster: Cluster, october: World, tmp_path: Path
) -> None:
    october.travel(to=datetime(2032, 10, 31, 23, 59, tzinfo=UTC))
    with october.unchanged():
        done = take_out(cluster, october, tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "The month 2031_10 is kept until a year after its end.\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("month", ["2019_10", "default", "2031_10; drop table x", ""])
def test_what_is_no_month_is_refused(
    cluster: Cluster, october: World, tmp_path: Path, month: str
) -> None:
    with october.unchanged():
        done = take_out(cluster, october, tmp_path, month)
    assert (done.returncode, done.stderr) == (1, f"The audit log has no month {month}.\n")


@pytest.mark.slow
def test_a_month_that_somebody_holds_stays(
    cluster: Cluster, october: World, tmp_path: Path
) -> None:
    october.travel(to=datetime(2032, 11, 1, tzinfo=UTC))
    with psycopg.connect(cluster.admin_url(october.connection.info.dbname)) as reader:
        reader.execute(f"select from {OCTOBER}".encode())
        done = take_out(cluster, october, tmp_path)
    assert done.returncode != 0
    assert "lock timeout" in done.stderr
    assert october.count(OCTOBER) > 0
    assert take_out(cluster, october, tmp_path).returncode == 0
