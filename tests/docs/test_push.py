"""The guide's way to push migrations reaches the database that it names."""

from __future__ import annotations

import re
import shlex

import psycopg
import pytest

from tools.cluster import ROOT, Cluster, supabase

pytestmark = pytest.mark.slow

PUSH = re.compile(r"supabase (db push .*?--yes)")


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_every_push_names_its_target_and_asks_nothing(page: str) -> None:
    text = (ROOT / page).read_text()
    pushes = re.findall(r"supabase db push", text)
    assert pushes
    assert len(PUSH.findall(text)) == len(pushes)
    assert all("--remote=" in push for push in PUSH.findall(text))


def test_a_push_migrates_a_project_that_is_bootstrapped_like_hosted(cluster: Cluster) -> None:
    cluster.create_database("hosted")
    try:
        command = PUSH.search((ROOT / "docs" / "operations.md").read_text())
        assert command is not None
        url = f"{cluster.url('postgres', 'hosted')}?sslmode=disable"
        arguments = [
            f"--remote={url}" if argument.startswith("--remote=") else argument
            for argument in shlex.split(command[1])
        ]
        supabase(*arguments)
        with psycopg.connect(cluster.admin_url("hosted")) as connection:
            pushed = connection.execute(
                "select version from supabase_migrations.schema_migrations order by version"
            ).fetchall()
            there = connection.execute("select to_regclass('public.bookings')").fetchone()
    finally:
        cluster.drop_database("hosted")
    files = sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
    assert [version for (version,) in pushed] == [file.name.split("_")[0] for file in files]
    assert there != (None,)
