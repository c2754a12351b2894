"""Statements to try, each with the query that looks for its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from tests.access.marketplace import Marketplace
from tests.access.matrix import Command, Table
from tests.access.oracle import Row, equal

Attempt = tuple[str, str]


def insert(table: Table, values: Mapping[str, Any]) -> Attempt:
    """None stands for a column's default."""
    if not values:
        return f"insert into public.{table.name} default values", "select false"
    names, given = ", ".join(values), ", ".join(map(_value, values.values()))
    return f"insert into public.{table.name} ({names}) values ({given})", _look(table, values)


def update(row: Row, values: Mapping[str, Any]) -> Attempt:
    """None stands for a column's default."""
    changes = ", ".join(f"{name} = {_value(value)}" for name, value in values.items())
    statement = f"update public.{row.table.name} set {changes} where {equal(row.key)}"
    return statement, _look(row.table, {**row.key, **values})


def delete(row: Row) -> Attempt:
    statement = f"delete from public.{row.table.name} where {equal(row.key)}"
    return (
        statement,
        f"select not exists (select from public.{row.table.name} where {equal(row.key)})",
    )


def attempt(marketplace: Marketplace, row: Row, command: Command) -> Attempt:
    """To write a row like this one, or this one, in all columns that may be written."""
    if command == "insert":
        return insert(row.table, row.fill(marketplace, row.table.insert))
    if command == "update":
        some_column = dict.fromkeys(row.key)
        return update(row, row.fill(marketplace, row.table.update) or some_column)
    return delete(row)


def _look(table: Table, values: Mapping[str, Any]) -> str:
    return f"select exists (select from public.{table.name} where {equal(values)})"


def _value(value: Any) -> str:
    return "default" if value is None else sql.Literal(value).as_string()
