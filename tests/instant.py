"""When every test begins, whatever day it is."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tools.clock import travel
from tools.cluster import ROOT, Cluster, run_file

# A Wednesday in summer, weeks away from the end of a quarter and months away from any change of
# the clocks. LPLATE_INSTANT chooses another instant.
INSTANT = datetime.fromisoformat(os.environ.get("LPLATE_INSTANT") or "2026-06-10T10:00:00Z")
if INSTANT.tzinfo is None:
    raise ValueError("LPLATE_INSTANT needs a time zone, as in 2027-01-31T23:50:00Z")
INSTANT = INSTANT.astimezone(UTC)

# What the migration wrote today has happened at the present of the clock. Run as supabase_admin.
MIGRATED_NOW = Path(__file__).with_name("migrated_now.sql")

# Maintenance has made the partitions of the months ahead: else that of each test makes them again.
MONTHS_AHEAD = """
    select private.create_month_partitions(parent)
    from unnest(array[
        'public.audit_logs', 'private.webhook_event_bodies', 'private.trip_points'
    ]::regclass[]) parent
"""


def install_clock(cluster: Cluster, dbname: str) -> None:
    """Takes a database that has just been migrated to the tests' instant."""
    with psycopg.connect(cluster.url("postgres", dbname), autocommit=True) as connection:
        run_file(connection, ROOT / "tools" / "clock.sql")
    with psycopg.connect(cluster.admin_url(dbname)) as connection:
        travel(connection, to=INSTANT)
        run_file(connection, MIGRATED_NOW)
        connection.execute(MONTHS_AHEAD)


def start(url: str, at: datetime = INSTANT) -> None:
    """Lets the time of a database run from a moment on. `url` is that of its superuser."""
    with psycopg.connect(url, autocommit=True) as connection:
        travel(connection, to=at)


def real_time() -> int:
    """Seconds since 1970, for tokens and signatures: nobody moves the clock that checks them."""
    return int(time.time())  # noqa: TID251
