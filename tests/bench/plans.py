"""What Postgres read to answer, in functions and functions of functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

INDEXED = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}

SETTINGS = {
    "log_min_duration": "0",
    "log_nested_statements": "on",
    "log_verbose": "on",
    "log_format": "json",
    "log_level": "notice",
}


class Scan(NamedTuple):
    table: str
    method: str


@contextmanager
def observed(connection: psycopg.Connection[Any]) -> Iterator[list[dict[str, Any]]]:
    """Collects the plan of every statement that runs meanwhile, also within functions.

    `connection` is a superuser's; it may play another role meanwhile, and must be back at the end.
    """
    plans: list[dict[str, Any]] = []

    def collect(notice: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (notice.message_primary or "").partition("plan:\n")
        if plan:
            plans.append(json.loads(plan)["Plan"])

    connection.execute("load 'auto_explain'")
    for setting, value in SETTINGS.items():
        connection.execute("select set_config(%s, %s, false)", [f"auto_explain.{setting}", value])
    connection.add_notice_handler(collect)
    yield plans
    connection.remove_notice_handler(collect)
    connection.execute("set auto_explain.log_min_duration = -1")


def scans(plan: dict[str, Any]) -> Iterator[Scan]:
    """Each table that a plan reads, and how."""
    if "Relation Name" in plan:
        yield Scan(f"{plan['Schema']}.{plan['Relation Name']}", plan["Node Type"])
    for child in plan.get("Plans", []):
        yield from scans(child)


def sequential_scans(
    connection: psycopg.Connection[Any], tables: Sequence[str]
) -> list[tuple[str, int]]:
    """How often each table was read from end to end, by the server's own count."""
    return connection.execute(
        "select relid::regclass::text, seq_scan from pg_stat_user_tables"
        " where relid = any (%s::regclass[]) order by 1",
        [list(tables)],
    ).fetchall()
