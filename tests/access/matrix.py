"""matrix.toml, read. Its header says what it declares."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.access.marketplace import AUDIENCES, Audience

Role = Literal["anon", "authenticated", "service_role", "webhook_service", "jobs"]
Command = Literal["select", "insert", "update", "delete"]

ROLES: tuple[Role, ...] = ("anon", "authenticated", "service_role", "webhook_service", "jobs")
COMMANDS: tuple[Command, ...] = ("select", "insert", "update", "delete")
ALLOWED, NO_ROWS, REFUSED, NOBODY = "+", "0", "-", "."


@dataclass(frozen=True)
class Rows:
    """Some rows of a table, with the cell of each command and audience."""

    where: str
    cells: Mapping[Command, Mapping[Audience, str]]


@dataclass(frozen=True)
class Table:
    name: str
    columns: frozenset[str]
    hidden: frozenset[str]
    """Columns that no role may read."""
    of: Mapping[str, str]
    """The column of each party."""
    key: tuple[str, ...] | None
    """What tells rows apart, where that is not the primary key."""
    listed_by: str
    """What lists all rows with their parties, for a superuser."""
    granted: Mapping[Role, frozenset[Command]]
    insert: Mapping[str, str]
    update: Mapping[str, str]
    """The columns that authenticated may write, with a value to try."""
    rows: tuple[Rows, ...]


@dataclass(frozen=True)
class Call:
    """A call of a public function, and what comes of it by the caller's audience."""

    function: str
    arguments: Mapping[str, Any]
    of: Mapping[str, str]
    outcomes: Mapping[Audience, str]


@dataclass(frozen=True)
class Function:
    name: str
    execute: frozenset[Role]
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Matrix:
    tables: tuple[Table, ...]
    functions: tuple[Function, ...]
    private_tables: frozenset[str]
    private_functions: Mapping[str, frozenset[Role]]


def load() -> Matrix:
    """Reads the declaration; raises ValueError where a line of it makes no sense."""
    declared = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text())
    private = declared["private"]
    by_role = private["functions"]
    return Matrix(
        tables=tuple(_table(name, table) for name, table in declared["tables"].items()),
        functions=tuple(_function(name, given) for name, given in declared["functions"].items()),
        private_tables=frozenset(private["tables"]),
        private_functions={
            name: frozenset(role for role in ROLES if name in by_role.get(role, ()))
            for name in sorted({name for names in by_role.values() for name in names})
        },
    )


def _table(name: str, given: dict[str, Any]) -> Table:
    insert, update = given.get("insert", {}), given.get("update", {})
    roles: dict[Command, list[Role]] = {
        "select": given["select"],
        "insert": ["authenticated"] if insert else [],
        "update": ["authenticated"] if update else [],
        "delete": given.get("delete", []),
    }
    return Table(
        name=name,
        columns=frozenset(given["columns"]),
        hidden=frozenset(given.get("hidden", ())),
        of=given["of"],
        key=tuple(given["key"]) if "key" in given else None,
        listed_by=given.get("listed_by", f"select * from public.{name}"),
        granted={
            role: frozenset(command for command in COMMANDS if role in roles[command])
            for role in ROLES
        },
        insert=insert,
        update=update,
        rows=tuple(
            Rows("true" if where == "all" else where, _cells(f"{name}, {where}", grid))
            for where, grid in given["rows"].items()
        ),
    )


def _cells(where: str, grid: str) -> Mapping[Command, Mapping[Audience, str]]:
    lines: dict[str, list[str]] = {}
    for line in grid.strip().splitlines():
        command, *cells = line.replace("|", " ").split()
        lines[command] = cells
    nobody = [cell == NOBODY for cell in lines["select"]]
    refused = [NOBODY if is_nobody else REFUSED for is_nobody in nobody]
    for command, cells in lines.items():
        if (
            command not in COMMANDS
            or len(cells) != len(AUDIENCES)
            or not set(cells) <= {ALLOWED, NO_ROWS, REFUSED, NOBODY}
            or [cell == NOBODY for cell in cells] != nobody
        ):
            raise ValueError(f"matrix.toml, {where}: cannot read the line of {command}")
    return {
        command: dict(zip(AUDIENCES, lines.get(command, refused), strict=True))
        for command in COMMANDS
    }


def _function(name: str, given: dict[str, Any]) -> Function:
    return Function(
        name,
        frozenset(given["execute"]),
        tuple(
            Call(name, call["arguments"], call["of"], _outcomes(name, call["outcomes"]))
            for call in given["calls"]
        ),
    )


def _outcomes(name: str, given: dict[str, str]) -> Mapping[Audience, str]:
    named = {
        audience: outcome for outcome, audiences in given.items() for audience in audiences.split()
    }
    (others,) = [named.pop("others")] if "others" in named else [""]
    unknown = named.keys() - set(AUDIENCES)
    if unknown:
        raise ValueError(f"matrix.toml, {name}: {', '.join(unknown)} is no audience")
    return {audience: named.get(audience, others) for audience in AUDIENCES}
