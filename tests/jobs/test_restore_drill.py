"""The drill of the operations guide: a dump in an empty project, then Stripe's events."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jobs.check_database import expected_schema
from tests.factories import World
from tests.jobs.payday import Payday, connect
from tests.jobs.test_outbox import pay_at_stripe
from tests.jobs.test_replay import pay_unheard
from tools.cluster import ROOT, Cluster, postgres_path, postgres_tool
from tools.compare import TABLES

pytestmark = pytest.mark.slow

SCRIPT = ROOT / "deploy" / "restore.sh"


def contents(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Every row of every table of ours, and of the people who can sign in."""
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    return {
        table: [
            row
            for (row,) in connection.execute(
                f"select to_jsonb(r)::text from {table} r order by 1".encode()
            ).fetchall()
        ]
        for table in [*tables, "public.audit_logs", "auth.users", "auth.identities"]
    }


def restore(cluster: Cluster, dump: Path, database: str) -> None:
    subprocess.run(
        [SCRIPT, dump, cluster.admin_url(database)],
        env=os.environ | {"PATH": f"{postgres_path()}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
    )


@pytest.fixture
def restored(office: Payday, tmp_path: Path) -> Iterator[Payday]:
    """A lesson was paid before the dump; another was held before it, and paid after."""
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    later = pay_unheard(office)
    dump = tmp_path / "lplate.dump"
    postgres_tool(
        "pg_dump",
        "--format=custom",
        f"--file={dump}",
        office.cluster.admin_url(office.database),
    )
    office.world.deliver("charge.succeeded", {}, event_id="evt_after")  # lost with the database
    assert later.status == "held"
    name = f"{office.database}_restored"
    office.cluster.create_database(name)
    restore(office.cluster, dump, name)
    world = World(connect(office.cluster, name))
    yield Payday(world, office.fake, office.cluster, name)
    world.connection.close()
    office.cluster.drop_database(name)


def test_rows_and_privileges_are_those_of_the_backup(office: Payday, restored: Payday) -> None:
    before, after = contents(office.world.connection), contents(restored.world.connection)
    lost = {table: set(rows) - set(after[table]) for table, rows in before.items()}
    # Only the event that came after the dump is gone, with its body.
    assert {table for table, rows in lost.items() if rows} <= {
        "private.webhook_events",
        f"private.webhook_event_bodies_{office.world.now():%Y_%m}",
    }
    assert {table: set(rows) - set(before[table]) for table, rows in after.items()} == {
        table: set() for table in before
    }
    privileges = restored.world.rows("select privilege from private.list_privileges()")
    assert [row["privilege"] for row in privileges] == expected_schema()["privileges"]
    assert restored.world.violations() == []


def test_what_was_paid_after_the_backup_is_found_at_stripe(restored: Payday) -> None:
    assert restored.world.value("select count(*) from public.bookings where status = 'held'") == 1
    finished = restored.examine()
    assert "balance" in {line["check"] for line in finished.events("check") if not line["ok"]}
    assert restored.run("replay-events").status == 0
    assert restored.run("outbox").status == 0
    assert restored.world.value("select count(*) from public.bookings where status = 'held'") == 0
    finished = restored.examine()
    assert [line for line in finished.events("check") if not line["ok"]] == []
    assert restored.world.violations() == []
