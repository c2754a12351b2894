"""What the two programs ask of Postgres: each call is one function, with its arguments by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from jobs.database import Violation
from lplate.postgres import Postgres
from tests.patience import PATIENCE
from tools.cluster import ROOT, Cluster

PROGRAMS = ("webhook_service", "jobs")
CALLS = frozenset({"_rows", "_one", "_scalars", "_scalar"})
SQL = re.compile(r"\b(select|insert|update|delete|call|with|listen|notify)\b.+", re.DOTALL)

# What a function takes, what it takes without a default, and what its rows have. A composite type's
# columns are those of its fields.
SIGNATURE = """
    select
        array(
            select name
            from unnest(proargnames, coalesce(proargmodes, '{}')) as argument (name, mode)
            where coalesce(mode, 'i') = 'i'
        ),
        pronargs - pronargdefaults,
        array(
            select name
            from unnest(proargnames, proargmodes) as argument (name, mode)
            where mode = 't'
            union all
            select attname
            from pg_attribute
            join pg_type on typrelid = attrelid
            where pg_type.oid = prorettype and attnum > 0 and not attisdropped
        ),
        has_function_privilege(%s, pg_proc.oid, 'execute')
    from pg_proc
    where pronamespace = 'private'::regnamespace and proname = %s
"""


@dataclass(frozen=True)
class Call:
    """A call in a method of a program's database.py."""

    method: str
    function: str
    arguments: tuple[str, ...]
    row: str | None


def calls_of(source: str) -> Iterator[Call]:
    for method in ast.walk(ast.parse(source)):
        if not isinstance(method, ast.FunctionDef):
            continue
        for call in ast.walk(method):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in CALLS
            ):
                *row, function = call.args
                assert isinstance(function, ast.Constant)
                assert isinstance(function.value, str)
                yield Call(
                    method.name,
                    function.value,
                    tuple(str(keyword.arg) for keyword in call.keywords),
                    ast.unparse(row[0]) if row else None,
                )


def fields_of(source: str) -> dict[str, set[str]]:
    """The fields of each dataclass."""
    return {
        node.name: {
            field.target.id
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def faults(db: psycopg.Connection, program: str, source: str) -> list[str]:
    """What is wrong with the calls in a program's database.py."""
    fields = fields_of(source)
    found = []
    for call in calls_of(source):
        signatures = db.execute(SIGNATURE, [program, call.function]).fetchall()
        if call.method != call.function:
            found.append(f"{call.method} calls {call.function}")
        if len(signatures) != 1:
            found.append(f"{len(signatures)} functions are named {call.function}")
            continue
        [(parameters, needed, columns, is_allowed)] = signatures
        given = [f"p_{name}" for name in call.arguments]
        if not set(parameters[:needed]) <= set(given) <= set(parameters):
            found.append(f"{call.function} takes {parameters}, not {given}")
        if call.row and not fields[call.row] <= set(columns):
            found.append(f"{call.function} has no {fields[call.row] - set(columns)}")
        if not is_allowed:
            found.append(f"{program} may not call {call.function}")
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_call_is_one_function_of_the_same_name(db: psycopg.Connection, program: str) -> None:
    source = (ROOT / program / "database.py").read_text()
    assert list(calls_of(source))
    assert faults(db, program, source) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("date=on", "day=on"),
        ("date=on, ", ""),
        ('"require_due_payout_runs"', '"overdue_paydays"'),
        ('"require_due_payout_runs"', '"due_runs"'),
        ("schedule: str\n", "rhythm: str\n"),
        ('"check_invariants"', '"open_dashboard_link"'),
    ],
)
def test_a_wrong_call_is_found(db: psycopg.Connection, old: str, new: str) -> None:
    source = (ROOT / "jobs" / "database.py").read_text()
    assert old in source
    assert faults(db, "jobs", source.replace(old, new))


@pytest.mark.parametrize("package", ["lplate", *PROGRAMS])
def test_no_sql_is_written_in_python(package: str) -> None:
    statements = [
        node.value
        for path in sorted((ROOT / package).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    allowed = {
        "lplate": ["select 1", "select clock_timestamp()", "select {} from {}", "select {}"],
        "webhook_service": [],
        "jobs": [],
    }
    assert sorted(statements) == sorted(allowed[package])


def test_arguments_go_by_their_names(cluster: Cluster, database: str) -> None:
    with Postgres(cluster.admin_url(database), login="jobs", size=1, timeout=PATIENCE) as postgres:
        shares = postgres._scalar("prorate", whole=4, part=3, cents=100)
        violations = postgres._rows(Violation, "check_invariants")
    assert shares == 75
    assert violations == []
