"""Marketplaces of any size: the same hours, names and habits, more or fewer of them.

Every instructor is open from nine to five, has published the same number of slots and given a
tenth of them to five learners; half of them teach at schools of ten. Ten can be told from the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.instant import INSTANT
from tools.cluster import run_file

TABLES = (
    "private.person_calendar",
    "public.availability_exceptions",
    "public.availability_windows",
    "public.bookable_slots",
    "public.booking_notes",
    "public.bookings",
    "public.instructor_learners",
    "public.instructors",
    "public.learners",
    "public.organization_members",
    "public.payments",
    "public.profiles",
    "public.services",
)

SLOTS_EACH = 500

# The first day on which there are slots.
TOMORROW = INSTANT.date() + timedelta(days=1)


@dataclass(frozen=True)
class City:
    """A database, and how many live in it."""

    url: str
    instructors: int

    def build(self) -> None:
        """Fills the migrated database: the large city takes minutes."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._set(connection, "session_replication_role", "replica")
            self._set(connection, "timezone", "UTC")
            self._set(connection, "maintenance_work_mem", "512MB")
            self._set(connection, "city.instructors", self.instructors)
            self._set(connection, "city.slots", SLOTS_EACH)
            self._set(connection, "city.tomorrow", TOMORROW)
            indexes = [index for table in TABLES for index in _drop_indexes(connection, table)]
            run_file(connection, Path(__file__).with_suffix(".sql"))
            for index in indexes:
                connection.execute(index.encode())
            connection.execute("vacuum analyze")

    def _set(
        self, connection: psycopg.Connection[Any], setting: str, value: str | int | date
    ) -> None:
        connection.execute("select set_config(%s, %s, false)", [setting, str(value)])


def _drop_indexes(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Drops the indexes that no constraint needs; returns what makes them again, faster."""
    found = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = %s::regclass and not indisunique and not indisexclusion",
        [table],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
    return [definition for _, definition in found]
