"""The rows of the marketplace, who stands how to them, and what matrix.toml allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import sql

from tests.access.marketplace import Audience, Marketplace, Parties, Person
from tests.access.matrix import ALLOWED, NO_ROWS, Command, Rows, Table
from tests.factories import World


@dataclass(frozen=True)
class Row:
    """A row as JSON has it, among those rows of its table that matrix.toml treats alike."""

    table: Table
    key: Mapping[str, Any]
    columns: Mapping[str, Any]
    parties: Parties
    rows: Rows

    @property
    def identity(self) -> frozenset[tuple[str, Any]]:
        return frozenset(self.key.items())

    def cell(self, command: Command, audience: Audience) -> str:
        return self.rows.cells[command][audience]

    def fill(self, marketplace: Marketplace, given: Mapping[str, Any]) -> dict[str, Any]:
        """Values of matrix.toml, with those that they call by name."""
        return fill(
            given, marketplace.values | {f"row.{name}": self.columns[name] for name in self.columns}
        )


def fill(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Values of matrix.toml, with "@name" replaced by what is known by that name."""
    return {
        name: known[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for name, value in given.items()
    }


def equal(values: Mapping[str, Any]) -> str:
    """The condition that columns have these values."""
    return " and ".join(
        f"{name} is not distinct from {sql.Literal(value).as_string()}"
        for name, value in values.items()
    )


def key_columns(world: World, table: Table) -> list[str]:
    """What tells the table's rows apart."""
    if table.key is not None:
        return list(table.key)
    names: list[str] = world.value(
        "select array_agg(attname::text order by attnum) from pg_index"
        " join pg_attribute on attrelid = indrelid and attnum = any (indkey)"
        " where indisprimary and indrelid = to_regclass('public.' || %s)",
        table.name,
    )
    return names


def list_rows(world: World, table: Table) -> list[Row]:
    """Every row of a table, seen past all policies."""
    key = key_columns(world, table)
    among = ", ".join(f"({rows.where})" for rows in table.rows)
    listed = world.rows(
        f"select to_jsonb(listed) as columns, array[{among}] as among"
        f" from ({table.listed_by}) listed"
    )
    return [
        Row(
            table,
            {name: each["columns"][name] for name in key},
            each["columns"],
            Parties(
                **{
                    party: UUID(each["columns"][name])
                    for party, name in table.of.items()
                    if each["columns"][name]
                }
            ),
            _only(table.rows, each["among"]),
        )
        for each in listed
    ]


def visible(marketplace: Marketplace, person: Person, rows: list[Row]) -> list[Row]:
    """Those of the rows that a person may read."""
    return [
        row
        for row in rows
        if row.cell("select", marketplace.audience(person, row.parties)) == ALLOWED
    ]


def most_exposed(marketplace: Marketplace, person: Person, rows: list[Row]) -> Row:
    """The row with which a person may do the most."""
    ranks = [ALLOWED, NO_ROWS]
    return max(
        rows,
        key=lambda row: [
            rank == row.cell(command, marketplace.audience(person, row.parties))
            for rank in ranks
            for command in ("update", "select")
        ],
    )


def _only(rows: tuple[Rows, ...], among: list[bool]) -> Rows:
    (one,) = [each for each, is_among in zip(rows, among, strict=True) if is_among]
    return one
