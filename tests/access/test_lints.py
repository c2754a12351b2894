"""Rules that the catalog must keep: each file of lints/ is a query that finds who breaks one."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

PLANT = "-- plant: "
LINTS = {path.stem: path.read_text() for path in sorted(Path(__file__).parent.glob("lints/*.sql"))}
PLANTED = [
    pytest.param(name, line.removeprefix(PLANT), id=f"{name}-{line.removeprefix(PLANT)[:60]}")
    for name, lint in LINTS.items()
    for line in lint.splitlines()
    if line.startswith(PLANT)
]


@pytest.mark.parametrize("name", LINTS)
def test_the_schema_keeps(schema: psycopg.Connection, name: str) -> None:
    assert found_by(schema, name) == []


@pytest.mark.parametrize(("name", "defect"), PLANTED)
def test_a_defect_is_found(schema: psycopg.Connection, name: str, defect: str) -> None:
    before = found_by(schema, name)
    schema.execute(defect.encode())
    assert set(found_by(schema, name)) > set(before)


def test_every_lint_can_fail() -> None:
    assert {param.values[0] for param in PLANTED} == set(LINTS)


def found_by(schema: psycopg.Connection, name: str) -> list[str]:
    schema.execute("set local search_path to ''")  # so that every name is shown with its schema
    return [str(found) for (found,) in schema.execute(LINTS[name].encode()).fetchall()]
